/** Adoption over time: which versions have a band of their own, and how they share each step. */
import type { Release } from './data.ts';

/** What stands for all versions without a band. */
export const others = '';

/** Shares of one step, in the order of the bands. */
interface AdoptionStep {
  fromMs: number;
  sessions: number;
  /** They add up to 1, where there is a session. */
  shares: number[];
}

/** Bands and steps. */
export interface Adoption {
  /** Versions from the baseline upwards, the oldest first; `others` is the lowest. */
  bands: string[];
  steps: AdoptionStep[];
}

/** Versions that have a band: more could not be told apart. */
const bandsMax = 5;

/** Shares by step; `releases` are newest first. */
export function adoptionOf(
  releases: readonly Pick<Release, 'version' | 'adoption_over_time' | 'sessions'>[],
  { fromMs, toMs, everyMs }: { fromMs: number; toMs: number; everyMs: number },
): Adoption {
  const ran = releases.filter(({ adoption_over_time: steps }) => (steps?.length ?? 0) > 0);
  const newest = ran[0];
  const own = new Set(
    [...ran]
      // The newest version is what people look for, however few run it yet.
      .sort((a, b) => Number(b === newest) - Number(a === newest) || b.sessions - a.sessions)
      .slice(0, bandsMax)
      .map(({ version }) => version),
  );
  const shown = ran.map(({ version }) => version).filter((version) => own.has(version));
  const bands = [...(ran.length > own.size ? [others] : []), ...shown.reverse()];
  const steps = Array.from(
    { length: Math.max(0, Math.ceil((toMs - fromMs) / everyMs)) },
    (_, i): AdoptionStep => ({
      fromMs: fromMs + i * everyMs,
      sessions: 0,
      shares: bands.map(() => 0),
    }),
  );
  for (const { version, adoption_over_time: all = [] } of ran) {
    const band = bands.indexOf(own.has(version) ? version : others);
    for (const { from, sessions } of all) {
      const step = steps[Math.floor((Date.parse(from) - fromMs) / everyMs)];
      if (step === undefined) continue;
      step.sessions += sessions;
      step.shares[band] = (step.shares[band] ?? 0) + sessions;
    }
  }
  for (const step of steps) {
    if (step.sessions > 0) step.shares = step.shares.map((sessions) => sessions / step.sessions);
  }
  return { bands, steps };
}
