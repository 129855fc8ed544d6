/** Who may speak: keeps web pages of other sites, rebound names and too eager clients out. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { TachoError } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import { isLoopback } from '../config.ts';
import { RateLimit } from './rate.ts';
import type { HttpConfig } from './service.ts';

/** The part of the configuration that decides. */
export type GuardConfig = Pick<
  HttpConfig,
  'host' | 'tls' | 'allowedHosts' | 'allowedOrigins' | 'requestsPerSecondMax'
>;

/** Host headers whose verdict is remembered; more are only seen from scanners. */
const verdictsMax = 1_000;

/**
 * Checks the head of every request.
 *
 * A page open in the user's browser can send requests to this server from the user's machine. It
 * gives itself away by `Origin` and `Sec-Fetch-Site`, which scripts cannot forge, and a page whose
 * name was rebound to this address by `Host`, which holds its name. Plain clients send neither of
 * the first two, so for them the check is one look-up.
 */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #anyAddress: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #scheme: string;
  readonly #rate: RateLimit | undefined;
  readonly #verdicts = new Map<string, boolean>();

  constructor(config: GuardConfig, clock: Clock) {
    // Bound beyond this machine, the server is reached by addresses and names it cannot list.
    const open = !isLoopback(config.host);
    const names = [
      'localhost',
      '127.0.0.1',
      '[::1]',
      bracketed(config.host),
      ...config.allowedHosts,
    ];
    if (open) names.push(hostname(), `${hostname()}.local`);
    this.#hosts = new Set(names.map((name) => name.toLowerCase()));
    this.#anyAddress = open;
    this.#origins = new Set(config.allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#scheme = config.tls === undefined ? 'http' : 'https';
    this.#rate =
      config.requestsPerSecondMax > 0
        ? new RateLimit(config.requestsPerSecondMax, clock)
        : undefined;
  }

  /** The reason to refuse a request, undefined for none. */
  refusal(request: IncomingMessage): TachoError | undefined {
    const { headers } = request;
    const { host, origin } = headers;
    if (host === undefined) return missingHost();
    if (!(this.#verdicts.get(host) ?? this.#judgeHost(host))) return foreignHost(host);
    if (origin !== undefined) {
      if (!this.#isOwnOrigin(origin, host) && !this.allowsOrigin(origin)) {
        return foreignOrigin(origin);
      }
    } else if (headers['sec-fetch-site'] !== undefined && isForeignFetch(request)) {
      return foreignFetch(String(headers['sec-fetch-site']));
    }
    return this.#rate === undefined ? undefined : this.#rateRefusal(request, this.#rate);
  }

  /** Whether the operator listed this origin, so that its pages may read what we answer. */
  allowsOrigin(origin: string): boolean {
    return this.#origins.has(origin.toLowerCase());
  }

  /** Whether a page of this very server shows itself as the sender; no other page can. */
  isOwnPage({ headers }: IncomingMessage): boolean {
    const { host = '', origin } = headers;
    if (headers['sec-fetch-site'] === 'same-origin') return true;
    return origin !== undefined && this.#isOwnOrigin(origin, host);
  }

  #judgeHost(host: string): boolean {
    const full = host.toLowerCase();
    const name = full.replace(/:\d*$/, '');
    const verdict =
      this.#hosts.has(full) ||
      this.#hosts.has(name) ||
      (this.#anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
    if (this.#verdicts.size >= verdictsMax) this.#verdicts.clear();
    this.#verdicts.set(host, verdict);
    return verdict;
  }

  /** The port counts: another server on this machine is another site. */
  #isOwnOrigin(origin: string, host: string): boolean {
    return origin.toLowerCase() === `${this.#scheme}://${host.toLowerCase()}`;
  }

  #rateRefusal(request: IncomingMessage, rate: RateLimit): TachoError | undefined {
    const waitSeconds = rate.take(request.socket.remoteAddress ?? '');
    if (waitSeconds === 0) return undefined;
    return new TachoError('rate_limited', 'Too many requests from this address; slow down', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitSeconds)),
    });
  }
}

/** An IPv6 address as it stands in a Host header. */
function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/**
 * Whether a browser sent this for a page of another site, or of another port of this machine.
 * Following a link is fine: the page that had the link cannot read the answer.
 */
function isForeignFetch(request: IncomingMessage): boolean {
  const { headers, method } = request;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return false;
  return !(method === 'GET' && isNavigation(headers));
}

function isNavigation(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

function missingHost(): TachoError {
  return new TachoError('invalid_request', 'The request has no Host header');
}

function foreignHost(host: string): TachoError {
  return new TachoError(
    'host_not_allowed',
    `Host ${JSON.stringify(host.slice(0, 255))} is none of this server's names; ` +
      'accepted: localhost, 127.0.0.1, [::1], the bound address and allowedHosts',
  );
}

function foreignOrigin(origin: string): TachoError {
  return new TachoError(
    'origin_not_allowed',
    `Origin ${JSON.stringify(origin.slice(0, 255))} may not call this server; ` +
      'accepted: its own origin and allowedOrigins',
  );
}

function foreignFetch(site: string): TachoError {
  return new TachoError(
    'origin_not_allowed',
    `A page of another site (Sec-Fetch-Site: ${site.slice(0, 60)}) may not call this server`,
  );
}
