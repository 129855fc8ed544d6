/** What every part of the HTTP server works with, and the part of the configuration that it needs. */
import type { Clock } from '../clock.ts';
import type { Counters } from '../counters.ts';
import type { Doors } from '../doors/doors.ts';
import type { Keyring } from '../keyring.ts';
import type { LiveHub } from '../live/hub.ts';
import type { Log } from '../log.ts';
import type { Recorder } from '../record.ts';
import type { Store } from '../store/store.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { Access } from './access.ts';
import type { InFlight } from './idempotency.ts';

/** Configuration of the HTTP server and of the periodic passes. */
export interface HttpConfig {
  /** Address or name that the server is bound to. */
  host: string;
  port: number;
  /** PEM texts; with them the server speaks HTTPS. */
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** `POST /api/sessions` answers 200 with nothing but `session_id`. */
  legacyCreateReply: boolean;
  /** Further Host names that requests may carry, with or without port. */
  allowedHosts: readonly string[];
  /** Origins (`scheme://host[:port]`) of other web pages that may call the API. */
  allowedOrigins: readonly string[];
  /** Path prefix of a proxy that passes it on, as `/tacho`; requests without it are answered as well. */
  basePath?: string;
  /** Folder of the built dashboard; the one that the build fills when absent. */
  dashboardDir?: string;
  /** Requests of one client address per second; 0 sets no limit. */
  requestsPerSecondMax: number;
  /** Silence after which a session that had heartbeats is shown as suspended. */
  heartbeatTimeoutMs: number;
  /** Silence after which an active session is lost. */
  lostAfterMs: number;
  /** Silence after which a session that a door started has ended; `limits.doorSilenceMs` when absent. */
  doorSilenceMs?: number;
  /** Where StatsD is taken; nowhere when absent. */
  statsd?: {
    /** UDP port; `isWished` when it may be taken by somebody else. */
    udp?: { port: number; isWished: boolean };
    /** Path of a Unix socket. */
    socketPath?: string;
    product: string;
    flushIntervalMs?: number;
  };
  retentionDays: number;
  sweepIntervalMs: number;
  expireIntervalMs: number;
  /** The operator accepts that whoever reaches the port can read and write while there is no token. */
  insecureNoAuth: boolean;
  /**
   * Nobody is asked for a token, and tokens are not even read: for a socket file that only its owner
   * can reach. Default false.
   */
  isPrivate?: boolean;
  /** A secret that may ingest and read, as DataCat's configuration names it; never stored. */
  apiKey?: string;
  /** Default `limits.bodyBytesMax`. */
  bodyBytesMax?: number;
  /** Default `limits.expandedBodyBytesMax`. */
  expandedBodyBytesMax?: number;
}

/** The parts that routes are made of. */
export interface Service {
  store: Store;
  recorder: Recorder;
  config: HttpConfig;
  clock: Clock;
  /** When this server was made, by its clock. */
  startedUs: number;
  log: Log;
  counters: Counters;
  live: LiveHub;
  inFlight: InFlight;
  keyring: Keyring;
  access: Access;
  webhooks: Webhooks;
  doors: Doors;
}

/**
 * The instant at which something was received, in whole milliseconds: finer times are given out only
 * where a sender gave them, and coarse ones compress better.
 */
export function receiptUs(clock: Clock): number {
  const nowUs = clock();
  return nowUs - (nowUs % 1000);
}
