/** A run of the test rig: the steps of a suite, what passes, what fails, and with which status. */
import { Dice } from '../dice.ts';
import { hardwareOf } from '../machines.ts';
import {
  eventRecord,
  exceptionRecord,
  type Meter,
  type Performance,
  sampleTimes,
} from '../performance.ts';
import type { Plan } from '../plan.ts';
import { Script } from '../script.ts';
import { startOf } from '../start.ts';

/** What tends to fail, by suite: the test, the type of its exception, and what that says. */
const failures: Record<string, readonly [string, string, (dice: Dice) => string]> = {
  smoke: [
    'boot_to_menu',
    'AssertionError',
    (dice) => `expected 16 ms, got ${dice.whole(18, 55)} ms`,
  ],
  assets: ['hot_reload', 'KeyError', (dice) => `'keep_gate_${dice.whole(1, 40)}'`],
  netcode: ['resume_after_drop', 'TimeoutError', () => 'no snapshot within 5000 ms'],
  save_games: [
    'roundtrip',
    'AssertionError',
    (dice) => `checksum 0x${dice.hex(8)} != 0x${dice.hex(8)}`,
  ],
  soak_short: ['memory_budget', 'AssertionError', (dice) => `grew by ${dice.whole(70, 400)} MiB`],
  render_golden: [
    'fog_volume',
    'AssertionError',
    (dice) => `0.0${dice.whole(3, 9)} off, 0.02 allowed`,
  ],
};

const suites = Object.keys(failures);

/** Steps with the share of the time that each takes. */
const steps = [
  ['checkout', 0.04],
  ['build', 0.31],
  ['flash_device', 0.08],
  ['run_tests', 0.5],
  ['collect_artifacts', 0.07],
] as const;

/** How a suite went. */
interface Outcome {
  suite: string;
  tests: number;
  failed: number;
  lengthSec: number;
}

/** Makes up a run of the rig. */
export function performRig(seed: number, plan: Plan): Performance {
  const dice = new Dice(seed, plan.id, 'words');
  const script = new Script(plan);
  const lengthSec = (plan.endUs - plan.startUs) / 1e6;
  const tests = dice.whole(24, 410);
  const failed = plan.fate === 'failed' ? dice.whole(1, Math.ceil(tests / 12)) : 0;
  const outcome = { suite: dice.pick(suites), tests, failed, lengthSec };
  tellSteps(script, plan, outcome);
  tellFailures(script, dice, outcome);
  tellEnd(script, dice, plan, outcome);
  const state = {
    hardware: hardwareOf(plan.machine),
    suite: outcome.suite,
    trigger: dice.chance(0.8) ? 'nightly' : 'pull_request',
    device: dice.pick(['devkit-a3', 'devkit-b1', 'headless']),
    step: { name: 'queued', index: 0, of: steps.length },
  };
  return {
    id: plan.id,
    startUs: plan.startUs,
    start: { ...startOf(seed, plan), state },
    said: script.finish(),
    meters: [meterOf(outcome, new Dice(seed, plan.id, 'meters'))],
    asleep: [],
  };
}

/** Where a step begins, in parts of the whole. */
function stepStart(index: number): number {
  return steps.slice(0, index).reduce((sum, [, share]) => sum + share, 0);
}

function tellSteps(script: Script, plan: Plan, { lengthSec, suite, tests, failed }: Outcome): void {
  for (const [index, [name]] of steps.entries()) {
    const sec = 0.3 + stepStart(index) * (lengthSec - 0.5);
    script.patch(sec, { step: { name, index: index + 1, of: steps.length } });
    const said = { group: 'rig', message: `Step ${name}`, data: { step: name, suite } };
    script.event(sec, eventRecord('step_started', 'info', said));
  }
  if (plan.fate !== 'exited' && plan.fate !== 'ended' && plan.fate !== 'failed') return;
  const passed = tests - failed;
  script.patch(lengthSec - 0.1, {
    result: { passed, failed, verdict: failed > 0 ? 'red' : 'green' },
  });
  const message = `${suite}: ${passed} passed, ${failed} failed`;
  const said = { group: 'rig', message, data: { passed, failed } };
  script.event(
    lengthSec - 0.09,
    eventRecord('suite_finished', failed > 0 ? 'warning' : 'info', said),
  );
}

