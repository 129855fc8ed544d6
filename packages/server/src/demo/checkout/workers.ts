/** Forty-eight workers of one run: all are alike, but three. */
import type { Dice } from '../dice.ts';
import { type Meter, sampleTimes } from '../performance.ts';

const workers = Array.from({ length: 48 }, (_, i) => String(i).padStart(2, '0'));

/** One that gets slower and slower, one that is slow since the middle, one that stalls now and then. */
const odd = { creeping: 7, slow: 19, stalling: 33 };

/** The time that a job takes, by worker. */
export function workerMeters(lengthSec: number, dice: Dice): Meter[] {
  const bases = workers.map(() => dice.between(38, 46));
  const times = sampleTimes(lengthSec, { denseSec: lengthSec, everySec: 5, sparseSec: 5 });
  const series = workers.map((worker) => ({
    ...{ name: 'job_time_ms', type: 'timer' as const },
    tags: [`worker:${worker}`],
  }));
  const read = (sec: number, values: Float64Array): void => {
    const share = sec / lengthSec;
    const together = 1 + 0.06 * Math.sin(sec / 310);
    for (const [i, base] of bases.entries()) {
      const ms = base * together * (1 + 0.08 * dice.noise()) * oddness(i, share, dice);
      values[i] = Math.round(ms * 100) / 100;
    }
  };
  return [{ series, times, read }];
}

function oddness(worker: number, share: number, dice: Dice): number {
  if (worker === odd.creeping) return 1 + 3.2 * share ** 2;
  if (worker === odd.slow) return share > 0.48 ? 2.6 : 1;
  if (worker === odd.stalling) return dice.chance(0.06) ? dice.between(8, 20) : 1;
  return 1;
}
