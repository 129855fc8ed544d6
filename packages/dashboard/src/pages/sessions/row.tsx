/** One session of the list: a row of cells, or three lines on a phone. */
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transforms cannot be those of a table.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows hold links, which have the focus.
import { Component } from 'preact';
import { href } from '../../address.ts';
import { counted } from '../../format/number.ts';
import { outcomeLabels, outcomeOfRow, type SessionRow, type ShownOutcome } from '../../outcome.ts';
import { Activity } from '../../parts/activity.tsx';
import { Glyph } from '../../parts/glyph.tsx';
import { Time } from '../../parts/time.tsx';
import { CauseText, cellOf, Lasted } from './cells.tsx';
import type { Column } from './columns.ts';

/** What a row is told. */
export interface RowProps {
  /** Undefined while it is on its way. */
  row: SessionRow | undefined;
  index: number;
  columns: readonly Column[];
  isPhone: boolean;
  isSelected: boolean;
  /** Whether it is the one that keys act on. */
  isAt: boolean;
  onSelect: (index: number, isRange: boolean) => void;
}

/** A row; grey strokes while it is on its way. It is drawn anew only when something of it is another. */
export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some(
      (name) => next[name] !== this.props[name],
    );
  }

  override render() {
    return <Cells {...this.props} />;
  }
}

function Cells({ row, index, columns, isPhone, isSelected, isAt, onSelect }: RowProps) {
  if (row === undefined) return <Coming index={index} />;
  const outcome = outcomeOfRow(row);
  return (
    <div
      class="session-row"
      role="row"
      aria-rowindex={index + 2}
      data-id={row.id}
      data-selected={isSelected}
      data-at={isAt}
    >
      <span role="cell" class="cell-box">
        <input
          type="checkbox"
          class="box"
          checked={isSelected}
          aria-label={`Select ${row.product} ${row.version}, ${row.id.slice(0, 8)}`}
          onClick={(event) => onSelect(index, event.shiftKey)}
        />
      </span>
      <span role="cell" class="cell-glyph">
        <Glyph name={outcome} label={outcomeLabels[outcome]} />
      </span>
      {isPhone ? (
        <Lines row={row} outcome={outcome} />
      ) : (
        columns.map(({ name, isNumber = false }) => (
          <span key={name} role="cell" class={`cell-${name} ${isNumber ? 'num' : 'clip'}`}>
            {name === 'session' ? <Name row={row} /> : cellOf(name, row, outcome)}
          </span>
        ))
      )}
    </div>
  );
}

function Name({ row }: { row: SessionRow }) {
  return (
    <a class="open" href={href(`sessions/${row.id}`)} title={`${row.product} ${row.version}`}>
      {row.product} <b>{row.version}</b>
    </a>
  );
}

function Lines({ row, outcome }: { row: SessionRow; outcome: ShownOutcome }) {
  return (
    <>
      <span role="cell" class="line-name clip">
        <Name row={row} />
      </span>
      <span role="cell" class="line-ago">
        <Time at={row.created_at} form="ago" />
      </span>
      <span role="cell" class="line-cause clip">
        <CauseText row={row} outcome={outcome} />
      </span>
      <span role="cell" class="line-more clip">
        {row.machine_id !== undefined && `${row.machine_id} · `}
        <Lasted row={row} /> · {counted(row.events, 'event')}
      </span>
      <span role="cell" class="line-activity">
        <Activity row={row} outcome={outcome} isNarrow />
      </span>
    </>
  );
}

function Coming({ index }: { index: number }) {
  return (
    <div class="session-row coming" role="row" aria-rowindex={index + 2}>
      <span role="cell">
        <span class="vh">On its way</span>
      </span>
      <i />
      <i />
    </div>
  );
}
