/** The flight recorder: one session with its verdict, its recorder, its state and its events. */
import { useEffect, useState } from 'preact/hooks';
import { href, path } from '../../address.ts';
import { Empty, Failure, Skeleton } from '../../parts/waiting.tsx';
import { Events } from './events/events.tsx';
import { openSession, SessionContext, type SessionModel } from './model.ts';
import { Recorder } from './recorder/recorder.tsx';
import { StatePanel } from './state/state-panel.tsx';
import { Verdict } from './verdict/verdict.tsx';
import './page.css';

/** The page of the session that the address names. */
export function SessionPage() {
  const id = path.value.split('/')[1] ?? '';
  const [model, setModel] = useState<SessionModel>();
  useEffect(() => {
    const opened = openSession(id);
    setModel(opened);
    return () => opened.close();
  }, [id]);
  if (model === undefined || model.id !== id) return null;
  return (
    <SessionContext.Provider value={model}>
      <SessionParts model={model} />
    </SessionContext.Provider>
  );
}

function SessionParts({ model }: { model: SessionModel }) {
  const { value: summary } = model.summary;
  const { value: error } = model.error;
  if (summary === undefined) {
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
      <Events />
    </>
  );
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