function tellFailures(script: Script, dice: Dice, { lengthSec, suite, failed }: Outcome): void {
  const fromSec = stepStart(3) * lengthSec;
  const [name, type, messageOf] = failures[suite] as (typeof failures)[string];
  for (let i = 0; i < Math.min(failed, 8); i++) {
    const test = `test_${name}`;
    const message = messageOf(dice);
    const stack = [
      'Traceback (most recent call last):',
      '  File "/rig/runner/case.py", line 118, in run',
      '    self.body(self.context)',
      `  File "/rig/suites/${suite}/${test}.py", line ${dice.whole(20, 90)}, in ${test}`,
      '    context.check(result)',
      '  File "/rig/runner/context.py", line 52, in check',
      '    raise result.error',
      `${type}: ${message}`,
    ];
    const rest = { name: 'test_failed', data: { test } };
    const event = exceptionRecord({ type, message, stack, group: `rig.${suite}` }, rest);
    script.event(fromSec + dice.next() * 0.45 * lengthSec, event);
  }
}

function tellEnd(script: Script, dice: Dice, { fate }: Plan, { lengthSec }: Outcome): void {
  if (fate === 'uncaught') {
    const message = 'devkit-b1 did not answer within 30 s';
    const said = {
      type: 'DeviceLostError',
      message,
      stack: [
        'Traceback (most recent call last):',
        '  File "/rig/main.py", line 61, in main',
        '    session.flash(image)',
        '  File "/rig/device/session.py", line 203, in flash',
        '    self.wait_ready(timeout=30)',
        '  File "/rig/device/session.py", line 141, in wait_ready',
        '    raise DeviceLostError(message)',
        `DeviceLostError: ${message}`,
      ],
      group: 'rig.device',
    };
    const rest = { name: 'uncaught_exception', level: 'critical' } as const;
    script.event(lengthSec - 0.02, exceptionRecord(said, rest));
  }
  const exitCode =
    fate === 'failed'
      ? dice.weighted([
          [1, 5],
          [3, 4],
          [2, 1],
        ])
      : 1;
  script.end(dice, {
    exitCode,
    signal: 'SIGTERM',
    rssBytes: dice.whole(90, 900) * 2 ** 20,
    cpuPercent: Math.round(dice.between(40, 700) * 10) / 10,
  });
}

function meterOf({ tests, failed, lengthSec }: Outcome, dice: Dice): Meter {
  const fromSec = stepStart(3) * lengthSec;
  return {
    series: [
      { name: 'tests_passed', type: 'counter' },
      { name: 'tests_failed', type: 'counter' },
      { name: 'process_cpu', type: 'gauge', unit: 'percent' },
      { name: 'memory_rss', type: 'gauge', unit: 'bytes' },
      { name: 'device_temperature', type: 'gauge', unit: 'celsius' },
    ],
    times: sampleTimes(lengthSec, { denseSec: 240, everySec: 2, sparseSec: 15 }),
    read(sec, values) {
      const share = Math.min(1, Math.max(0, (sec - fromSec) / (0.5 * lengthSec)));
      const isBuilding = sec > 0.04 * lengthSec && sec < 0.35 * lengthSec;
      values[0] = Math.floor((tests - failed) * share);
      values[1] = Math.floor(failed * share);
      values[2] = Math.round((isBuilding ? 690 : 85) * (1 + 0.1 * dice.noise()) * 10) / 10;
      values[3] = Math.round((isBuilding ? 2300 : 410) * (1 + 0.05 * dice.noise()) * 256) * 4096;
      values[4] = Math.round((36 + 22 * share + 0.4 * dice.noise()) * 10) / 10;
    },
  };
}
