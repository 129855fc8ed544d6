/** What stands where no product ran: the way to the first session, or to a longer range. */
import { useEffect } from 'preact/hooks';
import { useAnswer } from '../../answer.ts';
import { count } from '../../format/number.ts';
import { Time } from '../../parts/time.tsx';
import { Failure } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { EmptyServer } from './empty-server.tsx';
import { HeadLine } from './head.tsx';
import type { Range } from './range.ts';

/** Tells apart a server without a session from a range without one. */
export function Nothing({ range, version }: { range: Range; version: number }) {
  const query = { limit: 1, profile: false };
  const newest = useAnswer('listSessions', { query }, { version });
  useEffect(() => {
    if (newest.value !== undefined) markReady('overview');
  }, [newest.value]);
  if (newest.error !== undefined) return <Failure answer={newest} />;
  if (newest.value === undefined) return null;
  const { sessions, totals } = newest.value;
  const last = sessions[0];
  if (last === undefined) return <EmptyServer />;
  return (
    <div class="ov">
      <HeadLine range={range}>
        <b class="fact">Nothing ran in {range.words}.</b> The last of {count(totals?.sessions ?? 1)}{' '}
        sessions began <Time at={last.created_at} form="ago" />.
      </HeadLine>
    </div>
  );
}
