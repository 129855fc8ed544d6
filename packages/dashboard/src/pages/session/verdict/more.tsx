/** What else can be done with a session: take it away as a file, look at it raw, delete it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { go, href } from '../../../address.ts';
import { useLoaded } from '../../../answer.ts';
import { ApiError, apiUrl, ask, send } from '../../../api.ts';
import { count } from '../../../format/number.ts';
import { CopyButton } from '../../../parts/copy.tsx';
import { Exports } from '../../../parts/exports.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import { Loaded } from '../../../parts/waiting.tsx';
import { useRow } from '../model.ts';

/** Characters of a raw session that are shown; more would keep the browser busy, and nobody reads it. */
const shownLength = 200_000;

/** The menu behind Export, and the dialogs that it opens. */
export function More() {
  const { id } = useRow();
  const [open, setOpen] = useState<'raw' | 'delete'>();
  const close = (): void => setOpen(undefined);
  return (
    <>
      <Popover
        label="Export and more"
        class="btn"
        align="end"
        button={
          <>
            <Icon name="export" />
            <span>Export</span>
          </>
        }
      >
        {(shut) => (
          <div class="menu">
            <Exports filter={{ id }} onClick={shut} />
            <a download={`${id}.json`} href={apiUrl(`/api/sessions/${id}`)} onClick={shut}>
              JSON <small>state, events, samples</small>
            </a>
            <button type="button" onClick={() => [shut(), setOpen('raw')]}>
              Look at the raw JSON
            </button>
            <hr />
            <button type="button" class="worse" onClick={() => [shut(), setOpen('delete')]}>
              Delete this session …
            </button>
          </div>
        )}
      </Popover>
      {open === 'raw' && <Raw id={id} close={close} />}
      {open === 'delete' && <Deletion id={id} close={close} />}
    </>
  );
}

function Raw({ id, close }: { id: string; close: () => void }) {
  const dialog = useModal();
  const answer = useLoaded(
    async (signal) => JSON.stringify(await ask('getSession', { id, signal }), null, 2),
    id,
  );
  const text = answer.value ?? '';
  return (
    <dialog class="raw" ref={dialog} onClose={close} aria-label="The raw session">
      <header>
        <h2>Raw session</h2>
        <CopyButton text={text} label="Copy the whole JSON" class="btn btn-s">
          Copy
        </CopyButton>
        <button type="button" class="iconbtn" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <Loaded answer={answer} rows={8}>
        {() => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
          <pre tabIndex={0}>
            {text.slice(0, shownLength)}
            {text.length > shownLength &&
              `\n… ${count(text.length - shownLength)} more characters: copy or download it`}
          </pre>
        )}
      </Loaded>
    </dialog>
  );
}

function Deletion({ id, close }: { id: string; close: () => void }) {
  const { product, version, events, samples } = useRow();
  const dialog = useModal();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await send('DELETE', `/api/sessions/${id}`);
      go(href('sessions'));
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <dialog class="deletion" ref={dialog} onClose={close} aria-labelledby="deletion-title">
      <h2 id="deletion-title">Delete this session?</h2>
      <p>
        {product} {version}, <span class="mono">{id.slice(0, 8)}</span>, with its {count(events)}{' '}
        events and {count(samples)} samples. This cannot be undone; an export made before can be
        imported again.
      </p>
      {problem !== '' && (
        <p class="worse" role="alert">
          {problem}
        </p>
      )}
      <footer>
        <button type="button" class="btn" onClick={close}>
          Keep it
        </button>
        <button type="button" class="btn btn-danger" disabled={isBusy} onClick={remove}>
          Delete
        </button>
      </footer>
    </dialog>
  );
}

/** A dialog that is open as long as it is there. */
function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return dialog;
}
