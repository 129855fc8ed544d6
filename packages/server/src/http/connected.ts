/** Work that nobody waits for any more is given up. */
import type { FastifyRequest } from 'fastify';

/** Runs a body whose signal aborts when the client goes away before it has its answer. */
export async function whileConnected<T>(
  { raw }: FastifyRequest,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Error('the client went away'));
  raw.socket.once('close', leave);
  try {
    return await body(gone.signal);
  } finally {
    raw.socket.off('close', leave);
  }
}
