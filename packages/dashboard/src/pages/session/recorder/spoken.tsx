/** The reading at the cursor for those who hear the page, once the cursor rests. */
import { useEffect, useState } from 'preact/hooks';
import { reading } from '../../../format/number.ts';
import { clock, offset } from '../../../format/time.ts';
import { useSession } from '../model.ts';
import { useRecorder } from './context.ts';
import { pointAt } from './points.ts';

/** How long the cursor must rest. */
const restMs = 700;

/** A region that says where the cursor is and what the charts read there. */
export function Spoken() {
  const model = useSession();
  const { feed } = useRecorder();
  const [text, setText] = useState('');
  const atMs = model.cursorMs.value;
  useEffect(() => {
    const timer = setTimeout(() => {
      const charts = feed.charts.peek();
      const readings = (feed.shown.peek() ?? []).flatMap((name) => {
        const series = charts?.byName.get(name) ?? [];
        const [first] = series;
        const at = first && pointAt(first, atMs);
        if (first === undefined || series.length > 1) return [];
        const value = at === undefined ? undefined : first.avg[at];
        return `${name} ${typeof value === 'number' ? reading(value, name, first.unit) : 'no sample'}`;
      });
      const fromEnd = offset(atMs - model.endMs.peek());
      setText([`${clock(atMs, 1)}, ${fromEnd} from the end`, ...readings].join('; '));
    }, restMs);
    return () => clearTimeout(timer);
  }, [atMs, feed, model]);
  return (
    <p class="vh" role="status">
      {text}
    </p>
  );
}
