/** StatsD: what becomes of lines, what is refused and why, and how much is counted. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { broken } from '../../../../../test/fuzz/text.ts';
import { randomFrom, seedOfRun } from '../../../../../test/whole/random.ts';
import { Counters } from '../../counters.ts';
import { Recorder } from '../../record.ts';
import { openMemory } from '../../store/memory.ts';
import { Door } from '../door.ts';
import { StatsdListener } from './listener.ts';

const startUs = Date.UTC(2026, 10, 30) * 1000;
const log = pino({ level: 'silent' });

/** A listener over a store, that does not listen. */
async function setUp() {
  const clock = () => startUs;
  const store = await openMemory({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  const recorder = new Recorder({ store, counters: new Counters(), live: { publish() {} } });
  const door = new Door('statsd', { store, recorder, clock, log, doorSilenceMs: 60_000 });
  const parts = { door, clock, log, product: 'statsd', flushIntervalMs: 3600_000 };
  const statsd = new StatsdListener(parts);
  onTestFinished(async () => {
    await statsd.close();
    await door.close();
    await store.close();
  });
  const take = (text: string, sender = '127.0.0.1') => statsd.take(Buffer.from(text), sender);
  return { statsd, door, take };
}

describe('StatsD', () => {
  it('says of each line in the documentation what is wrong with it', async () => {
    const page = readFileSync(new URL('../../../../../docs/statsd.md', import.meta.url), 'utf8');
    const table = page.split('<!-- bad lines -->')[1]?.split('<!-- /bad lines -->')[0] ?? '';
    const rows = [...table.replaceAll('\\|', '\u0001').matchAll(/^\| `(.*)` \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(12);
    const { take, door } = await setUp();
    for (const row of rows) {
      const [, line = '', reason = ''] = row.map((text) => text.replaceAll('\u0001', '|'));
      take(line);
      const latest = door.report.refused.find(
        ({ lastDetails }) => lastDetails === `${line}: ${reason}`,
      );
      expect(latest, `${line}: ${JSON.stringify(door.report.refused)}`).toBeDefined();
    }
    const counts = door.report.refused.map(({ reason, count }) => [reason, count]);
    expect(counts).toEqual([
      ['invalid_line', rows.length - 1],
      ['invalid_field', 1],
    ]);
  });

  it('makes a metric or a reason of each of 50,000 broken lines', async () => {
    const { take, statsd, door } = await setUp();
    const seed = seedOfRun();
    const random = randomFrom(seed);
    const parts = [
      'a',
      ':',
      '|',
      'c',
      'g',
      'ms',
      's',
      '1',
      '-',
      '+',
      '@',
      '#',
      ',',
      '_e{1,1}:',
      '_sc|',
      'ü',
    ];
    const whole = 'orders:1:2|c|@0.5|#env:prod,step:pay|T1764460800';
    let said = 0;
    for (let i = 0; i < 50_000; i++) {
      const line = broken(random, whole, parts);
      if (line.trim() !== '') said++;
      take(line);
      if (i % 5_000 === 4_999) await statsd.flush();
    }
    const refused = door.report.refused.reduce((sum, { count }) => sum + count, 0);
    // Lines of one series are one sample of a flush.
    expect(door.report.stored, `TEST_SEED=${seed}`).toBeGreaterThan(1_000);
    expect(refused + door.report.stored).toBeLessThanOrEqual(said);
    expect(door.report.refused.map(({ reason }) => reason).sort()).toEqual(
      expect.arrayContaining(['invalid_line']),
    );
    expect(door.report.refused.some(({ reason }) => reason === 'internal')).toBe(false);
  });
});
