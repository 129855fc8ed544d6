/** What can be done with the selected sessions: compare, export, delete. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { href } from '../../address.ts';
import { apiUrl, send } from '../../api.ts';
import { outcomeOfRow, type SessionRow } from '../../outcome.ts';
import { Icon } from '../../parts/icon.tsx';
import { causeWords } from './cause-words.ts';
import { comparedMax, select, selectedMax } from './selection.ts';

/** The bar that floats over the list while rows are selected. */
export function Picked({
  ids,
  rows,
  onDeleted,
}: {
  ids: readonly string[];
  /** Those of them that are loaded. */
  rows: readonly SessionRow[];
  onDeleted: () => void;
}) {
  const [isDeleting, setDeleting] = useState(false);
  if (ids.length === 0) return null;
  const canCompare = ids.length >= 2 && ids.length <= comparedMax;
  return (
    <div class="picked" role="toolbar" aria-label="Selected sessions">
      <b class="strong" role="status">
        {ids.length} selected
      </b>
      <span class="t3 small clip about">
        {ids.length === selectedMax
          ? 'no more at once'
          : rows.length === ids.length && inCommon(rows)}
      </span>
      <span class="grow" />
      <button
        type="button"
        class="iconbtn wide-only"
        aria-label="Delete the selected sessions"
        title="Delete"
        onClick={() => setDeleting(true)}
      >
        <Icon name="trash" />
      </button>
      <a class="btn wide-only" href={apiUrl('/api/export', { id: ids })} download="sessions.ndjson">
        Export
      </a>
      {canCompare ? (
        <a class="btn btn-primary" href={href('compare', { id: ids })}>
          Compare <kbd>C</kbd>
        </a>
      ) : (
        <button
          type="button"
          class="btn"
          disabled
          title={`Compare takes 2 to ${comparedMax} sessions`}
        >
          Compare
        </button>
      )}
      <button
        type="button"
        class="iconbtn"
        aria-label="Clear the selection"
        title="Clear the selection"
        onClick={() => select([])}
      >
        <Icon name="close" />
      </button>
      {isDeleting && (
        <Deletion ids={ids} onClose={() => setDeleting(false)} onDeleted={onDeleted} />
      )}
    </div>
  );
}

/** Asks once more, since nothing brings them back. */
function Deletion({
  ids,
  onClose,
  onDeleted,
}: {
  ids: readonly string[];
  onClose: () => void;
  onDeleted: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [done, setDone] = useState<number>();
  const [error, setError] = useState('');
  const what = ids.length === 1 ? 'this session' : `these ${ids.length} sessions`;
  useEffect(() => dialog.current?.showModal(), []);
  const run = async (): Promise<void> => {
    let left = [...ids];
    try {
      for (const id of ids) {
        setDone(ids.length - left.length);
        await send('DELETE', `/api/sessions/${id}`);
        left = left.filter((each) => each !== id);
      }
      onClose();
    } catch (reason) {
      setDone(undefined);
      setError((reason as Error).message);
    }
    if (left.length < ids.length) {
      select(left);
      onDeleted();
    }
  };
  return (
    <dialog ref={dialog} class="deletion" aria-labelledby="deletion-title" onClose={onClose}>
      <h2 id="deletion-title">Delete {what}?</h2>
      <p>
        All that {ids.length === 1 ? 'it' : 'they'} recorded goes with it. This cannot be undone.
      </p>
      {error !== '' && <p role="alert">{error}</p>}
      <footer>
        <button type="button" class="btn" onClick={() => dialog.current?.close()}>
          Keep
        </button>
        <button type="button" class="btn danger" disabled={done !== undefined} onClick={run}>
          {done === undefined ? 'Delete' : `Deleting ${done + 1} of ${ids.length}`}
        </button>
      </footer>
    </dialog>
  );
}

/** What the selected rows share: product and version, and how they ended. */
function inCommon(rows: readonly SessionRow[]): string {
  const all = rows.length === 2 ? 'both' : 'all';
  const [product, version, ending] = [
    shared(rows.map((row) => row.product)),
    shared(rows.map((row) => row.version)),
    shared(rows.map((row) => causeWords(row, outcomeOfRow(row), 0).strong)),
  ];
  const name = product === undefined ? '' : [product, version].filter((part) => part).join(' ');
  const end = rows.length > 1 && ending ? `${all} ${ending}` : (ending ?? '');
  return [name, end].filter((part) => part).join(', ');
}

function shared(texts: readonly string[]): string | undefined {
  return texts.every((text) => text === texts[0]) ? texts[0] : undefined;
}
