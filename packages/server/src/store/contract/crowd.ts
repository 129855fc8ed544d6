/** Crowds: random histories of sessions that differ in all that lists are filtered, sorted and grouped by. */
import { type CauseReport, eventNames } from '@tacho/protocol';
import fc from 'fast-check';
import { openMemory } from '../memory.ts';
import { type OpenStore, StoreBench, secondUs, startUs } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

/** One thing that happens to a crowd. */
export type CrowdStep =
  | { kind: 'say'; passUs: number; plans: Plan[] }
  | { kind: 'sweep' | 'expire' | 'reopen' }
  | { kind: 'remove'; session: number };

/** Sessions of a crowd are numbered 1 … this. */
export const crowdSize = 9;

/** Values that sessions of a crowd have. */
export const crowdWords = {
  products: ['shop', 'Shop', 'game'],
  versions: ['1.9', '1.10', '1.10-rc', 'main', '😀', '\ufffd'],
  machines: ['m1', 'm2'],
  hostnames: ['alpha', 'beta'],
  events: ['loaded', 'failed', eventNames.hang],
  exceptions: ['KeyError', 'IOError'],
  messages: ['scene lobby loaded', 'Scène arena', ''],
} as const;

const word = fc.constantFrom;
const sessions = fc.integer({ min: 1, max: crowdSize });
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });

const starts = fc
  .record({
    session: sessions,
    product: word(...crowdWords.products),
    version: word(...crowdWords.versions),
    machineId: maybe(word(...crowdWords.machines)),
    hostname: maybe(word(...crowdWords.hostnames)),
    state: word({}, { level: 1 }, { level: '1', scene: { name: 'lobby' } }),
  })
  .map((start) => ({ ...withoutUndefined(start), kind: 'start' }) as Plan);

const ages = maybe(word(0, 1, 5_000, -5_000, 2 * secondUs, 30 * secondUs, -3600 * secondUs));

const events = fc
  .record({
    session: sessions,
    name: word(...crowdWords.events, eventNames.recover),
    level: word('info', 'warning', 'error', 'critical'),
    message: word(...crowdWords.messages),
    exception_type: maybe(word(...crowdWords.exceptions)),
    agoUs: ages,
  })
  .map(({ session, agoUs, ...event }) => ({
    ...({ session, kind: 'event', event: withoutUndefined(event) } as const),
    ...(agoUs !== undefined && { atUs: startUs - agoUs }),
  })) as fc.Arbitrary<Plan>;

const signs = fc.oneof(
  fc.record({ session: sessions, kind: word('heartbeat', 'end') }),
  fc.record({ session: sessions, kind: fc.constant('crash'), reason: word('', 'oom') }),
  fc.record({
    session: sessions,
    kind: fc.constant('crash'),
    reason: word('', 'oom'),
    cause: word<CauseReport>({ kind: 'out_of_memory', oom: true }, { kind: 'failed' }),
  }),
  fc.record({
    session: sessions,
    kind: fc.constant('end'),
    cause: word<CauseReport>({ kind: 'exited', exit_code: 0 }, { kind: 'terminated_by_user' }),
  }),
  fc.record({
    session: sessions,
    kind: fc.constant('patch'),
    patch: word({ level: 2 }, { scene: { name: 'arena' } }, { scene: null }, { level: '2' }),
  }),
  fc.record({ session: sessions, n: fc.integer({ min: 1, max: 12 }) }).map(({ session, n }) => ({
    ...{ session, kind: 'columns', series: [gauge('cpu'), gauge('mem')] },
    timesUs: Array.from({ length: n }, (_, i) => startUs + i * secondUs),
    values: [new Array<number>(n).fill(1), new Array<number>(n).fill(2)],
  })),
) as fc.Arbitrary<Plan>;

const said = fc.record({
  kind: fc.constant('say'),
  passUs: word(0, 0, 1_000, secondUs, 61 * secondUs, 16 * 60 * secondUs),
  plans: fc.array(fc.oneof(starts, events, signs), { minLength: 1, maxLength: 10 }),
}) as fc.Arbitrary<CrowdStep>;

const upkeep: fc.Arbitrary<CrowdStep> = fc.oneof(
  { weight: 3, arbitrary: word('sweep', 'expire', 'reopen').map((kind) => ({ kind }) as const) },
  { weight: 1, arbitrary: sessions.map((session) => ({ kind: 'remove', session }) as const) },
);

/** A history of a crowd. */
export const crowds: fc.Arbitrary<CrowdStep[]> = fc.array(
  fc.oneof({ weight: 7, arbitrary: said }, { weight: 2, arbitrary: upkeep }),
  { minLength: 1, maxLength: 14 },
);

/** An engine and the store in memory, which live through the same. */
export class Twins {
  readonly engine: StoreBench;
  readonly oracle: StoreBench;

  private constructor(engine: StoreBench, oracle: StoreBench) {
    this.engine = engine;
    this.oracle = oracle;
  }

  static async open(open: OpenStore, tight: boolean): Promise<Twins> {
    const time = { nowUs: startUs };
    const openOracle: OpenStore = async (options) => ({ store: openMemory(options) });
    return new Twins(
      await StoreBench.open(open, { tight }, time),
      await StoreBench.open(openOracle, {}, time),
    );
  }

  /** Lets both live through a step; what is said to a session that is not there starts it first. */
  async live(step: CrowdStep): Promise<void> {
    const both = [this.engine, this.oracle];
    const { nowUs } = this.engine.time;
    switch (step.kind) {
      case 'say':
        this.engine.pass(step.passUs);
        for (const plans of [await this.#withStarts(step.plans)]) {
          for (const bench of both) await bench.say(...plans);
        }
        return;
      case 'sweep':
        for (const { store } of both) await store.sweep({ nowUs, lostAfterUs: 900 * secondUs });
        return;
      case 'expire':
        for (const { store } of both) {
          await store.expire({ beforeUs: nowUs - 60 * secondUs, sessionsMax: 100 });
        }
        return;
      case 'remove':
        for (const { store } of both) await store.remove(sessionId(step.session));
        return;
      case 'reopen':
        await this.engine.reopen();
    }
  }

  async close(): Promise<void> {
    for (const { store } of [this.engine, this.oracle]) await store.close();
  }

  async #withStarts(plans: readonly Plan[]): Promise<Plan[]> {
    const started = new Set<number | string>();
    const whole: Plan[] = [];
    for (const plan of plans) {
      const { session } = plan;
      const found = await this.oracle.store.resolve(sessionId(session));
      const isMissing = found.kind === 'missing' && !started.has(session);
      if (isMissing && plan.kind !== 'start') whole.push({ session, kind: 'start' });
      started.add(session);
      whole.push(plan);
    }
    return whole;
  }
}

function withoutUndefined<T extends object>(record: T): T {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}
