/** A batch is sent until it is stored, and given up only when that is of no use. */
import { TachoError } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Harness } from '../../http/testing/harness.ts';
import { type Asker, openAsker } from '../ask.ts';
import type { Batch } from './batches.ts';
import { deliver, newTally } from './deliver.ts';

const id = '5e551000-5555-4555-8555-555555555555';

function batchOf(...entries: object[]): Batch {
  const lines = entries.map((entry, i) => ({
    session: id,
    text: JSON.stringify({ session: id, ...entry }),
    line: i + 1,
  }));
  return { spoolId: 's', lines };
}

const start = { kind: 'start', product: 'p', version: 'v' };

async function bench(): Promise<{ server: Harness; asker: Asker }> {
  const server = await Harness.start();
  return { server, asker: await openAsker({ server: `http://127.0.0.1:${server.port}` }) };
}

describe('a delivery', () => {
  it('waits as long as a busy server asks for, and tries again', async () => {
    const { server, asker } = await bench();
    let refusals = 1;
    server.appendGate = async () => {
      if (refusals-- > 0) throw new TachoError('overloaded', 'full', { retryAfterSeconds: 1 });
    };
    const tally = newTally();
    await deliver(asker, batchOf(start), tally);
    expect(tally).toMatchObject({ entries: 1, rejected: [] });
    expect(server.appends).toBe(2);
    await asker.close();
  });

  it('whose answer was lost counts once', async () => {
    const { server, asker } = await bench();
    let losses = 1;
    server.appendGate = async () => {
      if (losses-- > 0) server.http?.closeAllConnections();
    };
    const tally = newTally();
    await deliver(asker, batchOf(start, { kind: 'event', name: 'e' }), tally);
    expect(tally).toMatchObject({ repeated: 2, rejected: [] });
    expect((await server.session(id)).events).toHaveLength(1);
    await asker.close();
  });

  it('ends when nobody is there, with what that means for a script', async () => {
    const { server, asker } = await bench();
    await new Promise((resolve) => server.http?.close(resolve));
    await expect(deliver(asker, batchOf(start), newTally())).rejects.toMatchObject({
      exit: 'unreachable',
    });
    await asker.close();
  });

  it('names entries that are too large, by their line', async () => {
    const { asker } = await bench();
    const data = { text: 'x'.repeat(300_000) };
    const tally = newTally();
    await deliver(asker, batchOf(start, { kind: 'event', name: 'e', data }), tally);
    expect(tally.entries).toBe(1);
    expect(tally.rejected).toEqual([{ line: 2, reason: expect.stringMatching(/^data takes/) }]);
    await asker.close();
  });
});
