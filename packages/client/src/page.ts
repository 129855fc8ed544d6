/** What happens to a page by itself: errors that nobody caught, tasks that take long, and its end. */
import type { Recording } from './session.ts';

/** The few things of a browser that are used, so that the types of all of it are not needed. */
interface Page {
  addEventListener?: (
    type: string,
    listener: (event: PageEvent) => void,
    capture?: boolean,
  ) => void;
  removeEventListener?: Page['addEventListener'];
  document?: Page & { visibilityState?: string };
  PerformanceObserver?: PerformanceObserverType;
}

interface PageEvent {
  error?: unknown;
  message?: string;
  reason?: unknown;
  persisted?: boolean;
}

interface PerformanceObserverType {
  new (
    tell: (list: { getEntries(): { duration: number }[] }) => void,
  ): { observe(options: object): void; disconnect(): void };
  supportedEntryTypes?: readonly string[];
}

const page = globalThis as unknown as Page;

/** Tasks that keep a page from reacting are at least this long. */
const longTaskBounds = [50, 100, 200, 500, 1000, 2500, 5000, 10_000];

/** Records errors and rejections that nobody caught; gives the function that stops it. */
export function watchErrors(session: Recording): () => void {
  const level = 'error';
  const onError = ({ error, message }: PageEvent) => {
    // An error of a script from elsewhere comes without the error; an image that fails, with nothing.
    if (error === undefined && message === undefined) return;
    session.reportException(error ?? message, { name: 'uncaught_exception', level });
  };
  const onRejection = ({ reason }: PageEvent) => {
    session.reportException(reason, { name: 'unhandled_rejection', level });
  };
  page.addEventListener?.('error', onError);
  page.addEventListener?.('unhandledrejection', onRejection);
  return () => {
    page.removeEventListener?.('error', onError);
    page.removeEventListener?.('unhandledrejection', onRejection);
  };
}

/** Records tasks of 50 ms and more, where the browser tells of them. */
export function observeLongTasks(session: Recording): () => void {
  const Observer = page.PerformanceObserver;
  if (!Observer?.supportedEntryTypes?.includes('longtask')) return () => undefined;
  const observer = new Observer((list) => {
    for (const { duration } of list.getEntries()) {
      session.histogram('long_task_ms', duration, { bounds: longTaskBounds });
    }
  });
  observer.observe({ type: 'longtask', buffered: true });
  return () => observer.disconnect();
}

/** Tells when the page is hidden, and when it is left for good. */
export function watchLeaving({
  hidden,
  left,
}: {
  hidden: () => void;
  left: () => void;
}): () => void {
  const onVisibility = () => {
    if (page.document?.visibilityState === 'hidden') hidden();
  };
  const onHide = ({ persisted }: PageEvent) => {
    // A page in the back-forward cache may come back and go on.
    if (persisted) hidden();
    else left();
  };
  page.document?.addEventListener?.('visibilitychange', onVisibility);
  page.addEventListener?.('pagehide', onHide);
  return () => {
    page.document?.removeEventListener?.('visibilitychange', onVisibility);
    page.removeEventListener?.('pagehide', onHide);
  };
}
