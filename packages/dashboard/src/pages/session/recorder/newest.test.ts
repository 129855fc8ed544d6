/** Questions of which only the newest matters. */
import { expect, test } from 'vitest';
import { newestOnly } from './newest.ts';

function stage(isStale?: (running: number, wanted: number) => boolean) {
  const log: string[] = [];
  const finish: (() => void)[] = [];
  const newest = newestOnly<number>(async (asked, signal) => {
    log.push(`ask ${asked}`);
    signal.addEventListener('abort', () => log.push(`abort ${asked}`));
    await new Promise<void>((done) => finish.push(done));
    log.push(`answer ${asked}`);
  }, isStale);
  const answer = async (): Promise<void> => {
    finish.shift()?.();
    await new Promise((done) => setTimeout(done));
  };
  return { log, newest, answer };
}

test('one is on its way at a time; of those that come meanwhile only the last is asked', async () => {
  const { log, newest, answer } = stage();
  for (const asked of [1, 2, 3]) newest.ask(asked);
  expect(log).toEqual(['ask 1']);
  await answer();
  expect(log).toEqual(['ask 1', 'answer 1', 'ask 3']);
  await answer();
  newest.ask(4);
  expect(log.slice(3)).toEqual(['answer 3', 'ask 4']);
});

test('one that is of no use any more is aborted at once', async () => {
  const { log, newest, answer } = stage((running, wanted) => wanted - running > 5);
  newest.ask(1);
  newest.ask(9);
  expect(log).toEqual(['ask 1', 'abort 1', 'ask 9']);
  newest.ask(10);
  await answer();
  // The answer of the aborted one starts nothing.
  expect(log.at(-1)).toBe('answer 1');
  await answer();
  expect(log.slice(-2)).toEqual(['answer 9', 'ask 10']);
});

test('nothing is asked after the end', async () => {
  const { log, newest, answer } = stage();
  newest.ask(1);
  newest.ask(2);
  newest.stop();
  await answer();
  expect(log).toEqual(['ask 1', 'abort 1', 'answer 1']);
});
