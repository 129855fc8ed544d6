/** Contract: random histories leave an engine with exactly what the store in memory has. */
import { applyPatch, type JsonObject, limits, parseJson } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import type { Appended, Once } from '../store.ts';
import { canonicalJson, type SessionDump, sampleTexts } from './dump.ts';
import { type BatchStep, histories, type Step, shuffledBatches } from './generate.ts';
import { type OpenStore, StoreBench, startUs } from './harness.ts';
import { type Plan, sessionId } from './plan.ts';

const openOracle: OpenStore = async (options) => ({ store: openMemory(options) });

/** Property tests; `rounds` histories each. */
export function historyCases(open: OpenStore, rounds: number): void {
  it('any history leaves what it leaves in the store in memory', () =>
    check(histories, rounds, async (steps, tight) => {
      const pair = await Pair.open(open, tight);
      await pair.run(steps);
      await pair.compare();
      await pair.close();
    }));

  it('a history whose batches are all delivered twice leaves what it leaves delivered once', () =>
    check(histories, rounds, async (steps, tight) => {
      const pair = await Pair.open(open, tight, 2);
      await pair.run(steps.map(countingOnce));
      await pair.compare();
      await pair.deliverAllAgain();
      await pair.compare();
      await pair.close();
    }));

  it('batches of a spool in any order leave what they leave in memory in that order', () =>
    check(shuffledBatches, rounds, async ({ batches, order }, tight) => {
      const pair = await Pair.open(open, tight, 2);
      const numbered = batches.map((batch, seq) => ({ ...batch, seq }));
      await pair.run(order.map((i) => numbered[i]!));
      await pair.compare();
      const straight = await Pair.open(openOracle, tight);
      await straight.run(numbered);
      expect(timeless(await pair.engine.dump())).toEqual(timeless(await straight.engine.dump()));
      await pair.close();
      await straight.close();
    }));
}

/** An engine and the oracle that live through the same history by the same clock. */
class Pair {
  engine: StoreBench;
  readonly #oracle: StoreBench;
  readonly #deliveries: number;
  readonly #answers: { found: Promise<Appended>; expected: Appended }[] = [];
  readonly #delivered: { plans: Plan[]; once: Once }[] = [];
  #nextSeq = [0, 0];

  private constructor(engine: StoreBench, oracle: StoreBench, deliveries: number) {
    this.engine = engine;
    this.#oracle = oracle;
    this.#deliveries = deliveries;
  }

  static async open(open: OpenStore, tight: boolean, deliveries = 1): Promise<Pair> {
    const time = { nowUs: startUs };
    const engine = await StoreBench.open(open, { tight }, time);
    return new Pair(engine, await StoreBench.open(openOracle, {}, time), deliveries);
  }

  async run(steps: (Step & { seq?: number })[]): Promise<void> {
    for (const step of steps) {
      // Time and maintenance wait for what is under way, so that both stores see them at the same point.
      if (step.kind !== 'batch' || step.passUs > 0) await this.#settle();
      if (step.kind === 'batch') await this.#batch(step, step.seq);
      else if (step.kind === 'reopen') await this.engine.reopen();
      else await this.#maintain(step);
    }
    await this.#settle();
  }

  /** Everything is the same, also after the engine was closed and opened. */
  async compare(): Promise<void> {
    const expected = await this.#oracle.dump();
    for (const session of expected) agreesWithItself(session);
    await this.engine.holds(async () => expect(await this.engine.dump()).toEqual(expected));
  }

  async deliverAllAgain(): Promise<void> {
    for (const { plans, once } of this.#delivered) {
      expect((await this.engine.deliver(plans, once)).kind).toBe('duplicate');
    }
  }

  async close(): Promise<void> {
    await this.engine.store.close();
    await this.#oracle.store.close();
  }

