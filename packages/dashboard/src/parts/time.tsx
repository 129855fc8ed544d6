/** An instant in words, with UTC and ISO on hover. */
import { ago, clock, dayAndTime, full, ms } from '../format/time.ts';

/** How an instant is shown. */
export type TimeForm = 'clock' | 'day' | 'ago';

/** A time of day, a day and time, or how long ago; `at` as the API writes it, or milliseconds since 1970. */
export function Time({
  at,
  form = 'clock',
  digits = 0,
}: {
  at: string | number;
  form?: TimeForm;
  digits?: number;
}) {
  const atMs = typeof at === 'number' ? at : ms(at);
  const text = form === 'ago' ? ago(atMs) : form === 'day' ? dayAndTime(atMs) : clock(atMs, digits);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={full(atMs)}>
      {text}
    </time>
  );
}
