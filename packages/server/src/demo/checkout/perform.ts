/** A run of the service: its deploy, its configuration, what is slow, what fails, and how it stops. */
import { Dice } from '../dice.ts';
import { hardwareOf } from '../machines.ts';
import { eventRecord, exceptionRecord, type Performance } from '../performance.ts';
import type { Plan } from '../plan.ts';
import { Script } from '../script.ts';
import { startOf } from '../start.ts';
import { metersOf } from './meters.ts';
import { trafficAt } from './traffic.ts';
import { workerMeters } from './workers.ts';

/** Makes up a run of the service. */
export function performCheckout(seed: number, plan: Plan): Performance {
  const dice = new Dice(seed, plan.id, 'words');
  const script = new Script(plan);
  const lengthSec = (plan.endUs - plan.startUs) / 1e6;
  tellDeploy(script, plan, dice);
  tellTraffic(script, plan, dice, lengthSec);
  tellSlowRequests(script, plan, dice, lengthSec);
  tellTimeouts(script, dice, lengthSec);
  tellEnd(script, plan, dice, lengthSec);
  const metersDice = new Dice(seed, plan.id, 'meters');
  const meters = metersOf(plan, metersDice);
  if (plan.hero === 'workers') meters.push(...workerMeters(lengthSec, metersDice));
  return {
    id: plan.id,
    startUs: plan.startUs,
    start: { ...startOf(seed, plan), state: startState(plan) },
    said: script.finish(),
    meters,
    asleep: [],
  };
}

function startState(plan: Plan) {
  const zone = plan.machine.id.slice('node-'.length, -3);
  return {
    runtime: { node: '22.11.0', ...hardwareOf(plan.machine) },
    config: { db_pool_max: 20, request_timeout_ms: 3000, region: 'eu-west-1', zone },
    deploy: { version: plan.version, channel: plan.version === '1.12.4' ? 'canary' : 'stable' },
    role: plan.hero === 'workers' ? 'job_runner' : 'api',
    in_flight: 0,
    circuit_breakers: { payments: 'closed', inventory: 'closed', mail: 'closed' },
  };
}

function tellDeploy(script: Script, { version }: Plan, dice: Dice): void {
  const data = { version, commit: dice.hex(7), by: dice.pick(['ci', 'ci', 'lena', 'omar']) };
  const message = `Deployed ${version}`;
  script.event(
    0.4,
    eventRecord('deploy', 'info', { group: 'deploy', labels: ['deploy'], message, data }),
  );
  script.event(
    2.1,
    eventRecord('listening', 'info', { group: 'http', message: 'Listening on :8080' }),
  );
  script.patch(2.1, { deploy: { ready: true } });
}

/** The state follows the traffic; breakers open when others fail. */
function tellTraffic(script: Script, plan: Plan, dice: Dice, lengthSec: number): void {
  const everySec = Math.max(120, lengthSec / 60);
  for (let sec = 20; sec < lengthSec - 5; sec += everySec * dice.between(0.7, 1.3)) {
    const inFlight = Math.round(trafficAt(plan.startUs + sec * 1e6) * dice.between(0.05, 0.25));
    script.patch(sec, { in_flight: inFlight });
    if (!dice.chance(0.025)) continue;
    const name = dice.pick(['payments', 'inventory', 'mail']);
    script.patch(sec + 1, { circuit_breakers: { [name]: 'open' } });
    const said = { group: 'breaker', message: `Circuit breaker ${name} opened`, data: { name } };
    script.event(sec + 1, eventRecord('circuit_breaker_opened', 'warning', said));
    script.patch(sec + 31, { circuit_breakers: { [name]: 'half_open' } });
    script.patch(sec + 36, { circuit_breakers: { [name]: 'closed' } });
  }
}

function tellSlowRequests(script: Script, plan: Plan, dice: Dice, lengthSec: number): void {
  const isSlow = plan.version === '1.12.3' || plan.version === '1.12.4';
  const everySec = isSlow ? 700 : 3_600;
  for (
    let sec = dice.between(10, everySec);
    sec < lengthSec;
    sec += dice.between(0.2, 1.8) * everySec
  ) {
    const ms = dice.whole(1_100, 2_900);
    const endpoint =
      isSlow || dice.chance(0.3) ? 'checkout' : dice.pick(['orders', 'payment-intents']);
    const said = {
      group: 'http',
      labels: ['slow', `endpoint:${endpoint}`],
      message: `POST /${endpoint} took ${ms} ms`,
      data: { endpoint, duration_ms: ms, queries: isSlow ? dice.whole(41, 180) : dice.whole(3, 9) },
    };
    script.event(sec, eventRecord('slow_request', 'warning', said));
  }
}

const serverStack = [
  'at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  'at async handleCheckout (/app/src/routes/checkout.ts:64:18)',
  'at async withTransaction (/app/src/db/transaction.ts:28:12)',
];

function tellTimeouts(script: Script, dice: Dice, lengthSec: number): void {
  for (let sec = dice.between(0, 90_000); sec < lengthSec; sec += dice.between(8_000, 90_000)) {
    const event = exceptionRecord(
      {
        type: 'DatabaseTimeout',
        message: `query timed out after 3000 ms: SELECT … FROM cart_line WHERE cart_id = $1`,
        stack: [
          'DatabaseTimeout: query timed out after 3000 ms',
          'at Timeout.onTimeout (/app/node_modules/pg-lite/lib/client.js:214:19)',
          'at CartLines.load (/app/src/cart/cart-lines.ts:47:21)',
          ...serverStack,
        ],
        group: 'db',
      },
      { data: { pool_in_use: dice.whole(14, 20), waited_ms: 3000 } },
    );
    script.event(sec, event);
  }
}

function tellEnd(script: Script, plan: Plan, dice: Dice, lengthSec: number): void {
  const last = lengthSec - 0.02;
  if (plan.fate === 'stopped' || plan.fate === 'exited') {
    script.event(
      lengthSec - 2.4,
      eventRecord('draining', 'info', { group: 'http', message: 'SIGTERM: draining' }),
    );
    script.patch(lengthSec - 2.4, { deploy: { ready: false } });
    script.patch(lengthSec - 0.5, { in_flight: 0 });
  }
  if (plan.fate === 'uncaught') {
    const said = {
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'currency')",
      stack: [
        "TypeError: Cannot read properties of undefined (reading 'currency')",
        'at totalOf (/app/src/cart/total.ts:31:28)',
        'at Array.reduce (<anonymous>)',
        'at priceCart (/app/src/cart/price-cart.ts:58:16)',
        ...serverStack.slice(0, 2),
      ],
      group: 'process',
    };
    script.event(last, exceptionRecord(said, { name: 'uncaught_exception', level: 'critical' }));
  }
  const isOom = plan.fate === 'out_of_memory';
  script.end(dice, {
    signal: 'SIGTERM',
    exitCode: 1,
    rssBytes: (isOom ? 1022 : dice.whole(190, 320)) * 2 ** 20,
    cpuPercent: Math.round(dice.between(8, 60) * 10) / 10,
    threads: 23,
  });
}
