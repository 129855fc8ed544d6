/** What stands in the place of data that is not there: grey strokes, one line with Retry, or what to do next. */
import type { ComponentChildren } from 'preact';
import type { Answered } from '../answer.ts';
import { apiUrl } from '../api.ts';
import { CopyButton } from './copy.tsx';

/**
 * The data when it is there; grey strokes while it takes long; what happened and Retry when there is
 * none. A newer answer on its way leaves the older one in sight.
 */
export function Loaded<T>({
  answer,
  rows = 4,
  children,
}: {
  answer: Answered<T>;
  /** Strokes of the skeleton. */
  rows?: number;
  children: (value: T) => ComponentChildren;
}) {
  if (answer.error !== undefined) return <Failure answer={answer} />;
  if (answer.value !== undefined) return <>{children(answer.value)}</>;
  return answer.isSlow ? <Skeleton rows={rows} /> : null;
}

/** Grey strokes where lines of text will be. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

/** One line in the place of the data: what happened, and a way to try again. */
export function Failure({ answer }: { answer: Pick<Answered<unknown>, 'error' | 'retry'> }) {
  return (
    <p class="failure" role="alert">
      <span>{answer.error?.message}</span>
      <button type="button" class="btn btn-s" onClick={answer.retry}>
        Retry
      </button>
    </p>
  );
}

/** Nothing is there, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** A line for the shell, with a button that copies it. */
export function ShellLine({ text }: { text: string }) {
  return (
    <div class="shell-line">
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

/** A `curl` line that records something on this server; `body` is JSON. */
export function curlLine(path: string, body: object): string {
  return `curl -X POST ${apiUrl(path)} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}
