/** A run of the game: what it says of its scenes, its loader and its player, and what goes wrong. */
import type { JsonObject } from '@tacho/protocol';
import { Dice } from '../dice.ts';
import { hardwareOf } from '../machines.ts';
import { eventRecord, type Performance } from '../performance.ts';
import type { Plan } from '../plan.ts';
import { Script } from '../script.ts';
import { startOf } from '../start.ts';
import { tellScene } from './loading.ts';
import { metersOf } from './meters.ts';
import { type Story, storyOf } from './story.ts';
import * as troubles from './troubles.ts';

/** Makes up a run of the game. */
export function performEmberline(seed: number, plan: Plan): Performance {
  const dice = new Dice(seed, plan.id, 'words');
  const story = storyOf(plan, new Dice(seed, plan.id, 'story'));
  const start = startOf(seed, plan);
  const script = new Script(plan);
  for (const [i, scene] of story.scenes.entries()) {
    tellScene({ script, dice, plan, story, scene, before: story.scenes[i - 1] });
  }
  tellTroubles(script, dice, plan, story);
  for (const [from, to] of story.hiccups) script.hang(from, to);
  if (Number.isFinite(story.hangSec)) script.hang(story.hangSec, undefined);
  tellDeath(script, dice, plan, { ...story, bootId: start.bootId });
  return {
    id: plan.id,
    startUs: plan.startUs,
    start: { ...start, state: startState(plan, dice) },
    said: script.finish(),
    meters: metersOf(plan, story, new Dice(seed, plan.id, 'meters')),
    asleep: plan.asleep ? [plan.asleep] : [],
  };
}

function startState(plan: Plan, dice: Dice): JsonObject {
  const { machine } = plan;
  const { driver = '', name = '', vramBytes = 0 } = machine.gpu ?? {};
  const isSmall = vramBytes <= 4 * 2 ** 30;
  return {
    hardware: hardwareOf(machine),
    gpu: { driver, name, vram_bytes: vramBytes, vram_used_bytes: 0 },
    settings: {
      preset: isSmall ? 'low' : dice.pick(['medium', 'high', 'high', 'ultra']),
      resolution: isSmall ? '1280x800' : dice.pick(['1920x1080', '2560x1440', '3840x2160']),
      vsync: dice.chance(0.6),
    },
    audio: { device: dice.pick(['speakers', 'headset', 'hdmi']), channels: dice.pick([2, 2, 6]) },
    input: { device: isSmall || dice.chance(0.4) ? 'gamepad' : 'keyboard_mouse' },
    save_slot: dice.whole(1, 3),
    build: { branch: 'release', config: 'RelWithDebInfo' },
    scene: { name: 'boot', target: null },
  };
}

/** Exceptions that a run survives. */
function tellTroubles(script: Script, dice: Dice, plan: Plan, story: Story): void {
  const somewhere = (): number =>
    Math.min(story.hangSec, story.lengthSec) * dice.between(0.15, 0.95);
  const { gpu } = plan.machine;
  if (dice.chance(0.045)) {
    script.event(
      somewhere(),
      troubles.soundBankMissing(dice.pick(['amb_harbour', 'mus_ember', 'vo_de'])),
    );
  }
  if (dice.chance(gpu?.driver.startsWith('RADV') ? 0.08 : 0.012)) {
    const shader = dice.pick(['fog_volume.frag', 'cloth_skin.comp', 'lava_flow.frag']);
    script.event(somewhere(), troubles.shaderCompileError(shader, plan.machine));
  }
  if (dice.chance(0.2)) {
    const over = dice.whole(40, 900);
    const event = eventRecord('texture_pool_over_budget', 'warning', {
      group: 'render.streaming',
      labels: ['textures'],
      message: `Texture pool is ${over} MiB over its budget, mips were dropped`,
      data: { over_budget_bytes: over * 2 ** 20 },
    });
    script.event(somewhere(), event);
  }
}

/** The last words of a run that ends badly, and its end. */
function tellDeath(
  script: Script,
  dice: Dice,
  plan: Plan,
  story: Story & { bootId: string | undefined },
): void {
  const { lengthSec, hangSec, bootId } = story;
  const address = plan.hero ? '0x18' : dice.pick(['0x18', '0x18', '0x20', '0x7f31c0de4018']);
  const last = lengthSec - 0.012;
  if (plan.fate === 'segfault_while_hung') {
    script.event(last, troubles.segfault('loader-2', address));
  } else if (plan.fate === 'segfault') {
    script.event(
      last,
      dice.chance(0.5) ? troubles.physicsSegfault(address) : troubles.segfault('loader-1', address),
    );
  } else if (plan.fate === 'uncaught') {
    script.event(last, troubles.uncaughtSave(dice.whole(1, 3), dice));
  } else if (['exited', 'ended', 'stopped'].includes(plan.fate)) {
    script.event(
      last - 0.9,
      eventRecord('shutdown', 'info', { group: 'game', message: 'Leaving the game' }),
    );
  }
  script.end(dice, {
    ...(Number.isFinite(hangSec) && { hungSec: lengthSec - hangSec }),
    rssBytes:
      Math.round((plan.hero ? 3.1 : plan.fate === 'out_of_memory' ? 7.6 : 2) * 2 ** 18) * 4096,
    cpuPercent: Math.round(dice.between(90, 240) * 10) / 10,
    threads: dice.whole(28, 44),
    exitCode: 134,
    ...(bootId !== undefined && { bootId }),
  });
}
