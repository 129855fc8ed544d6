/** What happens in a run of the game: scenes one after the other, from the start of the program on. */
import type { Dice } from '../dice.ts';
import type { Plan } from '../plan.ts';

/** A stretch of a run in which the game does one thing. */
export interface Scene {
  fromSec: number;
  toSec: number;
  name: 'boot' | 'main_menu' | 'level_load' | 'gameplay' | 'pause_menu';
  /** The level; '' in menus. */
  zone: string;
}

/** A run of the game. */
export interface Story {
  scenes: Scene[];
  lengthSec: number;
  /** From when on its main thread answers no more; Infinity when it never stops. */
  hangSec: number;
  /** Hangs that it came back from. */
  hiccups: readonly (readonly [from: number, to: number])[];
  /** Growth of the memory that nobody frees, in bytes per second of citadel_02. */
  leakPerSec: number;
}

const MiB = 2 ** 20;

const zones = [
  ...['harbour_01', 'harbour_02', 'ashfields_01', 'ashfields_03'],
  ...['frost_gate_01', 'citadel_01', 'citadel_02', 'ember_hall'],
];

/** The level that 2.4.0 has trouble with. */
export const citadel = 'citadel_02';

/** Makes up the story of a run. */
export function storyOf(plan: Plan, dice: Dice): Story {
  const lengthSec = (plan.endUs - plan.startUs) / 1e6;
  const diesLoading = plan.fate === 'segfault_while_hung' || plan.fate === 'killed_while_hung';
  const isHero = plan.hero === 'crash';
  const hungSec = isHero ? 14.2 : Math.min(dice.between(7, 40), lengthSec / 3);
  const hangSec = plan.hangsAtSec ?? (diesLoading ? lengthSec - hungSec : Number.POSITIVE_INFINITY);
  const loadSec = Math.max(
    9,
    (Number.isFinite(hangSec) ? hangSec : lengthSec) - (isHero ? 6.4 : 5),
  );
  const scenes = scenesOf(lengthSec, dice);
  if (diesLoading || plan.hangsAtSec !== undefined) cutTo(scenes, 'level_load', loadSec, lengthSec);
  if (plan.fate === 'out_of_memory') {
    cutTo(scenes, 'gameplay', Math.max(12, lengthSec - dice.between(400, 900)), lengthSec);
  }
  if (isHero) cutTo(scenes, 'gameplay', 1180, loadSec);
  return {
    scenes,
    lengthSec,
    hangSec,
    hiccups: hiccupsOf(plan, scenes, dice),
    leakPerSec: leakOf(plan, dice),
  };
}

function scenesOf(lengthSec: number, dice: Dice): Scene[] {
  const scenes: Scene[] = [];
  let at = 0;
  const add = (name: Scene['name'], zone: string, length: number): void => {
    if (at >= lengthSec) return;
    const toSec = Math.min(lengthSec, at + length);
    scenes.push({ fromSec: at, toSec, name, zone });
    at = toSec;
  };
  add('boot', '', dice.between(3, 8));
  add('main_menu', '', dice.between(8, 60));
  let level = dice.whole(0, 3);
  while (at < lengthSec) {
    const zone = zones[level % zones.length] as string;
    add('level_load', zone, dice.between(6, 22));
    add('gameplay', zone, dice.between(100, 620));
    if (dice.chance(0.3)) {
      add('pause_menu', zone, dice.between(5, 90));
      add('gameplay', zone, dice.between(60, 400));
    }
    level += dice.chance(0.8) ? 1 : 0;
  }
  return scenes;
}

/** Makes a scene in the citadel of what happens between two moments. */
function cutTo(scenes: Scene[], name: Scene['name'], fromSec: number, toSec: number): void {
  const before = scenes.filter((scene) => scene.fromSec < fromSec);
  const after = scenes
    .filter((scene) => scene.toSec > toSec)
    .map((scene) => ({ ...scene, fromSec: Math.max(scene.fromSec, toSec) }));
  const last = before.at(-1);
  if (last) last.toSec = Math.min(last.toSec, fromSec);
  scenes.splice(0, scenes.length, ...before, { fromSec, toSec, name, zone: citadel }, ...after);
}

/** Some loads stall for seconds, most of them in 2.4.0. */
function hiccupsOf(
  { version, fate, hero }: Plan,
  scenes: readonly Scene[],
  dice: Dice,
): [number, number][] {
  const share = version === '2.4.0' ? 0.09 : 0.015;
  if (hero !== undefined || fate === 'segfault_while_hung' || !dice.chance(share)) return [];
  const load = scenes.find(({ name, fromSec, toSec }) => {
    return name === 'level_load' && fromSec > 60 && toSec - fromSec > 5;
  });
  if (load === undefined) return [];
  const from = load.fromSec + 1;
  return [[from, Math.min(load.toSec - 0.5, from + dice.between(4, 12))]];
}

function leakOf({ version, fate, hero, startUs, endUs }: Plan, dice: Dice): number {
  if (hero === 'crash') return 1.02 * MiB;
  if (fate === 'out_of_memory') {
    return (6.1 * 1024 * MiB) / Math.max(60, Math.min(650, (endUs - startUs) / 1e6 - 12));
  }
  return version === '2.4.0' ? dice.between(1.2, 3) * MiB : 0;
}
