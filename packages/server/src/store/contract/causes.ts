/** Contract: reported causes: which one a session keeps, and how it is found by it. */
import { type CauseReport, eventNames, initialStatus, type SessionStatus } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { type OpenStore, type StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { type Plan, sessionId, toEntries } from './plan.ts';

const segfault: CauseReport = {
  kind: 'signaled',
  signal: 'SIGSEGV',
  core_dumped: true,
  hung_ms: 0.5,
  boot_id: 'b-1',
  resources: { cpu_percent: 99.5, rss_bytes: 2 ** 40, threads: 4, open_files: 9 },
};
const exited: CauseReport = { kind: 'exited', exit_code: 0 };

const start = (session: number): Plan => ({ session, kind: 'start' });
const beat = (session: number): Plan => ({ session, kind: 'heartbeat' });
const end = (session: number, cause?: CauseReport): Plan => ({
  ...{ session, kind: 'end' },
  ...(cause && { cause }),
});
const crash = (session: number, cause?: CauseReport): Plan => ({
  ...{ session, kind: 'crash', reason: 'r' },
  ...(cause && { cause }),
});

/** Ids by kind of cause, as the questions about many sessions tell them. */
async function byCause(bench: StoreBench): Promise<Record<string, number>> {
  const { nowUs } = bench.time;
  const groups = await bench.store.groups({ filter: {}, by: [{ by: 'cause' }], nowUs });
  return Object.fromEntries(groups.map(({ values, sessions }) => [values[0], sessions]));
}

/** Cases about causes. */
export function causeCases(open: OpenStore): void {
  keptCases(open);
  foundCases(open);
  witnessCases(open);
}

function keptCases(open: OpenStore): void {
  it(
    'a session keeps the cause of its first reported end, however often and late others come',
    withStore(open, async (bench) => {
      await bench.say(start(1), start(2), start(3));
      const once = { kind: 'spool', spoolId: 's', seq: 1 } as const;
      const entries = await toEntries(bench.store, [crash(1, segfault)], bench.time.nowUs);
      const batch = { receivedUs: bench.time.nowUs, entries, once };
      expect(await bench.store.append(batch)).toEqual({ kind: 'stored' });
      expect(await bench.store.append(batch)).toEqual({ kind: 'duplicate' });
      await bench.say(end(1, exited), crash(1, { kind: 'failed', exit_code: 1 }));
      await bench.say(end(2), crash(2, segfault));
      await bench.say(crash(3, { kind: 'failed', exit_code: 3 }), end(3, exited), beat(3));
      await bench.holds(async () => {
        expect((await bench.row(1)).status.cause).toEqual(segfault);
        const { status } = await bench.row(2);
        expect(status.lifecycle).toBe('ended');
        expect(status).not.toHaveProperty('cause');
        expect((await bench.row(3)).status.cause).toEqual({ kind: 'failed', exit_code: 3 });
        expect(await byCause(bench)).toEqual({ signaled: 1, ended: 1, failed: 1 });
      });
    }),
  );

  it(
    'a conclusion has no cause of its own and yields to the one that is reported after it',
    withStore(open, async (bench) => {
      await bench.say(start(1), start(2));
      const nowUs = startUs + 100 * secondUs;
      expect(await bench.store.sweep({ nowUs, lostAfterUs: secondUs })).toBe(2);
      expect(await byCause(bench)).toEqual({ lost: 2 });
      bench.pass(200 * secondUs);
      await bench.say(crash(1, segfault), beat(2));
      await bench.holds(async () => {
        const { status } = await bench.row(1);
        expect(status).toMatchObject({ lifecycle: 'crashed', inferred: false, cause: segfault });
        const back = (await bench.row(2)).status;
        expect(back.lifecycle).toBe('active');
        expect(back).not.toHaveProperty('cause');
      });
    }),
  );

  it(
    'a replayed status brings its cause with it',
    withStore(open, async (bench) => {
      const entries = await toEntries(bench.store, [start(1)], bench.time.nowUs);
      const status: SessionStatus = {
        ...initialStatus(startUs),
        ...{ lifecycle: 'crashed' as const, endedUs: startUs, reason: 'r', cause: segfault },
      };
      entries.push({ kind: 'status', session: entries[0]!.session, status });
      await bench.store.append({ receivedUs: startUs, entries, replay: true });
      await bench.holds(async () => {
        expect((await bench.row(1)).status).toEqual(status);
        expect(await byCause(bench)).toEqual({ signaled: 1 });
      });
    }),
  );
}

function foundCases(open: OpenStore): void {
  it(
    'sessions are filtered and grouped by what was reported, and else by what is concluded',
    withStore(open, async (bench) => {
      const exception: Plan = {
        ...{ session: 5, kind: 'event' },
        event: { name: 'boom', level: 'error', exception_type: 'E' },
      };
      await bench.say(...[1, 2, 3, 4, 5, 6].map(start), exception);
      await bench.say(
        end(1, exited),
        end(2, { kind: 'terminated_by_user', signal: 'SIGINT' }),
        crash(3, { kind: 'out_of_memory', oom: true }),
        crash(4, segfault),
        crash(5),
      );
      await bench.holds(async () => {
        expect(await byCause(bench)).toEqual({
          ...{ exited: 1, terminated_by_user: 1, out_of_memory: 1, signaled: 1, uncaught: 1 },
          null: 1,
        });
        const { nowUs } = bench.time;
        const filter = { causes: ['signaled', 'exited'] } as const;
        const query = { filter, sort: 'created', descending: false, limit: 9, nowUs } as const;
        const page = await bench.store.sessions({ ...query, totals: false });
        expect(page.rows.map(({ summary }) => summary.id)).toEqual([1, 4].map(sessionId));
        expect(page.rows.map(({ summary }) => summary.status.cause)).toEqual([exited, segfault]);
      });
    }),
  );
}

function witnessCases(open: OpenStore): void {
  it(
    'a witness shows that a session is alive, and not that its hang is over',
    withStore(open, async (bench) => {
      const hang: Plan = { session: 1, kind: 'event', event: { name: eventNames.hang } };
      const witnesses: Plan[] = [1, 2].map((session) => ({
        ...{ session, kind: 'heartbeat', witness: true },
      }));
      await bench.say(start(1), start(2), start(3), hang);
      bench.pass(2 * secondUs);
      await bench.say(...witnesses);
      await bench.holds(async () => {
        const told = { lastHeartbeatUs: startUs + 2 * secondUs, lastActivityUs: bench.time.nowUs };
        const { status } = await bench.row(1);
        expect(status).toMatchObject({ ...told, hungSinceUs: startUs, recoveries: 0 });
        expect((await bench.row(2)).status).toMatchObject(told);
      });
      const sweep = { nowUs: startUs + 3 * secondUs, lostAfterUs: 2 * secondUs };
      expect(await bench.store.sweep(sweep)).toBe(1);
      expect(await bench.eventNames(1)).toEqual([eventNames.hang]);
      await bench.say(beat(1));
      expect(await bench.eventNames(1)).toEqual([eventNames.hang, eventNames.recover]);
    }),
  );
}