  async #batch(step: BatchStep, seq: number | undefined): Promise<void> {
    this.engine.pass(step.passUs);
    const plans = await this.#withStarts(step.plans);
    const once = this.#onceOf(step, seq);
    const expected = await this.#oracle.deliver(plans, once);
    await this.#append(plans, once, expected);
    if (once !== undefined) {
      const reply = once.kind === 'key' ? { reply: once.reply } : {};
      for (let i = 1; i < this.#deliveries; i++) {
        await this.#append(plans, once, { kind: 'duplicate', ...reply });
      }
      this.#delivered.push({ plans, once });
    }
    // A batch that counts once may be overtaken while the store looks it up.
    if (!step.together || once !== undefined) await this.#settle();
  }

  /** Appends without waiting for the answer; each delivery has arrays of its own. */
  async #append(plans: Plan[], once: Once | undefined, expected: Appended): Promise<void> {
    const batch = await this.engine.batch(plans, once);
    this.#answers.push({ found: this.engine.store.append(batch), expected });
  }

  async #settle(): Promise<void> {
    const answers = this.#answers.splice(0);
    const found = await Promise.all(answers.map((answer) => answer.found));
    expect(found).toEqual(answers.map((answer) => answer.expected));
  }

  async #maintain(step: Extract<Step, { kind: 'sweep' | 'expire' }>): Promise<void> {
    const { nowUs } = this.engine.time;
    const [found, expected] = await Promise.all(
      [this.engine, this.#oracle].map(({ store }) =>
        step.kind === 'sweep'
          ? store.sweep({ nowUs, lostAfterUs: step.lostAfterUs })
          : store.expire({ beforeUs: nowUs - step.ageUs, sessionsMax: 100 }),
      ),
    );
    expect(found).toBe(expected);
  }

  /** Adds a start for every session that is not there (any more): nothing said shall be passed over. */
  async #withStarts(plans: Plan[]): Promise<Plan[]> {
    const known = new Set<number | string>();
    const complete: Plan[] = [];
    for (const plan of plans) {
      const { session } = plan;
      const found = await this.#oracle.store.resolve(sessionId(session));
      const isMissing = found.kind === 'missing' && !known.has(session);
      if (isMissing && plan.kind !== 'start') complete.push({ session, kind: 'start' });
      known.add(session);
      complete.push(plan);
    }
    return complete;
  }

  #onceOf({ once }: BatchStep, seq: number | undefined): Once | undefined {
    if (seq !== undefined) return { kind: 'spool', spoolId: 'shuffled', seq };
    if (once === 'none') return undefined;
    if (once !== 'key') return { kind: 'spool', spoolId: `s${once}`, seq: this.#nextSeq[once]!++ };
    const count = this.#delivered.length;
    return { kind: 'key', key: `k${count}`, fingerprint: 'f', reply: `r${count}` };
  }
}

function check<T>(
  arbitrary: fc.Arbitrary<T>,
  rounds: number,
  body: (value: T, tight: boolean) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, fc.boolean(), body), { numRuns: rounds });
}

function countingOnce(step: Step): Step {
  return step.kind === 'batch' && step.once === 'none' ? { ...step, once: 0 } : step;
}

/** What must be true of any session, whatever was said. */
function agreesWithItself({ row, patches, events, samples }: SessionDump): void {
  expect([row.patches, row.events, row.samples]).toEqual([
    patches.length,
    events.length,
    samples.length,
  ]);
  expect(patches.map(({ revision }) => revision)).toEqual(patches.map((_, i) => i + 1));
  const seqs = events.map(({ seq }) => seq);
  expect(seqs.toSorted((a, b) => a - b)).toEqual(events.map((_, i) => i));
  for (const [i, event] of events.entries()) {
    const next = events[i + 1];
    if (next === undefined) break;
    expect(event.atUs < next.atUs || (event.atUs === next.atUs && event.seq < next.seq)).toBe(true);
  }
  for (const [i, [series, atUs]] of samples.entries()) {
    const next = samples[i + 1];
    if (next === undefined) break;
    expect(atUs < next[1] || (atUs === next[1] && series <= next[0])).toBe(true);
  }
  const json = (text: string) => parseJson(text) as JsonObject;
  const state = patches.reduce(
    (before, { patch }) => applyPatch(before, json(patch)),
    json(row.startState),
  );
  expect(row.state).toBe(canonicalJson(state));
  expect(patches.length).toBeLessThan(limits.spoolWindow);
}

/** What does not depend on the order in which batches came, by session id. */
function timeless(sessions: SessionDump[]): Record<string, unknown> {
  return Object.fromEntries(
    sessions.map((session) => [
      session.row.id,
      {
        samples: sampleTexts(session).sort(),
        patches: session.patches.map(({ patch }) => patch).sort(),
        events: session.events
          .map(({ event }) => event)
          .filter((event) => event.includes('"name":"e'))
          .sort(),
      },
    ]),
  );
}
