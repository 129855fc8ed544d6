/** `tacho __values`: what the scripts of completion ask for, session ids and products of whoever the line names. */
import { limits, routes } from '@tacho/protocol';
import { Argument, Command } from 'commander';
import { type Asker, openAsker } from '../ask.ts';
import { idLength, type SessionPage } from '../session-text.ts';

/** Ids that are offered. */
const idsMax = 50;

/** The hidden command. */
export function valuesCommand(): Command {
  return new Command('__values')
    .addArgument(new Argument('<kind>').choices(['ids', 'products']))
    .argument('[words...]')
    .action(async (kind: 'ids' | 'products', words: string[]) => {
      // Nobody waits for a completion, and nobody wants to read why there is none.
      const asker = await openAsker(placeIn(words)).catch(() => undefined);
      if (asker === undefined) return;
      try {
        const values = await (kind === 'ids' ? ids(asker, words.at(-1) ?? '') : products(asker));
        process.stdout.write(values.map((value) => `${value}\n`).join(''));
      } catch {
        // There is nothing to offer.
      } finally {
        await asker.close();
      }
    });
}

/** The options of the line that say whom to ask. */
function placeIn(words: readonly string[]): Record<string, string | undefined> {
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  return { server: after('--server'), data: after('--data'), token: after('--token') };
}

async function ids(asker: Asker, beginning: string): Promise<string[]> {
  const query = { limit: idsMax, totals: false, profile: false };
  const page = (await asker.json(routes.listSessions.path, {
    ...query,
    id: beginning === '' ? undefined : beginning,
  })) as unknown as SessionPage;
  return page.sessions.map(({ id }) => (beginning.length < idLength ? id.slice(0, idLength) : id));
}

/** Of the sessions seen last, which is quick and nearly always enough. */
async function products(asker: Asker): Promise<string[]> {
  const query = { limit: limits.pageRowsMax, sort: 'updated', totals: false, profile: false };
  const page = (await asker.json(routes.listSessions.path, query)) as unknown as SessionPage;
  return [...new Set(page.sessions.map(({ product }) => product))].sort();
}
