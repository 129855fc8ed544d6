/** Listens to a live stream as a browser does. */
import { expect } from 'vitest';

/** An entry of a stream. */
type Heard = Record<string, unknown> & { kind: string };

/** A stream that is open. */
interface Listener {
  /** All that came so far. */
  readonly heard: readonly Heard[];
  /** Resolves when an entry of a kind came that has these fields. */
  until(kind: string, fields?: Record<string, unknown>): Promise<void>;
  close(): void;
}

/** Opens a stream; what is accepted from then on is heard. */
export async function listen(url: string): Promise<Listener> {
  const abort = new AbortController();
  const { body, status } = await fetch(url, { signal: abort.signal });
  expect(status).toBe(200);
  const heard: Heard[] = [];
  void (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of body!) {
      text += decoder.decode(bytes, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop()!;
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) heard.push(JSON.parse(data) as Heard);
      }
    }
  })().catch(() => {});
  return {
    heard,
    until: (kind, fields = {}) =>
      expect
        .poll(() => heard.filter((one) => one.kind === kind), { timeout: 15_000 })
        .toContainEqual(expect.objectContaining(fields)),
    close: () => abort.abort(),
  };
}
