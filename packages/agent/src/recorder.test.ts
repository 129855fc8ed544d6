/** The recorder: what it accepts once, what it knows of sessions, and what a server will make of its cuts. */
import {
  type LocalEntry,
  limits,
  parseJson,
  readLocalBatch,
  type WireEntry,
} from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryJournal } from './journal.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { viewOf } from './testing/server-view.ts';

const nowUs = Date.UTC(2026, 0, 1) * 1000;
const ids = [
  '5e551000-0000-4000-8000-000000000001',
  '5e551000-0000-4000-8000-000000000002',
] as const;
const [session] = ids;

function start(changes: Partial<Extract<LocalEntry, { kind: 'start' }>> = {}): LocalEntry {
  const plain = { start: { product: 'p', version: '1' }, watch: {} };
  return { kind: 'start', session, atUs: nowUs, ...plain, ...changes };
}

function event(name: string, changes: object = {}): LocalEntry {
  const record = { level: 'info' as const, category: 'info', group: '', labels: null, message: '' };
  return {
    kind: 'event',
    session,
    atUs: nowUs,
    event: { name, ...record, data: null, ...changes },
  };
}

function recorderOf(options: Partial<RecorderOptions> = {}) {
  const journal = new MemoryJournal();
  return { journal, recorder: new Recorder({ journal, nowUs: () => nowUs, ...options }) };
}

const id = fc.constantFrom(...ids);
const atUs = fc.nat({ max: 50 }).map((us) => nowUs + us);
const small = fc.integer({ min: -3, max: 3 });
const names = fc.constantFrom('a', 'b');
const tags = fc.constantFrom([], ['x'], ['x', 'y']);
const head = { session: id, atUs };
const patchValue = fc.oneof(
  small,
  fc.constant(null),
  fc.constant({}),
  fc.array(small, { maxLength: 2 }),
);

const entry: fc.Arbitrary<LocalEntry> = fc.oneof(
  fc.record({
    kind: fc.constant('patch' as const),
    ...head,
    patch: fc.dictionary(names, fc.oneof(patchValue, fc.dictionary(names, patchValue))),
  }),
  fc.record({
    kind: fc.constant('event' as const),
    ...head,
    event: names.map((name) => (event(name) as Extract<LocalEntry, { kind: 'event' }>).event),
  }),
  fc.record({
    kind: fc.constant('growth' as const),
    type: fc.constant('counter' as const),
    ...head,
    name: names,
    unit: fc.constant(''),
    tags,
    delta: small,
  }),
  fc.record({
    kind: fc.constant('growth' as const),
    type: fc.constant('histogram' as const),
    ...head,
    name: names,
    unit: fc.constant(''),
    tags,
    bounds: fc.constant([1, 2]),
    counts: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 })),
    sum: small,
    min: fc.constant(0),
    max: fc.constant(9),
    notFinite: fc.nat({ max: 1 }),
  }),
  fc.record({
    kind: fc.constant('metric' as const),
    session: id,
    metric: fc.record(
      {
        name: names,
        type: fc.constantFrom('gauge' as const, 'timer' as const),
        unit: fc.constant(''),
        tags,
        value: small,
        atUs,
        count: fc.nat({ max: 3 }),
      },
      { requiredKeys: ['name', 'type', 'unit', 'tags', 'value'] },
    ),
  }),
  fc.record({
    kind: fc.constant('columns' as const),
    session: id,
    timesUs: fc.tuple(atUs, atUs).map((times) => Float64Array.from(times)),
    series: fc.uniqueArray(names, { minLength: 1 }).chain((list) =>
      fc.tuple(small, small).map((values) =>
        list.map((name) => ({
          name,
          type: 'gauge' as const,
          unit: '',
          tags: [],
          values: Float64Array.from(values),
        })),
      ),
    ),
  }),
  fc.record({ kind: fc.constantFrom('heartbeat' as const, 'pause' as const), ...head }),
);

/** Entries, each with what happens after it: 0 nothing, 1 the batch is accepted, 2 it is also cut. */
const run = fc.array(fc.tuple(entry, fc.constantFrom(0, 0, 1, 2)), { maxLength: 40 });

function play(steps: readonly (readonly [LocalEntry, number])[]) {
  const { journal, recorder } = recorderOf();
  recorder.accept(ids.map((each) => start({ session: each })));
  const batch: LocalEntry[] = [];
  for (const [each, then] of steps) {
    batch.push(each);
    if (then > 0) recorder.accept(batch.splice(0));
    if (then > 1) recorder.cut();
  }
  recorder.accept(batch);
  recorder.accept(ids.map((each) => ({ kind: 'end', session: each, atUs: nowUs })));
  recorder.cut();
  return { journal, recorder };
}

