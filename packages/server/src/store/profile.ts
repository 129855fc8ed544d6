/** Profiles of activity: into how wide buckets the life of a session is divided, and which one an instant is in. */
import { limits, type SessionStatus } from '@tacho/protocol';
import type { SessionProfile } from './questions.ts';

/**
 * A profile with nothing in it. It reaches from the start of the session to its end, or to its last
 * activity while it is active or lost; a session without a duration has buckets of 1 µs.
 */
export function emptyProfile(createdUs: number, status: SessionStatus): SessionProfile {
  const spanUs = Math.max(0, (status.endedUs ?? status.lastActivityUs) - createdUs);
  return {
    fromUs: createdUs,
    widthUs: Math.max(1, Math.ceil(spanUs / limits.profileBuckets)),
    entries: new Float64Array(limits.profileBuckets),
    errors: new Float64Array(limits.profileBuckets),
    hangs: new Float64Array(limits.profileBuckets),
  };
}

/** The bucket of an instant; what is outside, because clocks differ, is in the first or the last. */
export function profileBucket(
  { fromUs, widthUs }: Pick<SessionProfile, 'fromUs' | 'widthUs'>,
  atUs: number,
): number {
  const bucket = Math.floor((atUs - fromUs) / widthUs);
  return Math.min(limits.profileBuckets - 1, Math.max(0, bucket));
}
