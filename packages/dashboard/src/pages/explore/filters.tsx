/** Which sessions and which time the samples are of. */
import { query } from '../../address.ts';
import { FilterField } from '../../filters/filter-field.tsx';
import { presets } from '../../filters/range.ts';
import { Segments } from '../../parts/segments.tsx';
import { show } from './view.ts';

type RangeName = (typeof presets)[number] | 'all' | 'other';

/** The filter and the ranges of one click. */
export function Filters() {
  const from = query.value.get('from');
  const to = query.value.get('to');
  const preset = presets.find((each) => each === from);
  const range: RangeName =
    from === null && to === null ? 'all' : to === null && preset !== undefined ? preset : 'other';
  return (
    <div class="explore-filters">
      <FilterField group="Metrics" placeholder="Only sessions with …" />
      <Segments<RangeName>
        label="Range of time"
        value={range}
        onChange={(each) =>
          show({ from: each === 'all' ? undefined : each, to: undefined, at: undefined })
        }
        segments={[
          ...presets.map((each) => ({
            value: each,
            label: each.replace(/^-(\d+)/, '$1 '),
            title: `The last ${each.slice(1)}`,
          })),
          { value: 'all' as const, label: 'All', title: 'All that was recorded' },
        ]}
      />
    </div>
  );
}
