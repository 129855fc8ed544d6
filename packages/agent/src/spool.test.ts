/** The spool: agents die at any moment, disks fail, and the server gets everything once and in order. */
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LocalEntry } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFile } from './spool/disk.ts';
import { event, live, nowUs, Server, session, start, temporary } from './testing/lives.ts';
import { viewOf } from './testing/server-view.ts';

const other = '5e551000-0000-4000-8000-000000000002';
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `e${i + from}`);

function grow(delta: number): LocalEntry {
  const series = { name: 'n', unit: '', tags: [], type: 'counter' as const };
  return { kind: 'growth', session, atUs: nowUs, ...series, delta };
}

function patch(value: number): LocalEntry {
  return { kind: 'patch', session, atUs: nowUs, patch: { value } };
}

/** All files of all spools under a root. */
function filesOf(root: string): string[] {
  return readdirSync(root).flatMap((room) =>
    readdirSync(join(root, room)).map((name) => join(root, room, name)),
  );
}

type Step =
  | { do: 'say' | 'patch' | 'grow'; value: number }
  | { do: 'cut' | 'settle' | 'deliver' | 'deliver unheard' | 'die' | 'close' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('say' as const), value: fc.nat({ max: 99 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('patch' as const, 'grow' as const),
      value: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut',
        'settle',
        'deliver',
        'deliver unheard',
        'die',
        'die',
        'die',
        'close',
      ),
    }),
  },
);

const steps = fc.array(step, { maxLength: 40, size: 'max' });
/** From a file for every record to one file for all. */
const sizes = fc.constantFrom(1, 700, 1e6);

describe('agents that die at any moment', () => {
  it('deliver everything that was accepted once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, sizes, async (all, fileBytes) => {
        let root = temporary();
        const server = new Server();
        let life = live(root, { fileBytes });
        const said: LocalEntry[] = [start()];
        life.recorder.accept([start()]);
        for (const each of all) {
          if ('value' in each) {
            const entry = { say: () => event(`e${said.length}`), patch, grow }[each.do](each.value);
            said.push(entry);
            life.recorder.accept([entry]);
            continue;
          }
          if (each.do === 'cut') life.recorder.cut();
          else if (each.do === 'settle') await life.spool.settled();
          else if (each.do === 'close') await life.recorder.close();
          else if (each.do.startsWith('deliver')) {
            const { due } = life.spool;
            if (due !== undefined) server.take(due);
            if (due !== undefined && each.do === 'deliver') life.spool.done(due);
          }
          if (each.do === 'close' || each.do === 'die') {
            // What the dead one had begun goes on where nobody looks.
            const left = root;
            root = temporary();
            cpSync(left, root, { recursive: true });
            life = live(root, { fileBytes });
          }
        }
        life.recorder.cut();
        await server.drain(life);
        const whole = live(temporary());
        whole.recorder.accept(said);
        whole.recorder.cut();
        const straight = new Server();
        await straight.drain(whole);
        expect(viewOf(server.entries)).toEqual(viewOf(straight.entries));
      }),
      { numRuns: 30 },
    );
  }, 180_000);

  it('leave nothing behind once all is delivered and nothing goes on', async () => {
    const root = temporary();
    const server = new Server();
    const first = live(root);
    first.recorder.accept([start(), event('a')]);
    const second = live(root);
    second.recorder.accept([{ kind: 'end', session, atUs: nowUs }]);
    second.recorder.cut();
    await server.drain(second);
    await second.recorder.close();
    expect(readdirSync(root)).toEqual([]);
    expect(server.events()).toEqual(['a']);
  });

  it('remember sessions, other names and clients', async () => {
    const root = temporary();
    const first = live(root);
    first.recorder.accept([start(), patch(7)], { clientId: 'c', seq: 1 });
    first.recorder.alias('local-session-1', session);
    await first.recorder.close();
    const second = live(root);
    expect(second.recorder.session('local-session-1')?.state).toMatchObject({ value: 7 });
    expect(second.recorder.accept([event('a')], { clientId: 'c', seq: 1 }).duplicate).toBe(true);
    const third = live(root);
    expect(third.recorder.sessions()).toEqual(first.recorder.sessions());
  });

  it('count what they have accepted as waiting until it has arrived', async () => {
    const life = live(temporary());
    const unsent = () => life.recorder.pendingEntries + life.spool.waiting().entries;
    life.recorder.accept([start(), event('a')]);
    const seen = [unsent()];
    life.recorder.cut();
    seen.push(unsent());
    await life.spool.settled();
    seen.push(unsent());
    await new Server().drain(life);
    expect([...seen, unsent()]).toEqual([2, 2, 2, 0]);
  });

  it('keep their spools from those who come while they live', async () => {
    const root = temporary();
    const look = () => ({ state: 'running' as const, startTime: 'same' });
    const processes = { look, bootId: () => 'boot' };
    const first = live(root, { processes });
    first.recorder.accept([start()]);
    expect(live(root, { processes }).recorder.sessions()).toEqual([]);
    expect(live(root).recorder.sessions()).toHaveLength(1);
  });
});

