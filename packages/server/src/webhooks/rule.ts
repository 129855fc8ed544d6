/** Rules of webhooks: as they are kept, as they are shown, and how far they were looked after. */
import { randomBytes } from 'node:crypto';
import { formatTime, type JsonObject, type WebhookInput } from '@tacho/protocol';
import type { WebhookRow } from '../store/store.ts';

/** A rule. */
export interface Rule extends WebhookInput {
  id: string;
  createdUs: number;
  /** Signs its messages: `whsec_` and base64. */
  secret: string;
}

/** How far a rule was looked after. Instants are epoch microseconds by the server's clock. */
export interface Progress {
  /** Crashes, hangs and exceptions that were received before it are told. */
  lookedUs: number;
  /** When versions were compared last. */
  comparedUs: number;
  /** When its metric was measured last. */
  measuredUs: number;
  /** How often the metric has gone beyond its bound, and whether it is there now. */
  breaches: number;
  isBreached: boolean;
  /** Messages of the present hour. */
  hour: { fromUs: number; told: number; held: number };
}

/** A new rule; its secret is made when none was given. */
export function makeRule(input: WebhookInput, nowUs: number): Rule {
  const id = randomBytes(9).toString('base64url');
  const secret = input.secret ?? `whsec_${randomBytes(32).toString('base64')}`;
  return { ...input, id, createdUs: nowUs, secret };
}

/** A rule as the store keeps it. */
export function rowOf({ id, createdUs, ...rule }: Rule): Omit<WebhookRow, 'progress'> {
  return { id, createdUs, rule: JSON.stringify(rule) };
}

/** A rule of the store, and how far it was looked after. */
export function readRow({ id, createdUs, rule, progress }: WebhookRow): {
  rule: Rule;
  progress: Progress;
} {
  const said = JSON.parse(rule) as Omit<Rule, 'id' | 'createdUs'>;
  const known = progress === '' ? freshProgress(createdUs) : (JSON.parse(progress) as Progress);
  return { rule: { ...said, id, createdUs }, progress: known };
}

/** Nothing that was before this instant is told. */
export function freshProgress(nowUs: number): Progress {
  return {
    ...{ lookedUs: nowUs, comparedUs: 0, measuredUs: 0, breaches: 0, isBreached: false },
    hour: { fromUs: nowUs, told: 0, held: 0 },
  };
}

/** A rule as it is shown: never with its secret. */
export function shownRule(rule: Rule, { isBreached, hour }: Progress): JsonObject {
  const { id, name, url, on, format, products, metric, enabled, createdUs } = rule;
  return {
    ...{ id, name, url, format, enabled },
    on: [...on],
    products: [...products],
    metric:
      metric === undefined
        ? null
        : {
            ...{ name: metric.name, fn: metric.fn, window: metric.window, tags: metric.tags },
            ...(metric.above !== undefined && { above: metric.above }),
            ...(metric.below !== undefined && { below: metric.below }),
            samples_min: metric.samplesMin,
          },
    created_at: formatTime(createdUs),
    breached: isBreached,
    held_back: hour.held,
  };
}
