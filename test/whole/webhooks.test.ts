/** Webhooks of real processes: killed between storing, finding and sending, nothing is lost, and ids stay. */
import { expect, it } from 'vitest';
import { type Arrival, expectSigned, receive } from '../../packages/server/src/webhooks/testing.ts';
import { post } from './http.ts';
import { removeDirectory, type Server, startServer, temporaryDirectory } from './server.ts';

it('a crash that was acknowledged is told whenever the server is killed, under one id', async () => {
  // Some are taken and not confirmed, as when the receiver dies with them.
  const receiver = await receive((_, response, count) => {
    if (!isLost(count)) return 204;
    response.destroy();
    return undefined;
  });
  const dataDir = temporaryDirectory();
  const args = ['--sweep-interval-seconds', '1'];
  let server = await startServer({ dataDir, args });
  try {
    const rule = { name: 'kill', url: receiver.url, on: ['crash'] };
    const { secret } = (await send(server, '/api/webhooks', rule)) as { secret: string };
    const crashed: string[] = [];
    // From at once to after most of it was sent.
    for (const waitMs of [0, 40, 700]) {
      for (let i = 0; i < 4; i++) crashed.push(await crash(server));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await server.kill();
      server = await startServer({ dataDir, args });
    }
    await expect
      .poll(() => confirmed(receiver.arrivals).size, { timeout: 30_000, interval: 100 })
      .toBe(crashed.length);
    const ids = new Map<string, Set<unknown>>();
    for (const arrival of receiver.arrivals) {
      expectSigned(arrival, secret);
      const { session } = arrival.json.data;
      ids.set(session, (ids.get(session) ?? new Set()).add(arrival.headers['webhook-id']));
    }
    expect([...ids.keys()].sort()).toEqual(crashed.sort());
    expect([...ids.values()].every(({ size }) => size === 1)).toBe(true);
    const { webhooks } = (await (await fetch(`${server.url}/api/webhooks`)).json()) as {
      webhooks: { name: string }[];
    };
    expect(webhooks.map(({ name }) => name)).toEqual(['kill']);
  } finally {
    await server.stop();
    removeDirectory(dataDir);
  }
}, 90_000);

function isLost(count: number): boolean {
  return count === 2 || count === 6;
}

/** Sessions whose messages were answered by 204. */
function confirmed(arrivals: readonly Arrival[]): Set<string> {
  return new Set(
    arrivals.filter((_, i) => !isLost(i + 1)).map(({ json }) => json.data.session as string),
  );
}

async function crash(server: Server): Promise<string> {
  const { id } = (await send(server, '/api/sessions', { product: 'P', version: '1' })) as {
    id: string;
  };
  await send(server, `/api/sessions/${id}/crash`, { reason: 'SIGSEGV' });
  return id;
}

async function send(server: Server, path: string, body: object): Promise<unknown> {
  const answer = await post(server.url + path, body);
  expect(answer.status).toBeLessThan(300);
  return answer.json;
}
