/** Regression marks: whether a version is worse or better than the one before, and the test that says so. */
import { type Comparison, chanceText, changeRows, type Tone } from './change.ts';

/** The mark of a version. */
export interface Mark {
  tone: Tone;
  /** What is worse or better most certainly: `Crash-free sessions ▼ 3.05 pt`. */
  what: string;
  /** The test that proves it. */
  proof: string;
  /** How many further things are as bad, or as good. */
  more: number;
}

/** Sessions of either version below which nothing can be proven. */
const fewSessions = 5;

/** The mark; what is worse counts, however much else is better. */
export function markOf(comparison: Comparison): Mark {
  const told = [...changeRows(comparison).map(rowMark), ...exceptionMarks(comparison)];
  for (const tone of ['worse', 'better'] as const) {
    const found = told.filter((mark) => mark.tone === tone);
    const [first] = found;
    if (first !== undefined) return { ...first, more: found.length - 1 };
  }
  const { base, candidate, crash_free_rate: rate } = comparison;
  const least = Math.min(base?.sessions ?? 0, candidate?.sessions ?? 0);
  return {
    tone: 'quiet',
    what: least < fewSessions ? 'too few sessions' : 'no difference proven',
    proof: rate.p_value === null ? '' : `Fisher’s exact test ${chanceText('p', rate.p_value)}`,
    more: 0,
  };
}

function rowMark({ tone, label, change, proof }: ReturnType<typeof changeRows>[number]): Mark {
  return { tone, what: `${label} ${change}`, proof, more: 0 };
}

function exceptionMarks({ exceptions }: Comparison): Mark[] {
  return [...exceptions.new, ...exceptions.changed, ...exceptions.gone].map((exception) => ({
    tone:
      exception.verdict === 'worse' || exception.verdict === 'better' ? exception.verdict : 'quiet',
    what: `${exception.type} ${exception.base_sessions === 0 ? 'new' : exception.candidate_sessions === 0 ? 'gone' : (exception.difference ?? 0) > 0 ? 'more frequent' : 'less frequent'}`,
    proof: `Fisher’s exact test ${chanceText('q', exception.q_value)}`,
    more: 0,
  }));
}
