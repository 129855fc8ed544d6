/** Questions to a server or to another agent: one GET with a deadline, and the whole answer as text. */
import { type IncomingMessage, request as requestHttp } from 'node:http';

/** How to ask. */
export interface AskOptions {
  /** Longest wait for the whole answer. */
  timeoutMs: number;
  /** Shown as a bearer token; absent for none. */
  token?: string;
  /** Whether the certificate must be in order; true when absent. */
  verifyTls?: boolean;
}

/** A whole answer. */
export interface Asked {
  status: number;
  text: string;
}

/**
 * Asks once, over a connection of its own.
 * @throws the error of the connection, or one that says that the time is up
 */
export async function ask(url: string, options: AskOptions): Promise<Asked> {
  const { timeoutMs, token, verifyTls = true } = options;
  const isTls = url.startsWith('https:');
  const request = isTls ? (await import('node:https')).request : requestHttp;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const tls = isTls ? { rejectUnauthorized: verifyTls } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, agent: false, ...tls }, (incoming) => {
      textOf(incoming).then((text) => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, text });
      }, reject);
    });
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`no whole answer within ${timeoutMs} ms`));
    }, timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end();
  });
}

/** Asks and reads the answer as JSON; throws also for another status than 200. */
export async function askJson(url: string, options: AskOptions): Promise<unknown> {
  const { status, text } = await ask(url, options);
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  return JSON.parse(text);
}

function textOf(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('error', reject);
    incoming.on('end', () => {
      if (incoming.complete) resolve(Buffer.concat(pieces).toString('utf8'));
      else reject(new Error('the answer was cut off'));
    });
  });
}
