/** Console capture: what a program prints with `console` is an event as well; it is printed as before. */
import type { EventLevel } from './api.ts';
import type { ConsoleMethod } from './options.ts';
import type { Recording } from './session.ts';

/** Methods of the console, and how severe what they print is. */
const consoleLevels: Readonly<Record<ConsoleMethod, EventLevel>> = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warning',
  error: 'error',
};

type Print = (...args: unknown[]) => void;
type Format = (...args: unknown[]) => string;

/** Captures these methods, all when the list is `true`; gives the function that stops it. */
export function captureConsole(
  session: Recording,
  methods: readonly unknown[] | true,
  format: Format,
): () => void {
  const undo: (() => void)[] = [];
  let isInside = false;
  for (const [method, level] of Object.entries(consoleLevels) as [ConsoleMethod, EventLevel][]) {
    if (methods !== true && !methods.includes(method)) continue;
    const print = console[method] as Print;
    const captured: Print = (...args) => {
      print.apply(console, args);
      // Whatever prints while this is being recorded is not recorded in turn.
      if (isInside) return;
      isInside = true;
      try {
        record(session, method, level, args, format);
      } finally {
        isInside = false;
      }
    };
    console[method] = captured;
    undo.push(() => {
      // Somebody may have wrapped it since; then it stays, and records nothing any more.
      if (console[method] === captured) console[method] = print;
    });
  }
  return () => {
    for (const restore of undo) restore();
  };
}

function record(
  session: Recording,
  method: string,
  level: EventLevel,
  args: readonly unknown[],
  format: Format,
): void {
  if (!session.isOpen) return;
  const error = args.find((arg) => arg instanceof Error);
  let message = '';
  try {
    message = format(...args);
  } catch {
    message = '[unreadable]';
  }
  if (error !== undefined && level === 'error') {
    session.reportException(error, { name: 'console', level, data: { method, message } });
  } else {
    session.logEvent('console', { level, group: 'console', labels: [method], message });
  }
}
