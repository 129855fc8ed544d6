/** The periodic passes: what they ask of the store, how often, and how they stop. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openMemory } from './store/memory.ts';
import type { ExpireRules, SweepRules } from './store/store.ts';
import { expireSliceSessions, type SweepParts, startSweeps } from './sweep.ts';

const dayUs = 86_400e6;
const startUs = 1_000 * dayUs;

/** A store that notes what it is asked, and answers when the test lets it. */
class Asked {
  readonly sweeps: SweepRules[] = [];
  readonly expires: ExpireRules[] = [];
  readonly logged: string[] = [];
  running = 0;
  mostRunning = 0;
  old = 0;
  sweep = async (rules: SweepRules): Promise<number> => {
    this.sweeps.push(rules);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.running--;
    if (this.sweeps.length === 2) throw new Error('the second pass fails');
    return 1;
  };
  expire = async (rules: ExpireRules): Promise<number> => {
    this.expires.push(rules);
    const deleted = Math.min(this.old, rules.sessionsMax);
    this.old -= deleted;
    return deleted;
  };

  parts(changes: Partial<SweepParts['config']> = {}): SweepParts {
    return {
      store: this,
      clock: () => startUs,
      log: pino({}, { write: (line) => void this.logged.push(line) }),
      config: {
        lostAfterMs: 900_000,
        retentionDays: 365,
        sweepIntervalMs: 1,
        expireIntervalMs: 2 ** 40,
        ...changes,
      },
    };
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('the sweep', () => {
  it('runs at the start and again and again, never twice at once, also after a failure', async () => {
    const asked = new Asked();
    const sweeps = startSweeps(asked.parts());
    await asked.until(() => asked.sweeps.length >= 4);
    await sweeps.stop();
    const count = asked.sweeps.length;
    expect(asked.sweeps[0]).toEqual({ nowUs: startUs, lostAfterUs: 900e6 });
    expect([asked.mostRunning, asked.running]).toEqual([1, 0]);
    expect(asked.logged.join()).toContain('the second pass fails');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked.sweeps).toHaveLength(count);
  });
});

describe('retention', () => {
  it('deletes in slices until nothing old is left, counted from the last activity allowed', async () => {
    const asked = new Asked();
    asked.old = 2 * expireSliceSessions + 1;
    const sweeps = startSweeps(asked.parts());
    await asked.until(() => asked.logged.join().includes('old sessions deleted'));
    await sweeps.stop();
    expect(asked.expires).toHaveLength(3);
    expect(asked.expires[0]).toEqual({
      beforeUs: startUs - 365 * dayUs,
      sessionsMax: expireSliceSessions,
    });
    expect(asked.logged.join()).toContain(`"sessions":${2 * expireSliceSessions + 1}`);
  });

  it('lets others have a turn between slices, and stops between them', async () => {
    const asked = new Asked();
    asked.old = Number.POSITIVE_INFINITY;
    const sweeps = startSweeps(asked.parts());
    await asked.until(() => asked.expires.length > 3);
    await sweeps.stop();
    const count = asked.expires.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asked.expires).toHaveLength(count);
  });
});

it('the passes do their work on a real store', async () => {
  let nowUs = startUs;
  const clock = () => nowUs;
  const store = openMemory({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  const id = '550e8400-e29b-41d4-a716-446655440000';
  const session = store.reserve(id);
  const start = { kind: 'start', session, atUs: nowUs, product: 'P', version: 'V' } as const;
  await store.append({ receivedUs: nowUs, entries: [start] });
  nowUs += 901e6;
  const log = pino({ level: 'silent' });
  const config = { ...new Asked().parts().config, expireIntervalMs: 1 };
  const sweeps = startSweeps({ store, clock, log, config });
  await new Asked().until(() => nowUs > 0 && store.resolve(id).kind === 'found');
  nowUs += 366 * dayUs;
  await new Asked().until(() => store.resolve(id).kind === 'missing');
  await sweeps.stop();
});
