/** The store in memory: passes the contract, and fails on demand. */
import { TachoError } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { describeStoreContract } from './contract.ts';
import { type MemoryStore, openMemory } from './memory.ts';

describeStoreContract(
  'the store in memory',
  async (options) => {
    const store = openMemory(options);
    return { store, refuse: (error) => store.refuse(error) };
  },
  { rounds: 200 },
);

describe('the store in memory', () => {
  it('refuses new batches on demand, says why, and still knows those it had before', async () => {
    const store = open();
    const once = { kind: 'spool', spoolId: 's', seq: 0 } as const;
    await store.append({ receivedUs: 1, entries: [], once });
    store.refuse(new TachoError('disk_full', 'The disk is full'));
    expect(await store.health()).toMatchObject({ writable: false, problem: 'The disk is full' });
    await expect(store.append({ receivedUs: 2, entries: [] })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(await store.append({ receivedUs: 2, entries: [], once })).toEqual({ kind: 'duplicate' });
  });

  it('takes nothing more once it is closed', async () => {
    const store = open();
    await store.close();
    await expect(store.append({ receivedUs: 1, entries: [] })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });
});

function open(): MemoryStore {
  return openMemory({ clock: () => 1, suspendedAfterUs: 1, returnGraceUntilUs: 0 });
}
