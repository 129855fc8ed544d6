/** Records what an attacker, or a careless program, would record: every text that a page could mistake for something else. */
import { randomUUID } from 'node:crypto';
import { post } from '../whole/http.ts';

/** Sets `hacked` in a page that takes it for HTML. */
export const markup =
  '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';
const link = 'javascript:globalThis.hacked=1';
const backwards = '\u202Egnp.exe\u202C';
const emoji = '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 ẞ ﷽';
const long = 'unbreakable'.repeat(930);
/** As long as names of metrics may be. */
const longName = 'n'.repeat(200);

/** What a page must show as it is. */
export const hostileProduct = `Shop ${markup} ${backwards} ${emoji}`;

/** Records one session that crashed; its id. */
export async function recordHostile(serverUrl: string): Promise<string> {
  const id = randomUUID();
  const say = async (path: string, body: unknown): Promise<void> => {
    const answer = await post(`${serverUrl}/api/sessions${path}`, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  };
  await say('', {
    id,
    product: hostileProduct,
    version: `1.0 ${markup}`,
    machine_id: `machine ${markup}`,
    hostname: `host ${backwards}`,
    state: { [markup]: markup, link, backwards, emoji, __proto__: { polluted: true } },
  });
  await say(`/${id}/state`, { deep: { [longName]: long, [link]: [markup, { x: markup }] } });
  const texts = [markup, link, backwards, emoji, long];
  await say(
    `/${id}/events`,
    texts.map((text, i) => ({
      name: i === 4 ? longName : text,
      level: (['info', 'warning', 'error', 'critical', 'debug'] as const)[i],
      message: text,
      data: { [text.slice(0, 200)]: text, url: link },
    })),
  );
  await say(`/${id}/events`, {
    name: 'exception',
    level: 'error',
    message: markup,
    exception_type: `Error${markup}`,
    exception_msg: `${markup} ${long}`,
    stacktrace: [
      `    at ${markup} (/srv/${markup}/app.js:1:1)`,
      `    at ${long.slice(0, 4_000)} (/srv/app/${long.slice(0, 4_000)}.js:10:5)`,
      `    at onclick (${link}:1:1)`,
      `    at ${backwards} (C:\\${emoji}\\x.cs:line 3)`,
    ],
  });
  for (let i = 0; i < 5; i++) {
    await say(
      `/${id}/metrics`,
      [markup, link, backwards, emoji, longName].map((name) => ({
        name,
        value: i * 1e300,
        unit: markup.slice(0, 30),
        tags: [markup, `k:${markup}`],
      })),
    );
  }
  await say(`/${id}/crash`, { reason: `${markup} ${long}` });
  return id;
}
