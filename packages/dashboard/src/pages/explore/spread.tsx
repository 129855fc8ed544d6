/** How the samples of each group are spread: quantiles as boxes on one scale. */

import { href } from '../../address.ts';
import { valueRange, valueTicks } from '../../chart/ticks.ts';
import { count, numberOf } from '../../format/number.ts';
import { type Group, groupName, groupValue, sessionsOf } from './groups.ts';
import { formOf } from './metric.ts';
import type { Grouped } from './questions.ts';
import { filter, isExact } from './view.ts';

/** Rows that are drawn. */
const rowsMax = 100;

/** A row per group. */
export function Spread({ groups: { groups, by, metricOf: metric } }: { groups: Grouped }) {
  const shown = groups.slice(0, rowsMax);
  const [low, high] = scaleOf(shown);
  const leftOf = (value: number): number =>
    Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));
  const ticks = valueTicks(low, high, metric.name, metric.unit, 6);
  const form = formOf(metric, 'p50');
  return (
    <section class="spread" aria-label="Distribution">
      <p class="spread-what">
        Each line holds all samples of a group from the least to the greatest; the thick part has 90
        of 100 samples, the box the middle 50, the mark is the median. Quantiles are{' '}
        {isExact.value ? 'exact' : 'within 1 %'}; what lies outside of the scale ends at its edge.
      </p>
      <div class="spread-row spread-axis" aria-hidden="true">
        <span />
        <div class="spread-plot">
          {ticks.map(({ value, text }) => (
            <span key={value} class="spread-tick" style={{ left: `${leftOf(value)}%` }}>
              {text}
            </span>
          ))}
        </div>
        <span class="num">Median</span>
        <span class="num">p95</span>
        <span class="num spread-max">Max</span>
        <span class="num">Sessions</span>
      </div>
      <ul>
        {shown.map((group) => {
          const value = groupValue(group, by);
          const q = (name: string): number => numberOf(group.results[name]) ?? Number.NaN;
          return (
            <li key={value ?? '\n'} class="spread-row">
              <span class="clip" title={groupName(value, by)}>
                {groupName(value, by)}
              </span>
              <div class="spread-plot" title={quantilesText(group, form)}>
                {ticks.map((tick) => (
                  <i
                    key={tick.value}
                    class="spread-grid"
                    style={{ left: `${leftOf(tick.value)}%` }}
                  />
                ))}
                <Bar class="spread-all" from={leftOf(q('p0'))} to={leftOf(q('p100'))} />
                <Bar class="spread-most" from={leftOf(q('p5'))} to={leftOf(q('p95'))} />
                <Bar class="spread-half" from={leftOf(q('p25'))} to={leftOf(q('p75'))} />
                <i class="spread-median" style={{ left: `${leftOf(q('p50'))}%` }} />
              </div>
              <span class="num strong">{form(group.results.p50)}</span>
              <span class="num">{form(group.results.p95)}</span>
              <span class="num spread-max t2">{form(group.results.p100)}</span>
              <span class="num">
                <a class="link" href={href('sessions', sessionsOf(filter.value, by, value))}>
                  {count(group.sessions)}
                </a>
              </span>
            </li>
          );
        })}
      </ul>
      {groups.length > rowsMax && (
        <p class="explore-none">{count(groups.length - rowsMax)} more groups are not drawn</p>
      )}
    </section>
  );
}

function Bar({ class: look, from, to }: { class: string; from: number; to: number }) {
  if (Number.isNaN(from) || Number.isNaN(to)) return null;
  return <i class={look} style={{ left: `${from}%`, width: `${Math.max(0, to - from)}%` }} />;
}

/** The scale holds 98 of 100 samples of every group: one outlier would flatten all boxes. */
function scaleOf(groups: readonly Group[]): [number, number] {
  const values = (name: string): number[] =>
    groups.flatMap(({ results }) => {
      const value = numberOf(results[name]);
      return value !== undefined && Number.isFinite(value) ? [value] : [];
    });
  return valueRange(Math.min(...values('p1')), Math.max(...values('p99')));
}

function quantilesText({ results }: Group, form: (value: unknown) => string): string {
  return Object.entries(results)
    .filter(([name]) => name !== 'count')
    .map(([name, value]) => `${name} ${form(value)}`)
    .join('\n');
}
