/** What the game says of a scene: how it comes in, what is loaded, where the player goes. */
import type { JsonObject } from '@tacho/protocol';
import type { Dice } from '../dice.ts';
import { eventRecord } from '../performance.ts';
import type { Plan } from '../plan.ts';
import type { Script } from '../script.ts';
import { citadel, type Scene, type Story } from './story.ts';
import { assetTimeout } from './troubles.ts';

/** A scene to be told, and who tells it. */
interface Telling {
  script: Script;
  dice: Dice;
  plan: Plan;
  story: Story;
  scene: Scene;
  before: Scene | undefined;
}

/** Tells a scene. */
export function tellScene(telling: Telling): void {
  const { script, scene, before } = telling;
  const { fromSec, name, zone } = scene;
  const target = zone === '' ? null : zone;
  script.patch(fromSec + 0.02, { scene: { name, target } });
  const message = `${before?.name ?? 'nothing'} → ${name}${zone === '' ? '' : ` (${zone})`}`;
  const data: JsonObject = { from: before?.name ?? null, to: name, target };
  script.event(
    fromSec + 0.02,
    eventRecord('scene_changed', 'info', { group: 'scene', message, data }),
  );
  if (name === 'level_load') tellLoading(telling);
  if (name === 'gameplay') tellPlaying(telling);
}

const kinds = ['mesh', 'texture', 'anim', 'navmesh', 'material', 'prefab'];
const things = [
  'keep_gate',
  'banner_a',
  'stairs_long',
  'brazier',
  'crowd_b',
  'cliff_03',
  'lava_pool',
];

function assetOf(zone: string, dice: Dice): string {
  return `${zone}/${dice.pick(kinds)}/${dice.pick(things)}_${dice.whole(1, 40)}`;
}

/** The loader works through its phases. */
function tellLoading({ script, dice, plan, story, scene }: Telling): void {
  const { fromSec, zone } = scene;
  const isFatal = Number.isFinite(story.hangSec) && scene.toSec >= story.hangSec;
  const toSec = isFatal ? story.hangSec : scene.toSec;
  const phases = ['mount', 'stream_meshes', 'cook_meshes', 'upload_textures', 'spawn'];
  const told = isFatal ? phases.slice(0, 3) : phases;
  const total = dice.whole(280, 900);
  for (const [i, phase] of told.entries()) {
    const sec = fromSec + 0.1 + ((toSec - fromSec - 0.2) * i) / told.length;
    const pending = Math.round(total * (1 - (i + 0.4) / phases.length));
    script.patch(sec, {
      loader: { phase, asset: assetOf(zone, dice), pending, failed: 0, retry: 0 },
    });
  }
  if (plan.hero) tellLoadedAssets(script, dice, zone, [fromSec, toSec], 0.12);
  const isTroubled = plan.version === '2.4.0' && zone === citadel;
  if (isFatal || dice.chance(isTroubled ? 0.4 : 0.012))
    tellRetries(script, dice, { zone, toSec, isFatal });
  if (isFatal) return;
  script.patch(scene.toSec - 0.05, { loader: { phase: 'idle', asset: null, pending: 0 } });
  script.patch(scene.toSec - 0.04, { gpu: { vram_used_bytes: dice.whole(1600, 3400) * 2 ** 20 } });
}

/** An asset does not come, is asked for again, and then given up. */
function tellRetries(
  script: Script,
  dice: Dice,
  { zone, toSec, isFatal }: { zone: string; toSec: number; isFatal: boolean },
): void {
  const asset = isFatal ? `${zone}/mesh/keep_gate_12` : assetOf(zone, dice);
  const retries = isFatal ? 3 : dice.whole(1, 3);
  for (let retry = 1; retry <= retries; retry++) {
    const sec = toSec - 0.4 - (retries - retry) * 0.9;
    const message = `Asked again for ${asset} (${retry} of 3)`;
    const data = { asset, retry, priority: 'high' };
    const said = { group: 'assets.loader', labels: ['assets'], message, data };
    script.event(sec, eventRecord('asset_retry', 'warning', said));
    script.patch(sec + 0.01, { loader: { asset, retry, failed: retry === 3 ? 1 : 0 } });
  }
  if (retries === 3) script.event(toSec - 0.2, assetTimeout(asset, 900 * retries, retries));
}

/** The player walks about; now and then the game saves. */
function tellPlaying({ script, dice, plan, scene }: Telling): void {
  const { fromSec, toSec, zone } = scene;
  const isFull = plan.hero === 'crash';
  let hp = 100;
  const everySec = isFull ? 7 : 75;
  for (let sec = fromSec + 1.5; sec < toSec - 1; sec += everySec * dice.between(0.7, 1.3)) {
    hp = hp < 25 ? 100 : Math.max(3, hp - dice.whole(0, 14));
    const position = [dice.between(-240, 240), dice.between(0, 40), dice.between(-240, 240)];
    const rounded = position.map((value) => Math.round(value * 10) / 10);
    script.patch(sec, { player: { hp, zone, position: rounded } });
  }
  for (let sec = fromSec + dice.between(60, 240); sec < toSec - 5; sec += 300) {
    const ms = dice.whole(18, 140);
    const message = `Saved ${zone} in ${ms} ms`;
    const said = { group: 'save', message, data: { zone, duration_ms: ms } };
    script.event(sec, eventRecord('autosave', 'info', said));
  }
  if (isFull) tellLoadedAssets(script, dice, zone, [fromSec, toSec], 2.9);
}

function tellLoadedAssets(
  script: Script,
  dice: Dice,
  zone: string,
  [fromSec, toSec]: readonly [number, number],
  everySec: number,
): void {
  for (let sec = fromSec + 0.3; sec < toSec; sec += everySec * dice.between(0.5, 1.5)) {
    const asset = assetOf(zone, dice);
    const bytes = dice.whole(20, 9_000) * 1024;
    const ms = Math.round(dice.spread(11, 0.9) * 10) / 10;
    const data = { asset, bytes, duration_ms: ms };
    const said = { group: 'assets.loader', message: `${asset} in ${ms} ms`, data };
    script.event(sec, eventRecord('asset_loaded', 'debug', said));
  }
}
