/** The sentence of the page, whose facts are what can be chosen: function, metric, grouping. */
import { useState } from 'preact/hooks';
import { count } from '../../format/number.ts';
import { Icon } from '../../parts/icon.tsx';
import { Popover } from '../../parts/popover.tsx';
import { functionsOf, type Metric, meaningOf } from './metric.ts';
import { groupBy, groupedBy, show, showMetric } from './view.ts';

/** Rows of a list before somebody types. */
const listedMax = 200;

/** Fields of sessions that samples can be grouped by. */
const fields = [
  ['version', 'version'],
  ['product', 'product'],
  ['machine', 'machine'],
  ['hostname', 'host'],
  ['outcome', 'outcome'],
  ['cause', 'cause of the end'],
  ['hung', 'whether it hung'],
  ['lifecycle', 'how its run stands'],
] as const;

/** `p95 of frame_time_ms by version`. */
export function Sentence({
  metric,
  metrics,
  fn,
}: {
  metric: Metric;
  metrics: readonly Metric[];
  fn: string;
}) {
  const by = groupedBy.value;
  return (
    <h1 class="sentence">
      <span class="sentence-function">
        <Popover class="fact" label={`Function: ${fn}`} button={<Fact text={fn} />}>
          {(close) => (
            <Choices
              label="Functions"
              choices={functionsOf(metric).map((each) => [each, each, meaningOf(each)])}
              value={fn}
              onChoose={(each) => {
                show({ fn: each });
                close();
              }}
            />
          )}
        </Popover>
      </span>
      <span>of</span>
      <span class="sentence-metric">
        <Popover class="fact" label={`Metric: ${metric.name}`} button={<Fact text={metric.name} />}>
          {(close) => <MetricList metrics={metrics} metric={metric} onDone={close} />}
        </Popover>
      </span>
      <span>{by === '' ? 'of' : 'by'}</span>
      <span class="sentence-by">
        <Popover
          class="fact"
          label={`Grouped by: ${byName(by)}`}
          button={<Fact text={byName(by)} />}
        >
          {(close) => <Grouping metric={metric} by={by} onDone={close} />}
        </Popover>
      </span>
    </h1>
  );
}

function Fact({ text }: { text: string }) {
  return (
    <>
      <span class="clip">{text}</span>
      <Icon name="down" size={14} />
    </>
  );
}

/** What a grouping is called. */
function byName(by: string): string {
  if (by === '') return 'all sessions';
  if (by.startsWith('tag:') || by.startsWith('state:')) return by.replace(/^\w+:/, '');
  return fields.find(([name]) => name === by)?.[1] ?? by;
}

function Choices({
  label,
  choices,
  value,
  onChoose,
}: {
  label: string;
  choices: readonly (readonly [value: string, name: string, hint: string])[];
  value: string;
  onChoose: (value: string) => void;
}) {
  return (
    <ul class="explore-menu" aria-label={label}>
      {choices.map(([each, name, hint]) => (
        <li key={each}>
          <button type="button" aria-pressed={each === value} onClick={() => onChoose(each)}>
            <span class="clip">{name}</span>
            <span class="t3 small">{hint}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Grouping({ metric, by, onDone }: { metric: Metric; by: string; onDone: () => void }) {
  const [path, setPath] = useState(by.startsWith('state:') ? by.slice('state:'.length) : '');
  const choose = (each: string): void => {
    groupBy(each);
    onDone();
  };
  return (
    <>
      <Choices
        label="Group by"
        value={by}
        onChoose={choose}
        choices={[
          ...fields.map(([name, text]) => [name, text, ''] as const),
          ...metric.tags.map(
            ({ key, values }) => [`tag:${key}`, key, `tag, ${count(values)} values`] as const,
          ),
          ['', 'nothing', 'one line of all'],
        ]}
      />
      <form
        class="explore-path"
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== '') choose(`state:${path.trim()}`);
        }}
      >
        <input
          aria-label="Path of the state"
          placeholder="State, such as scene.name"
          value={path}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
        <button type="submit" class="btn btn-s">
          Group
        </button>
      </form>
    </>
  );
}

function MetricList({
  metrics,
  metric,
  onDone,
}: {
  metrics: readonly Metric[];
  metric: Metric;
  onDone: () => void;
}) {
  const [text, setText] = useState('');
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = metrics.filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  const choose = (each: Metric): void => {
    showMetric(each);
    onDone();
  };
  return (
    <div class="metric-list">
      <input
        type="search"
        class="metric-find"
        aria-label="Find a metric"
        placeholder={`Find one of ${count(metrics.length)} metrics`}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && fitting[0] !== undefined) choose(fitting[0]);
        }}
      />
      <ul class="explore-menu" aria-label="Metrics">
        {fitting.slice(0, listedMax).map((each) => (
          <li key={`${each.name} ${each.type} ${each.unit}`}>
            <button type="button" aria-pressed={each === metric} onClick={() => choose(each)}>
              <span class="clip" title={each.name}>
                {each.name}
              </span>
              <span class="t3 small">
                {each.advice.length > 0 && (
                  <span class="metric-advice" title={each.advice.map((a) => a.message).join('\n')}>
                    name
                  </span>
                )}
                {each.type}
                {each.unit !== '' && `, ${each.unit}`} · {count(each.sessions)} sessions
              </span>
            </button>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <p class="explore-none">No metric fits</p>}
      {fitting.length > listedMax && (
        <p class="explore-none">{count(fitting.length - listedMax)} more: type to find them</p>
      )}
    </div>
  );
}
