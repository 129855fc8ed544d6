/**
 * A game loop that records itself: frame times, the state of the player, and a heartbeat per frame.
 *
 *   npm run build && npx tsx examples/game-loop.ts [FRAMES]
 *
 *   FRAMES        frames to play, default 600 (about ten seconds)
 *   TACHO_SERVER  address of the server, default http://127.0.0.1:9090
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@tacho/client';

const frames = Number(process.argv[2] ?? 600);
const frameBudgetMs = 1000 / 60;
const session = connect({ product: 'asteroids', version: '1.3.0', heartbeatTimeoutMs: 10_000 });
const player = { x: 0, y: 0, lives: 3, level: 1 };
session.updateState({ scene: 'arena', player });

for (let frame = 1; frame <= frames; frame++) {
  const startedMs = performance.now();
  play(frame);
  const tookMs = performance.now() - startedMs;
  session.logMetric('frame_time_ms', tookMs, ['scene:arena']);
  session.histogram('frame_seconds', tookMs / 1000, { bounds: [0.008, 0.0167, 0.033, 0.1] });
  session.counter('frames');
  session.heartbeat();
  await sleep(Math.max(0, frameBudgetMs - tookMs));
}

session.updateState({ scene: 'score' });
await session.end();

/** One step of the world; now and then a rock hits, and every 200 frames a level is done. */
function play(frame: number): void {
  player.x = Math.round(200 * Math.sin(frame / 40));
  player.y = Math.round(200 * Math.cos(frame / 55));
  if (frame % 200 === 0) {
    player.level += 1;
    session.updateState({ player: { level: player.level } });
    session.logEvent('level_done', { data: { level: player.level - 1, frame } });
  }
  if (frame % 250 === 0) {
    player.lives -= 1;
    session.updateState({ player: { ...player } });
    session.logEvent('ship_hit', { level: 'warning', data: { lives: player.lives } });
  }
}
