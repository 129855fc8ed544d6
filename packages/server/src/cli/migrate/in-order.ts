/** Several things at once, with their results in order. */

/** Calls `action` for up to `width` items at the same time. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T[]>,
  width: number,
  action: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  for await (const page of items) {
    for (const item of page) {
      const result = action(item);
      // Whoever takes its turn gets to know.
      result.catch(() => {});
      started.push(result);
      if (started.length >= width) yield await started.shift()!;
    }
  }
  for (const result of started) yield await result;
}
