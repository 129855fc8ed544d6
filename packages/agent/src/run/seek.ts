/** Finds whom a run reports to: its agent, another one in its place, one that has to be started, or the server. */
import { request as requestHttp } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Destination, ingestPath, registrationPath } from '@tacho/client/sending';
import { limits } from '@tacho/protocol';
import { askJson } from '../ask.ts';
import { livingAgent } from '../discovery.ts';
import { type AgentPlace, startSharedAgent } from './agent-place.ts';

/**
 * Makes the search; it resolves with somebody to send to, and is asked again when that one is gone.
 * It rejects when nobody is there yet.
 */
export function makeSeek(place: AgentPlace): () => Promise<Destination> {
  const { agentUrl, isNamed, directory, serverUrl, token } = place;
  let startPort = place.startPort;
  let isFirst = true;
  const toServer = (): Destination => destination('server', serverUrl, token);
  return async () => {
    if (isNamed) return agentUrl === undefined ? toServer() : destination('agent', agentUrl);
    if (directory === undefined) return toServer();
    const registration = registrationPath(directory, serverUrl);
    if (!isFirst || startPort === undefined) {
      const found = await livingAgent(registration, ask);
      if (found !== undefined) return destination('agent', found.url);
    }
    // Where another run is starting one, it is waited for before we do it as well.
    if (!isFirst || startPort !== undefined || agentUrl === undefined) {
      startSharedAgent(place, startPort);
    }
    startPort = undefined;
    isFirst = false;
    const until = performance.now() + limits.runAgentStartMs;
    while (performance.now() < until) {
      const found = await livingAgent(registration, ask);
      if (found !== undefined) return destination('agent', found.url);
      await sleep(pollMs, undefined, { ref: false });
    }
    return toServer();
  };
}

const pollMs = 20;

function ask(url: string): Promise<unknown> {
  return askJson(url, { timeoutMs: limits.agentReadTimeoutMs });
}

function destination(receiver: Destination['receiver'], url: string, token?: string): Destination {
  return { receiver, post: (body) => post(`${url}${ingestPath}`, body, token) };
}

async function post(url: string, body: string, token: string | undefined) {
  const isTls = url.startsWith('https:');
  const request = isTls ? (await import('node:https')).request : requestHttp;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  return new Promise<Awaited<ReturnType<Destination['post']>>>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const retryAfter = incoming.headers['retry-after'];
        const status = incoming.statusCode ?? 0;
        const text = Buffer.concat(pieces).toString('utf8');
        resolve({ status, text, ...(retryAfter !== undefined && { retryAfter }) });
      });
    });
    outgoing.setTimeout(limits.agentReadTimeoutMs, () => outgoing.destroy(new Error('too late')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
