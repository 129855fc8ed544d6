/** The flight recorder: one session with its verdict, its recorder, its state and its events. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { href, path } from '../../address.ts';
import { Empty, Failure, Skeleton } from '../../parts/waiting.tsx';
import { Events } from './events/events.tsx';
import { openSession, SessionContext, type SessionModel } from './model.ts';
import { RecorderContext, type RecorderParts, useRecorder } from './recorder/context.ts';
import { openParts, Recorder } from './recorder/recorder.tsx';
import { StatePanel } from './state/state-panel.tsx';
import { Verdict } from './verdict/verdict.tsx';
import './page.css';

/** The page waits so long for the list of metrics, in milliseconds. */
const listsMs = 300;

/** The page of the session that the address names. */
export function SessionPage() {
  const id = path.value.split('/')[1] ?? '';
  const [opened, setOpened] = useState<{ model: SessionModel; parts: RecorderParts }>();
  useLayoutEffect(() => {
    const model = openSession(id);
    // What the recorder asks first needs nothing but the id: it does not wait for the session.
    const parts = openParts(model);
    setOpened({ model, parts });
    return () => {
      parts.feed.close();
      model.close();
    };
  }, [id]);
  if (opened === undefined || opened.model.id !== id) return null;
  const { model, parts } = opened;
  return (
    <SessionContext.Provider value={model}>
      <RecorderContext.Provider value={parts}>
        <SessionParts model={model} />
      </RecorderContext.Provider>
    </SessionContext.Provider>
  );
}

function SessionParts({ model }: { model: SessionModel }) {
  const { feed } = useRecorder();
  const isLate = useLate(listsMs);
  const { value: summary } = model.summary;
  const { value: error } = model.error;
  // Drawn once with all that was asked first, unless the list of metrics takes its time.
  const isListed = feed.shown.value !== undefined || feed.error.value !== undefined;
  if (summary === undefined || !(isListed || isLate)) {
    if (error === undefined) return <Skeleton rows={6} />;
    if (error.status === 404) return <Missing id={model.id} />;
    return <Failure answer={{ error, retry: model.retry }} />;
  }
  return (
    <>
      <Verdict />
      <section class="recorder" aria-label="Recorder">
        <Recorder />
        <StatePanel />
      </section>
      {feed.isDrawn.value && <Events />}
    </>
  );
}

/** Whether so many milliseconds have passed. */
function useLate(afterMs: number): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(setLate, afterMs, true);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return isLate;
}

function Missing({ id }: { id: string }) {
  return (
    <Empty title="There is no such session">
      <p>
        No session has the id <span class="mono">{id}</span>: it was deleted, or its time had run
        out. <a href={href('sessions')}>To all sessions</a>
      </p>
    </Empty>
  );
}
