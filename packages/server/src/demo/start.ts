/** Starts: who says that a run begins, and on which machine. */
import type { SessionStart } from '../store/store.ts';
import { Dice } from './dice.ts';
import type { Plan } from './plan.ts';

/** A machine keeps its boot for some days. */
const bootUs = 3 * 86_400e6;

/** Everything about the start of a run but its state. */
export function startOf(seed: number, plan: Plan): SessionStart {
  const { product, version, machine, startUs } = plan;
  const boot = new Dice(seed, machine.id, Math.floor(startUs / bootUs));
  const isService = product === 'checkout-api';
  const pod = `checkout-api-${plan.id.slice(0, 8)}-${plan.id.slice(9, 13)}`;
  return {
    product,
    version,
    machineId: machine.id,
    hostname: isService ? pod : machine.hostname,
    bootId: boot.uuid(),
    agentId: boot.uuid(),
  };
}