describe('cuts', () => {
  it('mean the same to a server wherever they fall', () => {
    fc.assert(
      fc.property(run, (steps) => {
        const whole = play(steps.map(([each]) => [each, 0] as const));
        const sliced = play(steps);
        const view = (cuts: WireEntry[][]) => {
          const seen = viewOf(cuts.flat());
          for (const each of Object.values(seen)) each.heartbeats = Math.min(1, each.heartbeats);
          return seen;
        };
        expect(view(sliced.journal.cuts)).toEqual(view(whole.journal.cuts));
        expect(sliced.recorder.sessions()).toEqual(whole.recorder.sessions());
      }),
      { numRuns: 300 },
    );
  });

  it('lose nothing of what was said: sums, samples, events and states are those of the program', () => {
    fc.assert(
      fc.property(run, (steps) => {
        const view = viewOf(play(steps).journal.cuts.flat());
        for (const each of ids) {
          const said = steps.map(([one]) => one).filter((one) => one.session === each);
          let sum = 0;
          let samples = 0;
          for (const one of said) {
            if (one.kind === 'growth' && one.type === 'counter') sum += one.delta;
            if (one.kind === 'metric') samples++;
            if (one.kind === 'columns') samples += 2 * one.series.length;
          }
          const { totals, samples: seen, events, states } = view[each] as (typeof view)[string];
          const counters = Object.entries(totals).filter(([key]) => key.startsWith('counter'));
          expect(counters.reduce((total, [, value]) => total + (value as number), 0)).toBe(sum);
          expect(Object.values(seen).flat()).toHaveLength(samples);
          const named = said.flatMap((one) =>
            one.kind === 'event' ? [`${one.atUs} ${one.event.name}`] : [],
          );
          expect(events).toEqual(named);
          states.forEach((state, i) => {
            if (i > 0) expect(state).not.toEqual(states[i - 1]);
          });
        }
      }),
    );
  });

  it('put the end of a session after all else and merge single samples to columns', () => {
    const { journal, recorder } = recorderOf();
    const metric = { name: 'm', type: 'gauge' as const, unit: '', tags: [], value: 1 };
    recorder.accept([start(), { kind: 'end', session, atUs: nowUs + 9 }, event('late')]);
    const timed = { ...metric, type: 'timer' as const, count: 3, atUs: nowUs };
    recorder.accept([{ kind: 'metric', session, metric: timed }]);
    const series = { name: 'n', unit: '', tags: [], type: 'counter' as const, delta: 1 };
    recorder.accept([{ kind: 'growth', session, atUs: nowUs, ...series }]);
    for (let i = 0; i < 3; i++) recorder.accept([{ kind: 'metric', session, metric }]);
    recorder.cut();
    const kinds = journal.cuts[0]?.map(({ kind }) => kind);
    expect(kinds).toEqual(['start', 'event', 'columns', 'metric', 'metric', 'end']);
    expect(recorder.cut()).toBe(false);
  });

  it('slice columns that hold too many samples', () => {
    const { journal, recorder } = recorderOf();
    const length = limits.agentColumnsSamplesMax + 1;
    const values = new Float64Array(length).fill(1);
    const timesUs = new Float64Array(length).fill(nowUs);
    const series = ['a', 'b'].map((name) => ({
      name,
      type: 'gauge' as const,
      unit: '',
      tags: [],
      values,
    }));
    recorder.accept([start(), { kind: 'columns', session, timesUs, series }]);
    recorder.cut();
    const rows = journal.cuts[0]?.flatMap((one) =>
      one.kind === 'columns' ? [one.timesUs.length] : [],
    );
    expect(rows).toEqual([8192, 8192, 1]);
  });
});

