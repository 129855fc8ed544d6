/** Reading ahead changes when things are read, and nothing of what is read. */
import { describe, expect, it } from 'vitest';
import type { SessionPart, Store } from '../../store/store.ts';
import { openSessions } from './read-ahead.ts';

/** A store that says what it is asked, when; a session `bad` breaks off after its first part. */
function storeOf(said: string[]): Store {
  return {
    async *read(id: string): AsyncGenerator<SessionPart> {
      said.push(`open ${id}`);
      try {
        for (let i = 0; i < 3; i++) {
          if (id === 'bad' && i === 1) throw new Error('broken off');
          said.push(`read ${id}.${i}`);
          yield { kind: 'patches', rows: [{ revision: i } as never] };
        }
      } finally {
        said.push(`close ${id}`);
      }
    },
  } as unknown as Store;
}

async function* idsOf(...ids: string[]): AsyncGenerator<string> {
  yield* ids;
}

describe('reading ahead', () => {
  it('gives the parts of all sessions in order, each asked for before it is wanted', async () => {
    const said: string[] = [];
    for await (const { id, parts } of openSessions(storeOf(said), idsOf('a', 'b'), {})) {
      for await (const part of parts) {
        if (part.kind === 'patches') said.push(`want ${id}.${part.rows[0]!.revision}`);
      }
    }
    expect(said.filter((text) => text.startsWith('want'))).toEqual(
      ['a.0', 'a.1', 'a.2', 'b.0', 'b.1', 'b.2'].map((name) => `want ${name}`),
    );
    expect(said.indexOf('read a.1')).toBeLessThan(said.indexOf('want a.0'));
    expect(said.indexOf('open b')).toBeLessThan(said.indexOf('want a.0'));
    expect(said.filter((text) => text.startsWith('close'))).toEqual(['close a', 'close b']);
  });

  it('lets go of everything when the reader leaves', async () => {
    const said: string[] = [];
    for await (const { parts } of openSessions(storeOf(said), idsOf('a', 'b', 'c'), {})) {
      for await (const _part of parts) break;
      break;
    }
    expect(said).toContain('close a');
    expect(said).toContain('close b');
    expect(said).not.toContain('open c');
  });

  it('fails where it would have failed', async () => {
    const said: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { id, parts } of openSessions(storeOf(said), idsOf('a', 'bad', 'c'), {})) {
        for await (const _part of parts) said.push(`want ${id}`);
      }
    };
    await expect(read()).rejects.toThrow('broken off');
    expect(said.filter((text) => text.startsWith('want'))).toEqual([
      ...['want a', 'want a', 'want a', 'want bad'],
    ]);
    expect(said).toContain('close c');
  });
});
