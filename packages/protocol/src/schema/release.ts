/** Schemas of releases and of what differs between two of them. */
import Type, { type TSchema } from 'typebox';
import { causeKinds } from '../cause.ts';
import { metricTypes } from '../series.ts';
import { countReply, instantReply, orNull, outcomeCounts } from './session-row.ts';
import { oneOf } from './shapes.ts';

/** A share of something. */
function shareReply(description: string) {
  return Type.Number({ minimum: 0, maximum: 1, description });
}

/** A share of sessions with how sure it is. */
const rateReply = Type.Object(
  {
    value: shareReply('Share of the sessions'),
    low: shareReply('Lower end of the interval'),
    high: shareReply('Upper end of the interval'),
  },
  { description: 'With the 95 % score interval of Wilson (1927); null without a session' },
);

const causeCount = Type.Object({
  kind: oneOf(causeKinds, 'Kind of cause'),
  sessions: countReply('Sessions that ended so'),
});

const exceptionCount = Type.Object({
  id: Type.String({ description: 'Id of the group, as `/api/exceptions/{group}` takes it' }),
  type: Type.String(),
  message: Type.String({ description: 'Of the latest one, in any version' }),
  sessions: countReply('Sessions of this version that recorded it'),
});

const counts = {
  sessions: countReply('Sessions of this version'),
  active: countReply('Not ended'),
  suspended: countReply('Active and without a heartbeat for too long'),
  hung: countReply('Hung at least once'),
  ...outcomeCounts,
  crash_free_rate: orNull(rateReply),
  hang_free_rate: orNull(rateReply),
  first_seen: instantReply,
  last_seen: instantReply,
};

const releaseReply = Type.Object({
  product: Type.String(),
  version: Type.String(),
  ...counts,
  adoption: shareReply('Share of the sessions of the product, of all its versions'),
  adoption_over_time: Type.Optional(
    Type.Array(
      Type.Object({
        from: instantReply,
        sessions: countReply('Sessions of this version that were created in this step'),
        share: shareReply('Share of the sessions of the product that were'),
      }),
      { description: 'Only with `every`; steps without a session are left out' },
    ),
  ),
  causes: Type.Array(causeCount, { description: 'Bad endings, the most frequent first' }),
  exceptions: Type.Array(exceptionCount, { description: 'Those of most sessions first' }),
});

/** Schema of the reply of `GET /api/releases`. */
export const releasesReply = Type.Object({
  releases: Type.Array(releaseReply, { description: 'The one that appeared last first' }),
  left_out: countReply('Further releases, beyond `limit`'),
});

/** What a difference means. */
export const verdicts = ['better', 'worse', 'changed', 'same', 'unknown'] as const;

/** What a difference means. */
export type Verdict = (typeof verdicts)[number];

const verdict = oneOf(
  verdicts,
  '`changed`: it differs, and nobody knows which way is better; `same`: no difference is proven; `unknown`: too few sessions',
);

const chance = (description: string) => shareReply(description);

const rateChange = Type.Object(
  {
    base: orNull(rateReply),
    candidate: orNull(rateReply),
    difference: orNull(Type.Number({ minimum: -1, maximum: 1, description: 'Candidate − base' })),
    low: orNull(Type.Number({ description: 'Lower end of the 95 % interval of the difference' })),
    high: orNull(Type.Number({ description: 'Upper end of it' })),
    p_value: orNull(chance('Of Fisher’s exact test, two-sided')),
    verdict,
  },
  {
    description:
      'Interval of the difference by Newcombe (1998), method 10; better or worse when p ≤ 0.05',
  },
);

/** A number that JSON may have no number for. */
function anyNumber<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Literal('Infinity'), Type.Literal('-Infinity')]);
}

const metricSide = Type.Object({
  sessions: countReply('Sessions that were looked at and have the metric'),
  median: anyNumber(
    Type.Number({
      description:
        'Median over the sessions of the mean of each; of counters, of the rate per second',
    }),
  ),
});

const metricChange = Type.Object({
  name: Type.String(),
  type: oneOf(metricTypes, 'Type of the metric'),
  unit: Type.String({ description: 'As sent; empty when none was' }),
  base: metricSide,
  candidate: metricSide,
  ratio: orNull(
    Type.Number({
      description: 'Median of the candidate by that of the base; null when it says nothing',
    }),
  ),
  cliffs_delta: Type.Number({
    minimum: -1,
    maximum: 1,
    description:
      'Chance that a session of the candidate is above one of the base, less the chance that it is below',
  }),
  p_value: chance('Of the rank test of Mann and Whitney, two-sided'),
  q_value: chance('The same, adjusted for the number of metrics by Benjamini and Hochberg'),
  better: orNull(oneOf(['lower', 'higher'], 'Which way it gets better; null when nobody knows')),
  verdict,
});

const frequency = {
  difference: orNull(Type.Number({ description: 'Share in the candidate − share in the base' })),
  p_value: chance('Of Fisher’s exact test, two-sided'),
  q_value: chance('The same, adjusted for how many there are by Benjamini and Hochberg'),
  verdict,
};

const causeChange = Type.Object({
  kind: oneOf(causeKinds, 'Kind of cause'),
  base_sessions: countReply('Sessions of the base that ended so'),
  candidate_sessions: countReply('Sessions of the candidate that ended so'),
  ...frequency,
});

const exceptionChange = Type.Object({
  id: Type.String({ description: 'Id of the group, as `/api/exceptions/{group}` takes it' }),
  type: Type.String(),
  message: Type.String(),
  base_sessions: countReply('Sessions of the base that recorded it'),
  candidate_sessions: countReply('Sessions of the candidate that recorded it'),
  ...frequency,
});

const side = Type.Object({ version: Type.String(), ...counts });

/** Schema of the reply of `GET /api/releases/compare`. */
export const comparisonReply = Type.Object({
  product: Type.String(),
  base: orNull(side),
  candidate: orNull(side),
  crash_free_rate: rateChange,
  hang_free_rate: rateChange,
  causes: Type.Array(causeChange, { description: 'The most different first' }),
  exceptions: Type.Object({
    new: Type.Array(exceptionChange, { description: 'Only in the candidate' }),
    gone: Type.Array(exceptionChange, { description: 'Only in the base' }),
    changed: Type.Array(exceptionChange, {
      description: 'In both, and more or less frequent for sure (q ≤ 0.05)',
    }),
  }),
  metrics: Type.Array(metricChange, {
    description:
      'Those that moved first (q ≤ 0.05 and |Cliff’s delta| ≥ 0.147), then by q; metrics with fewer than 5 sessions of either version are left out',
  }),
  metrics_compared: countReply('Metrics that were tested'),
  metrics_moved: countReply('Metrics whose difference is proven'),
  sessions_sampled: Type.Object(
    { base: countReply('Of the base'), candidate: countReply('Of the candidate') },
    { description: 'Sessions whose metrics were looked at: the newest ones, at most `sessions`' },
  ),
  findings: Type.Array(
    Type.Object({
      verdict,
      sentence: Type.String({ description: 'For people, without a full stop' }),
    }),
    { description: 'What differs for sure, what is worse first' },
  ),
  worse: Type.Boolean({ description: 'Whether any finding is that something got worse' }),
});
