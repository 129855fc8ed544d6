/** Who may speak to the agent: programs of this machine, and no web page that a browser has open. */
import type { IncomingMessage } from 'node:http';
import { TachoError } from '@tacho/protocol';

const names: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The reason to refuse a request, undefined for none. A page whose name was rebound to this address
 * shows its own name in `Host`; any other page shows itself in `Origin` or `Sec-Fetch-Site`.
 */
export function refusal({ headers }: IncomingMessage): TachoError | undefined {
  const { host, origin } = headers;
  if (host === undefined) {
    return new TachoError('invalid_request', 'The request has no Host header');
  }
  if (!names.has(host.toLowerCase().replace(/:\d*$/, ''))) {
    return new TachoError(
      'host_not_allowed',
      `Host ${JSON.stringify(host.slice(0, 255))} is none of this agent's names; ` +
        'accepted: localhost, 127.0.0.1, [::1]',
    );
  }
  const site = headers['sec-fetch-site'];
  if (origin === undefined && (site === undefined || site === 'none')) return undefined;
  return new TachoError('origin_not_allowed', 'Web pages may not speak to an agent');
}
