/** The contract of a store, kept on ClickHouse: in two files, which run at the same time. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { openClickhouse } from '../../packages/server/src/store/clickhouse/clickhouse.ts';
import { describeStoreContract } from '../../packages/server/src/store/contract.ts';
import { type ClickHouse, startClickHouse } from './running.ts';

/** Declares one of the two parts. */
export function describePart(index: number): void {
  let clickhouse: ClickHouse;

  beforeAll(async () => {
    clickhouse = await startClickHouse();
  });

  afterAll(() => clickhouse.stop());

  describeStoreContract(
    'the store on ClickHouse',
    async (clocks) => {
      const database = `t_${randomUUID().replaceAll('-', '')}`;
      const url = `${clickhouse.url.replace('http', 'clickhouse')}/${database}`;
      const open = () => openClickhouse({ url, ...clocks, log: pino({ level: 'silent' }) });
      const store = await open();
      return {
        store,
        reopen: async () => {
          await store.close();
          return open();
        },
      };
    },
    // It packs no samples itself, so no limit of it can be tight.
    { rounds: 3, packs: false, part: { index, of: 2 } },
  );
}
