/** `connect()` for browsers: a session per page load, sent to the server itself, to the last moment. */
import { limits } from '@tacho/protocol';
import type { Session } from './api.ts';
import { systemClock } from './clock.ts';
import { captureConsole } from './console-capture.ts';
import { type Destination, ingestPath } from './destination.ts';
import { type Opened, openSession } from './open.ts';
import { type ConnectOptions, readOptions, type Settings } from './options.ts';
import { observeLongTasks, watchErrors, watchLeaving } from './page.ts';
import { silentSession } from './silent.ts';
import { systemTimers } from './timers.ts';
import { Warnings } from './warnings.ts';

export type * from './api.ts';
export type { CaptureOptions, ConnectOptions, ConsoleMethod } from './options.ts';

/**
 * Records this page load. The server has to be told that this page may speak to it, with its
 * setting `allowedOrigins`. Never throws.
 */
export function connect(options: ConnectOptions): Session {
  try {
    const warnings = new Warnings((text) => console.warn(`tacho: ${text}`));
    return open(readOptions(options, {}, warnings), warnings);
  } catch {
    return silentSession('00000000-0000-4000-8000-000000000000');
  }
}

function open(settings: Settings, warnings: Warnings): Session {
  const { capture, heartbeatTimeoutMs, flushIntervalMs, bufferBytesMax } = settings;
  const destination = fetchDestination(settings);
  const opened = openSession({
    start: {
      session: settings.session ?? randomId(),
      product: settings.product,
      version: settings.version,
      tags: settings.tags,
      state: settings.state,
    },
    clientId: randomId(),
    clock: systemClock(),
    timers: systemTimers(),
    warnings,
    seek: async () => destination,
    ...(flushIntervalMs !== undefined && { flushIntervalMs }),
    ...(bufferBytesMax !== undefined && { bufferBytesMax }),
    ...(capture.heartbeat && {
      heartbeat: { timeoutMs: heartbeatTimeoutMs, isToldWithBeats: false },
    }),
  });
  startCaptures(opened, settings);
  return opened.session;
}

function startCaptures({ session, sender, onEnd }: Opened, settings: Settings): void {
  const { capture } = settings;
  if (capture.uncaught) onEnd(watchErrors(session));
  if (capture.eventLoop) onEnd(observeLongTasks(session));
  if (capture.console !== false) {
    onEnd(captureConsole(session, capture.console, (...args) => args.map(String).join(' ')));
  }
  const unwatch = watchLeaving({
    // A page that is hidden may never be shown again.
    hidden: () => void sender.flush(),
    left: () => {
      if (session.isOpen && capture.exit) session.finish('end', '"cause":{"kind":"exited"}');
      for (const body of sender.stop(limits.clientBeaconBytesMax)) send(settings, body);
    },
  });
  onEnd(unwatch);
}

function fetchDestination(settings: Settings): Destination {
  return {
    receiver: 'server',
    post: async (body) => {
      const reply = await fetch(settings.serverUrl + ingestPath, {
        ...requestOf(settings, body),
        signal: AbortSignal.timeout(limits.clientRequestTimeoutMs),
      });
      const retryAfter = reply.headers.get('retry-after');
      const text = await reply.text();
      return { status: reply.status, text, ...(retryAfter !== null && { retryAfter }) };
    },
  };
}

/** Sends while the page goes away: browsers keep such a request, but give no answer any more. */
function send(settings: Settings, body: string): void {
  try {
    const request = { ...requestOf(settings, body), keepalive: true };
    fetch(settings.serverUrl + ingestPath, request).catch(() => undefined);
  } catch {
    // It is too late for anything else.
  }
}

function requestOf({ token }: Settings, body: string): RequestInit {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  return { method: 'POST', headers, body, credentials: 'omit' };
}

/** Pages without TLS have no randomUUID, only random numbers. */
function randomId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