describe('a recorder', () => {
  it('takes each batch of a client once', () => {
    const { journal, recorder } = recorderOf();
    expect(recorder.accept([start()], { clientId: 'c', seq: 1 })).toEqual({ accepted: 1 });
    expect(recorder.accept([event('a')], { clientId: 'c', seq: 2 })).toEqual({ accepted: 1 });
    expect(recorder.accept([event('a')], { clientId: 'c', seq: 2 })).toEqual({
      accepted: 0,
      duplicate: true,
    });
    expect(recorder.accept([event('b')], { clientId: 'd', seq: 1 })).toEqual({ accepted: 1 });
    expect(journal.records).toHaveLength(3);
  });

  it('keeps the body of a batch as it came, unless it knows better', () => {
    const { journal, recorder } = recorderOf();
    const body = Buffer.from('as it came');
    recorder.accept([start()], { clientId: 'c', seq: 1, body });
    recorder.accept([event('a')], { clientId: 'c', seq: 2, body });
    const unknown = event('b') as Extract<LocalEntry, { kind: 'event' }>;
    const result = recorder.accept([event('a'), { ...unknown, session: ids[1] }], {
      clientId: 'c',
      seq: 3,
      body,
    });
    expect(result).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, code: 'session_not_found' }],
    });
    const raw = journal.records.map((record) => record.body === body);
    expect(raw).toEqual([false, true, false]);
  });

  it('is the same again when its journal is read', () => {
    fc.assert(
      fc.property(run, (steps) => {
        const { journal, recorder } = play(steps);
        const again = new Recorder({ journal: new MemoryJournal(), nowUs: () => nowUs });
        for (const { receivedUs, body } of journal.records) {
          const { entries } = readLocalBatch(parseJson(Buffer.from(body).toString()), receivedUs);
          again.fold(entries, receivedUs);
        }
        again.skipPending();
        expect(again.checkpoint()).toEqual(recorder.checkpoint());
      }),
    );
  });

  it('watches the process of the parent that started a session, whoever spoke of it first', () => {
    const { recorder } = recorderOf({ startOf: (pid) => `started ${pid}` });
    recorder.accept([start({ watch: { pid: 20 } })]);
    recorder.accept([start({ watch: { pid: 10, parent: true, heartbeatTimeoutMs: 5_000 } })]);
    recorder.accept([start({ watch: { pid: 30 } })]);
    expect(recorder.session(session)).toMatchObject({
      pid: 10,
      processStart: 'started 10',
      parent: true,
      armed: true,
      heartbeatTimeoutMs: 5_000,
    });
  });

  it('adds who and where it is to a start, and believes no start of a process that it cannot see', () => {
    const identity = { machineId: 'm', hostname: 'h', bootId: 'b', agentId: 'g' };
    const startOf = (pid: number) => (pid === 7 ? 't7' : null);
    const { journal, recorder } = recorderOf({ identity, startOf });
    const own = { product: 'p', version: '1', hostname: 'own' };
    recorder.accept([start({ start: own, watch: { pid: 7 } })]);
    expect(recorder.session(session)).toMatchObject({ processStart: 't7', bootId: 'b', pid: 7 });
    recorder.accept([start({ session: ids[1], watch: { pid: 7, processStart: 'else' } })]);
    expect(recorder.session(ids[1])).not.toHaveProperty('processStart');
    recorder.cut();
    expect(journal.cuts[0]?.[0]).toMatchObject({ start: { ...identity, hostname: 'own' } });
    expect(journal.cuts[0]?.[0]).not.toHaveProperty('watch');
  });

  it('notes what a watchdog needs to know', () => {
    const { recorder } = recorderOf();
    const at = (us: number) => ({ session, atUs: nowUs + us });
    recorder.accept([
      start({ watch: { wire: 'datacat', watch: false, parent: true } }),
      { kind: 'heartbeat', ...at(5), timeoutMs: 9 },
      { kind: 'heartbeat', ...at(3) },
      { kind: 'pause', ...at(6) },
      { kind: 'resume', ...at(7) },
      event('exception', { exception_type: 'E', level: 'error' }),
      event('application_appears_hung', { group: 'tacho.agent' }),
      { kind: 'exit', ...at(8), code: 3 },
    ]);
    expect(recorder.session(session)).toMatchObject({
      wire: 'datacat',
      watch: false,
      parent: true,
      armed: true,
      heartbeats: 2,
      lastHeartbeatUs: nowUs + 3,
      heartbeatTimeoutMs: 9,
      paused: false,
      resumes: 1,
      lastExceptionUs: nowUs,
      hungSinceUs: nowUs,
      lastActivityUs: nowUs + 8,
      exit: { atUs: nowUs + 8, code: 3 },
    });
    recorder.accept([event('application_recovered', { group: 'tacho.agent' })]);
    expect(recorder.session(session)).not.toHaveProperty('hungSinceUs');
  });

  it('lets no heartbeat recover a hang before it says so itself', () => {
    const { journal, recorder } = recorderOf();
    const beat: LocalEntry = { kind: 'heartbeat', session, atUs: nowUs };
    recorder.accept([start(), beat, event('application_appears_hung'), beat]);
    recorder.cut();
    recorder.accept([event('application_recovered'), beat]);
    recorder.cut();
    const beats = journal.cuts.map((cut) => cut.filter(({ kind }) => kind === 'heartbeat'));
    expect(beats).toEqual([[{ ...beat, witness: true }], [beat]]);
  });

  it('starts with the state that a server would', () => {
    const { recorder } = recorderOf();
    const state = { product: null, version: 'own', a: { b: null } };
    recorder.accept([start({ start: { product: 'p', version: '1', state } })]);
    expect(recorder.session(session)?.state).toEqual({ product: 'p', version: 'own', a: {} });
  });

  it('says at once what somebody may wait for', () => {
    const { recorder } = recorderOf();
    const urgent: boolean[] = [];
    recorder.onAccept = (each) => urgent.push(each);
    recorder.accept([start()]);
    recorder.accept([event('a')]);
    recorder.accept([event('b', { level: 'critical' })]);
    recorder.accept([{ kind: 'end', session }]);
    expect(urgent).toEqual([true, false, true, true]);
  });

  it('knows sessions by other names, and forgets them some time after their end', () => {
    let us = nowUs;
    const { recorder } = recorderOf({ nowUs: () => us });
    recorder.accept([start()]);
    recorder.alias('local-session-1', session);
    recorder.accept([{ kind: 'end', session }]);
    us += limits.agentSessionLingerMs * 1000;
    recorder.cut();
    expect(recorder.session('local-session-1')?.ended).toMatchObject({ kind: 'end', atUs: nowUs });
    us += 1;
    recorder.cut();
    expect(recorder.session('local-session-1')).toBeUndefined();
    expect(recorder.checkpoint()).toMatchObject({ sessions: [], totals: [], aliases: [] });
  });
});
