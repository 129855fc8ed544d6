/** Sessions that ended alike: how many of a product, and in which versions. */
import {
  type CauseKind,
  causeKindOf,
  compareVersions,
  type ExceptionFact,
  type SessionFilter,
  type SessionStatus,
} from '@tacho/protocol';

/** A session that is compared with the others of its product. */
export interface EndedSession {
  product: string;
  status: SessionStatus;
  exception?: ExceptionFact;
}

/** What counts as alike. */
export interface Likeness {
  filter: SessionFilter;
  cause: CauseKind;
  /** Only where the exception was the cause. */
  exceptionType?: string;
}

/** Sessions of one version that ended alike. */
export interface VersionCount {
  version: string;
  sessions: number;
  firstUs: number;
  lastUs: number;
}

/** Endings that say nothing about the program. */
const plainCauses: readonly (CauseKind | null)[] = ['ended', 'exited', 'terminated_by_user', null];

/** Which sessions ended like this one; undefined for one that runs or ended well. */
export function likenessOf(session: EndedSession): Likeness | undefined {
  const cause = causeKindOf(session.status, session.exception);
  if (cause === null || plainCauses.includes(cause)) return undefined;
  const filter: SessionFilter = { products: [session.product], causes: [cause] };
  const exceptionType = session.exception?.type ?? '';
  if (cause !== 'uncaught' || exceptionType === '') return { filter, cause };
  return { filter: { ...filter, exceptions: [exceptionType] }, cause, exceptionType };
}

/** Versions in their order. */
export function byVersion(counts: readonly VersionCount[]): VersionCount[] {
  return [...counts].sort((a, b) => compareVersions(a.version, b.version));
}

/** How many others there are and where, in one sentence; `counts` are sorted and hold the session itself. */
export function alikeSentence(
  { product }: Pick<EndedSession, 'product'>,
  cause: CauseKind,
  counts: readonly VersionCount[],
): string {
  const others = othersOf(counts);
  const verb = cause === 'lost' ? 'fell silent' : 'died';
  if (others === 0) return `No other session of ${product} ${verb} like this`;
  const [first, last] = [counts[0], counts.at(-1)];
  const where =
    counts.length === 1
      ? `${others === 1 ? '' : 'all '}on ${first?.version}`
      : `on ${counts.length} versions from ${first?.version} to ${last?.version}`;
  return `${others} more ${verb} like this, ${where}`;
}

/** Sessions beside the one that is asked about. */
export function othersOf(counts: readonly VersionCount[]): number {
  return Math.max(0, counts.reduce((sum, { sessions }) => sum + sessions, 0) - 1);
}
