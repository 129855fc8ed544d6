/** Before each test, its property tests are given limits, so that none is ended without its counterexample. */
import fc from 'fast-check';
import { beforeEach } from 'vitest';

/** What is left of a test's time to report and to close what is open, at most. */
const reportMs = 10_000;
/** A run that was going on for so long when time was up is taken for one that hangs. */
const stuckMs = 5_000;

/** Without a seed fast-check draws one, and says it with a counterexample. */
const seed = process.env.TEST_SEED;
const repeatable: fc.GlobalParameters = seed === undefined ? {} : { seed: Number(seed) };

fc.configureGlobal(repeatable);
fc.installGlobalPlugin(failWhatHangs);

beforeEach(({ task: { timeout } }) => {
  const allMs = timeout > 0 ? timeout : Number.POSITIVE_INFINITY;
  const untilMs = performance.now() + allMs - Math.min(reportMs, allMs / 4);
  fc.configureGlobal({
    ...repeatable,
    // A run that hangs fails with its input while there is time to look for a smaller one.
    timeout: allMs / 2,
    // Read when a property begins: what came before it in its test has taken from the same time.
    get interruptAfterTimeLimit() {
      return Math.max(0, untilMs - performance.now());
    },
  });
});

/** When time is up, a property that held so far passes; but not if that is because its last run hangs. */
function failWhatHangs(): fc.PluginInstance<unknown> {
  let hasFailed = false;
  return {
    decorateRun: (run) => (value) => {
      const beganMs = performance.now();
      const result = run(value);
      if (!(result instanceof Promise)) return result;
      return result.then((outcome) => {
        const lastedMs = performance.now() - beganMs;
        const isInterrupted =
          fc.PreconditionFailure.isFailure(outcome) && outcome.interruptExecution;
        const hangs = isInterrupted && !hasFailed && lastedMs > stuckMs;
        const seen = hangs
          ? { error: new Error(`still running after ${Math.round(lastedMs)} ms`) }
          : outcome;
        hasFailed ||= seen !== null && 'error' in seen;
        return seen;
      }) as never;
    },
  };
}
