/** Posting batches from Node: one connection that is kept, and never keeps the program alive. */
import * as http from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import { limits } from '@tacho/protocol';
import { type Destination, ingestPath, type Reply } from './destination.ts';

/** Whom to post to, and how. */
export interface HttpTarget {
  receiver: Destination['receiver'];
  /** Without a trailing slash. */
  url: string;
  /** Bearer token; absent for none. */
  token?: string;
  /** Whether bodies are compressed: worth it over a network, not to an agent on this machine. */
  isCompressed: boolean;
}

/** Answers are short; a longer one is from somebody else. */
const replyBytesMax = 1024 * 1024;

const gzip = promisify(gzipWithCallback);

/** A destination over HTTP. */
export function httpDestination({ receiver, url, token, isCompressed }: HttpTarget): Destination {
  const target = new URL(url + ingestPath);
  const { Agent } = target.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers: http.OutgoingHttpHeaders = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (isCompressed) headers['content-encoding'] = 'gzip';
  return {
    receiver,
    post: async (body) => {
      const bytes = isCompressed ? await gzip(body, { level: 1 }) : Buffer.from(body);
      return exchange(target, { method: 'POST', agent, headers }, bytes);
    },
  };
}

/** Fetches JSON, for questions to an agent; rejects for anything else. */
export async function fetchJson(url: string): Promise<unknown> {
  const { status, text } = await exchange(new URL(url), { method: 'GET', agent: false });
  if (status !== 200) throw new Error(`status ${status}`);
  return JSON.parse(text);
}

function exchange(target: URL, options: http.RequestOptions, body?: Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { request } = target.protocol === 'https:' ? https : http;
    const asked = request(target, {
      ...options,
      headers: { ...options.headers, 'content-length': body?.byteLength ?? 0 },
    });
    const timer = setTimeout(() => {
      asked.destroy(new Error('no answer in time'));
    }, limits.clientRequestTimeoutMs);
    timer.unref();
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    asked.on('socket', (socket) => socket.unref());
    asked.on('error', fail);
    asked.on('response', (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > replyBytesMax) asked.destroy(new Error('the answer is too long'));
        else pieces.push(piece);
      });
      response.on('error', fail);
      response.on('close', () => fail(new Error('the answer broke off')));
      response.on('end', () => {
        clearTimeout(timer);
        const retryAfter = response.headers['retry-after'];
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(pieces).toString(),
          ...(retryAfter !== undefined && { retryAfter }),
        });
      });
    });
    asked.end(body);
  });
}