describe('files of a spool', () => {
  it('that are cut at any byte give what was written before it, and never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.array(fc.nat({ max: 4 })), async (file, at, cuts) => {
        const root = temporary();
        const first = live(root);
        first.recorder.accept([start(), start(other)]);
        for (let i = 0; i < 12; i++) {
          first.recorder.accept([event(`e${i}`)]);
          if (cuts[i] === 0) first.recorder.cut();
        }
        await first.spool.settled();
        const files = filesOf(root);
        const path = files[file % files.length] as string;
        truncateSync(path, at % (readFileSync(path).length + 1));
        const server = new Server();
        const second = live(root);
        second.recorder.cut();
        await server.drain(second);
        const events = server.events();
        const place = (name: string) => Number(name.slice(1));
        expect([...new Set(events)].sort((a, b) => place(a) - place(b))).toEqual(events);
        // Without batches there is only the log, and of that a prefix is left.
        if (!cuts.slice(0, 12).includes(0)) expect(events).toEqual(numbered(events.length));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('that are damaged in the middle lose the damaged record alone, and say so', async () => {
    const root = temporary();
    const first = live(root);
    first.recorder.accept([start()]);
    for (const name of numbered(5)) first.recorder.accept([event(name)]);
    const [path] = filesOf(root) as [string];
    const bytes = readFileSync(path);
    bytes.writeUInt8(0, bytes.indexOf('"e2"') + 1);
    writeFileSync(path, bytes);
    const server = new Server();
    const second = live(root);
    await server.drain(second);
    expect(server.events()).toEqual(['e0', 'e1', 'e3', 'e4']);
    expect(second.warnings).toEqual([expect.stringMatching(/: 1 damaged places were left out$/)]);
  });

  it('that end in garbage are read up to there', async () => {
    const root = temporary();
    const first = live(root);
    first.recorder.accept([start(), event('a')]);
    first.recorder.cut();
    await first.spool.settled();
    for (const path of filesOf(root)) appendFileSync(path, Buffer.alloc(1000, 0xf5));
    const server = new Server();
    const second = live(root);
    await server.drain(second);
    expect(server.events()).toEqual(['a']);
    expect(second.warnings).toEqual([]);
  });

  it('start anew with a checkpoint and are removed when they are not needed', async () => {
    const root = temporary();
    const server = new Server();
    const first = live(root);
    first.recorder.accept([start()]);
    const large = event('large') as Extract<LocalEntry, { kind: 'event' }>;
    const data = { text: 'x'.repeat(200_000) };
    for (let i = 0; i < 60; i++) {
      first.recorder.accept([{ ...large, event: { ...large.event, data } }, grow(1), patch(i)]);
      if (i % 5 === 4) first.recorder.cut();
    }
    await first.spool.settled();
    const logs = filesOf(root).filter((path) => path.endsWith('.wal'));
    expect(logs).toHaveLength(1);
    first.recorder.accept([event('last'), grow(1)]);
    const second = live(root);
    await server.drain(second);
    expect(server.events().filter((name) => name === 'large')).toHaveLength(60);
    expect(server.events().at(-1)).toBe('last');
    expect(viewOf(server.entries)[session]?.totals).toEqual({ 'counter n ': 61 });
    expect(viewOf(server.entries)[session]?.states.at(-1)).toMatchObject({ value: 59 });
  });
});

describe('a disk that refuses', () => {
  it('costs nothing as long as the agent lives and memory lasts', async () => {
    const root = temporary();
    let isFull = false;
    const create: typeof createFile = (path) => {
      if (isFull) throw new Error('ENOSPC');
      const file = createFile(path);
      const { append } = file;
      file.append = (pieces) => {
        if (isFull) throw new Error('ENOSPC');
        append.call(file, pieces);
      };
      return file;
    };
    const server = new Server();
    const first = live(root, { createFile: create });
    const say = async (name: string) => {
      first.recorder.accept([event(name), grow(1)]);
      first.recorder.cut();
      await first.spool.settled();
    };
    first.recorder.accept([start()]);
    await say('e0');
    isFull = true;
    await say('e1');
    await say('e2');
    expect(first.warnings).toHaveLength(2);
    server.take(first.spool.due as NonNullable<typeof first.spool.due>);
    isFull = false;
    await say('e3');
    // From now on it would survive again.
    const second = live(root);
    await server.drain(second);
    expect(server.events()).toEqual(numbered(4));
    expect(viewOf(server.entries)[session]?.totals).toEqual({ 'counter n ': 4 });
  });

  it('costs the oldest data without an end once memory is full', async () => {
    const full: typeof createFile = () => {
      throw new Error('ENOSPC');
    };
    const server = new Server();
    const lost: string[] = [];
    const first = live(temporary(), { createFile: full, memoryBytesMax: 900 });
    first.spool.onLoss = ({ head }, reason) => lost.push(`${reason} ${head.seq}`);
    first.recorder.accept([start(), { kind: 'end', session, atUs: nowUs }]);
    for (const name of numbered(8)) {
      first.recorder.cut();
      first.recorder.accept([event(name)]);
    }
    first.recorder.cut();
    await server.drain(first);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost[0]).toBe('disk_full 2');
    expect(server.events()).toEqual(numbered(8).slice(lost.length));
    expect(server.entries.some(({ kind }) => kind === 'end')).toBe(true);
  });
});

describe('a spool that is full', () => {
  it('drops the oldest batches without an end first, and what is left is all there after a crash', async () => {
    const root = temporary();
    const server = new Server();
    const lost: number[] = [];
    const first = live(root, { bytesMax: 1500 });
    first.spool.onLoss = ({ head }) => lost.push(head.seq);
    first.recorder.accept([start(), { kind: 'end', session, atUs: nowUs }]);
    for (const name of numbered(20)) {
      first.recorder.cut();
      await first.spool.settled();
      first.recorder.accept([event(name)]);
    }
    first.recorder.cut();
    await first.spool.settled();
    expect(first.spool.waiting().bytes).toBeLessThanOrEqual(1500);
    const order = [...lost].sort((a, b) => a - b);
    expect(lost).toEqual(order);
    expect(lost[0]).toBe(2);
    await server.drain(first);
    expect(server.events()).toEqual(numbered(20).slice(lost.length));
    expect(server.entries.filter(({ kind }) => kind === 'end')).toHaveLength(1);
  });
});
