/** Sessions in lists as JSON, and what is counted over them. */
import {
  type Cause,
  causeFactsOf,
  causeOf,
  formatTime,
  type JsonObject,
  outcomeOf,
  sessionView,
  stringifyJson,
} from '@tacho/protocol';
import type { SessionProfile, SessionSummary, SessionTotals } from '../store/store.ts';

/** What a row depends on beside the session. */
export interface RowOptions {
  /** The server's clock. */
  nowUs: number;
  suspendedAfterUs: number;
}

/** A session as a row of a list; without a profile where none is given. */
export function sessionRow(
  summary: SessionSummary,
  profile: SessionProfile | undefined,
  options: RowOptions,
): JsonObject {
  const { status, createdUs, machineId, hostname, exception, clockSkewUs } = summary;
  const { endedUs, lastHeartbeatUs } = status;
  const cause = causeOf({ status, createdUs, ...(exception && { exception }) });
  return {
    id: summary.id,
    product: summary.product,
    version: summary.version,
    ...(machineId === undefined ? {} : { machine_id: machineId }),
    ...(hostname === undefined ? {} : { hostname }),
    created_at: formatTime(createdUs),
    updated_at: formatTime(summary.updatedUs),
    ended_at: maybeTime(endedUs),
    last_heartbeat: maybeTime(lastHeartbeatUs),
    duration_ms: milliseconds((endedUs ?? options.nowUs) - createdUs),
    ...sessionView(status, options.nowUs, options),
    hangs: status.hangs,
    hung_ms: hungMs(summary, options.nowUs),
    outcome: outcomeOf(status, summary.errors),
    cause: cause && causeJson(cause),
    reason: status.reason,
    events: summary.events,
    errors: summary.errors,
    patches: summary.patches,
    samples: summary.samples,
    ...(exception === undefined
      ? {}
      : {
          exception: {
            type: exception.type,
            message: exception.message,
            at: formatTime(exception.atUs),
          },
        }),
    ...(clockSkewUs === undefined ? {} : { clock_skew_ms: clockSkewUs / 1000 }),
    ...(profile === undefined ? {} : { profile: profileJson(profile) }),
  };
}

/** A cause with what is known of it. */
export function causeJson({ kind, sentence, report }: Cause): JsonObject {
  return { kind, sentence, ...(report && causeFactsOf(report)) };
}

/** The same as JSON text: most of a list are the numbers of its profiles, which are joined much faster. */
export function sessionRowText(
  summary: SessionSummary,
  profile: SessionProfile | undefined,
  options: RowOptions,
): string {
  const text = stringifyJson(sessionRow(summary, undefined, options));
  if (profile === undefined) return text;
  const { fromUs, widthUs, entries, errors, hangs } = profile;
  return (
    `${text.slice(0, -1)},"profile":{"from":"${formatTime(fromUs)}","bucket_ms":${widthUs / 1000},` +
    `"entries":[${entries.join()}],"errors":[${errors.join()}],"hangs":[${hangs.join()}]}}`
  );
}

/** Counts over sessions. */
export function totalsJson({ outcomes, ...counts }: SessionTotals): JsonObject {
  const { sessions, active, suspended, hung } = counts;
  return { sessions, active, suspended, hung, ...outcomes };
}

function profileJson(profile: SessionProfile): JsonObject {
  return {
    from: formatTime(profile.fromUs),
    bucket_ms: profile.widthUs / 1000,
    entries: [...profile.entries],
    errors: [...profile.errors],
    hangs: [...profile.hangs],
  };
}

/** Hangs that were recovered from, and the one that it is in or ended in. */
function hungMs({ status }: SessionSummary, nowUs: number): number {
  const { hungUs, hungSinceUs, endedUs } = status;
  const presentUs = hungSinceUs === null ? 0 : Math.max(0, (endedUs ?? nowUs) - hungSinceUs);
  return (hungUs + presentUs) / 1000;
}

function maybeTime(us: number | null): string | null {
  return us === null ? null : formatTime(us);
}

/** A duration; clocks may disagree, and one below zero would be nonsense. */
function milliseconds(us: number): number {
  return Math.max(0, us) / 1000;
}
