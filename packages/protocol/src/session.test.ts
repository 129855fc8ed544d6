/** Session transitions, cell by cell, and the laws that hold over any course of signals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  initialStatus,
  type SessionStatus,
  type Signal,
  type SignalKind,
  sessionView,
  signalKinds,
  signalOfEvent,
} from './session.ts';

const second = 1_000_000;

function signal(kind: SignalKind, atSeconds: number): Signal {
  const times = { atUs: atSeconds * second, receivedUs: atSeconds * second };
  if (kind === 'crash') return { kind, reason: 'abnormal_termination', ...times };
  if (kind === 'returned') return { kind, machineId: 'm-1', ...times };
  return { kind, ...times };
}

function run(...steps: [SignalKind, number][]): SessionStatus {
  return steps.reduce(
    (status, [kind, at]) => advance(status, signal(kind, at)).status,
    initialStatus(0),
  );
}

const hangs = {
  never: [],
  now: [['hang', 10]],
  before: [
    ['hang', 10],
    ['recover', 20],
  ],
} satisfies Record<string, [SignalKind, number][]>;

const ends = {
  active: [],
  ended: [['end', 30]],
  crashed: [['crash', 30]],
  lost: [['lost', 30]],
  returned: [['returned', 30]],
} satisfies Record<string, [SignalKind, number][]>;

/** `?` = inferred, `+name` = event made by the server, `drop` = the signal's own event is not stored. */
function outcome(before: SessionStatus, kind: SignalKind): string {
  const { status, emit, drop } = advance(before, signal(kind, 40));
  return [
    status.lifecycle + (status.inferred ? '?' : ''),
    ...(status.hungSinceUs === null ? [] : ['hung']),
    ...emit.map(({ name }) => `+${name}`),
    ...(drop ? ['drop'] : []),
  ].join(' ');
}

const crash = '+session_crashed_detected';
const resume = '+session_resumed';
const recovered = '+application_recovered';

/** Per phase and signal: outcome when it never hung, hangs now, hung before. */
const cells: Record<keyof typeof ends, Record<SignalKind, [string, string, string]>> = {
  active: {
    activity: ['active', 'active hung', 'active'],
    witness: ['active', 'active hung', 'active'],
    heartbeat: ['active', `active ${recovered}`, 'active'],
    hang: ['active hung', 'active hung', 'active hung'],
    recover: ['active', 'active', 'active drop'],
    end: ['ended', 'ended hung', 'ended'],
    crash: [`crashed ${crash}`, `crashed hung ${crash}`, `crashed ${crash}`],
    lost: ['lost?', 'lost? hung', 'lost?'],
    returned: [`crashed? ${crash}`, `crashed? hung ${crash}`, `crashed? ${crash}`],
  },
  ended: {
    activity: ['ended', 'ended hung', 'ended'],
    witness: ['ended', 'ended hung', 'ended'],
    heartbeat: ['ended', 'ended hung', 'ended'],
    hang: ['ended', 'ended hung', 'ended'],
    recover: ['ended', 'ended hung', 'ended drop'],
    end: ['ended', 'ended hung', 'ended'],
    crash: ['ended', 'ended hung', 'ended'],
    lost: ['ended', 'ended hung', 'ended'],
    returned: ['ended', 'ended hung', 'ended'],
  },
  crashed: {
    activity: ['crashed', 'crashed hung', 'crashed'],
    witness: ['crashed', 'crashed hung', 'crashed'],
    heartbeat: ['crashed', 'crashed hung', 'crashed'],
    hang: ['crashed', 'crashed hung', 'crashed'],
    recover: ['crashed', 'crashed hung', 'crashed drop'],
    end: ['crashed', 'crashed hung', 'crashed'],
    crash: ['crashed', 'crashed hung', 'crashed'],
    lost: ['crashed', 'crashed hung', 'crashed'],
    returned: ['crashed', 'crashed hung', 'crashed'],
  },
  lost: {
    activity: [`active ${resume}`, `active hung ${resume}`, `active ${resume}`],
    witness: [`active ${resume}`, `active hung ${resume}`, `active ${resume}`],
    heartbeat: [`active ${resume}`, `active ${resume} ${recovered}`, `active ${resume}`],
    hang: [`active hung ${resume}`, `active hung ${resume}`, `active hung ${resume}`],
    recover: [`active ${resume}`, `active ${resume}`, `active ${resume} drop`],
    end: ['ended', 'ended hung', 'ended'],
    crash: [`crashed ${crash}`, `crashed hung ${crash}`, `crashed ${crash}`],
    lost: ['lost?', 'lost? hung', 'lost?'],
    returned: [`crashed? ${crash}`, `crashed? hung ${crash}`, `crashed? ${crash}`],
  },
  returned: {
    activity: [`active ${resume}`, `active hung ${resume}`, `active ${resume}`],
    witness: [`active ${resume}`, `active hung ${resume}`, `active ${resume}`],
    heartbeat: [`active ${resume}`, `active ${resume} ${recovered}`, `active ${resume}`],
    hang: [`active hung ${resume}`, `active hung ${resume}`, `active hung ${resume}`],
    recover: [`active ${resume}`, `active ${resume}`, `active ${resume} drop`],
    end: ['ended', 'ended hung', 'ended'],
    crash: [`crashed ${crash}`, `crashed hung ${crash}`, `crashed ${crash}`],
    lost: ['crashed?', 'crashed? hung', 'crashed?'],
    returned: ['crashed?', 'crashed? hung', 'crashed?'],
  },
};

describe('every signal on every kind of session', () => {
  for (const [phase, row] of Object.entries(cells)) {
    const end = ends[phase as keyof typeof ends];
    for (const kind of signalKinds) {
      for (const [i, past] of (['never', 'now', 'before'] as const).entries()) {
        it(`${phase}, hung ${past}: ${kind} gives "${row[kind][i]}"`, () => {
          expect(outcome(run(...hangs[past], ...end), kind)).toBe(row[kind][i]);
        });
      }
    }
  }
});

describe('what a transition leaves behind', () => {
  it('a reported crash leaves a critical event with its reason', () => {
    const { status, emit } = advance(initialStatus(0), signal('crash', 5));
    expect(status).toMatchObject({ endedUs: 5 * second, reason: 'abnormal_termination' });
    expect(emit).toEqual([
      {
        name: 'session_crashed_detected',
        level: 'critical',
        category: 'critical',
        group: '',
        labels: null,
        message: '',
        data: { reason: 'abnormal_termination' },
      },
    ]);
  });

  it('a machine that returned ends the session at its last heartbeat and is named in the event', () => {
    const { status, emit } = advance(
      run(['heartbeat', 3], ['activity', 4]),
      signal('returned', 500),
    );
    expect(status).toMatchObject({ lifecycle: 'crashed', inferred: true, endedUs: 3 * second });
    expect(status.reason).toBe('machine_returned_session_not_resumed');
    expect(emit[0]?.data).toEqual({
      reason: 'machine_returned_session_not_resumed',
      machine_id: 'm-1',
    });
  });

  it('a lost session ended with its last activity', () => {
    expect(run(['activity', 4], ['lost', 900])).toMatchObject({
      endedUs: 4 * second,
      lastActivityUs: 4 * second,
      inferred: true,
    });
  });

  it('a resumed session is as if it had never been taken for dead, but for one event', () => {
    const { status, emit } = advance(
      run(['heartbeat', 3], ['returned', 500]),
      signal('activity', 600),
    );
    expect(status).toEqual(run(['heartbeat', 3], ['activity', 600]));
    expect(emit).toHaveLength(1);
    expect(emit[0]).toMatchObject({
      name: 'session_resumed',
      level: 'info',
      data: { was: 'crashed', reason: 'machine_returned_session_not_resumed' },
    });
  });

  it('an explicit end after an inferred death replaces its instant and reason', () => {
    expect(run(['lost', 900], ['end', 1000])).toMatchObject({
      lifecycle: 'ended',
      inferred: false,
      endedUs: 1000 * second,
      reason: null,
    });
  });

  it('the first reported end stays to the letter', () => {
    const ended = run(['heartbeat', 1], ['end', 5]);
    for (const kind of ['end', 'crash', 'lost', 'returned'] as const) {
      const { status, emit } = advance(ended, signal(kind, 9));
      expect(status).toBe(ended);
      expect(emit).toEqual([]);
    }
  });

  it('a heartbeat of an ended session moves the last heartbeat and nothing else', () => {
    const ended = run(['hang', 1], ['end', 5]);
    const { status } = advance(ended, signal('heartbeat', 9));
    expect(status).toEqual({ ...ended, lastHeartbeatUs: 9 * second });
  });

  it('data for an ended session counts as activity', () => {
    expect(run(['end', 5], ['activity', 9])).toMatchObject({
      lifecycle: 'ended',
      endedUs: 5 * second,
      lastActivityUs: 9 * second,
    });
  });
});

describe('hangs', () => {
  it('count once however often they are reported', () => {
    expect(run(['hang', 1], ['hang', 2], ['hang', 3])).toMatchObject({
      hangs: 1,
      hungSinceUs: second,
    });
  });

  it('add their durations, whoever notices the recovery', () => {
    const status = run(['hang', 10], ['heartbeat', 13], ['hang', 20], ['recover', 24]);
    expect(status).toMatchObject({ hangs: 2, recoveries: 2, hungUs: 7 * second });
  });

  it('have exactly one recovery event each', () => {
    let status = run(['hang', 10]);
    let stored = 0;
    for (const kind of ['heartbeat', 'recover', 'heartbeat', 'recover'] as const) {
      const step = advance(status, signal(kind, 12));
      stored += step.emit.length + (kind === 'recover' && !step.drop ? 1 : 0);
      status = step.status;
    }
    expect(stored).toBe(1);
  });

  it('are recovered from with an event that says what was seen', () => {
    const { emit } = advance(run(['hang', 10]), signal('heartbeat', 12.5));
    expect(emit).toEqual([
      {
        name: 'application_recovered',
        level: 'info',
        category: 'info',
        group: 'tacho.server',
        labels: ['heartbeat', 'recovery'],
        message: 'Application recovered: a heartbeat arrived',
        data: { hung_seconds: 2.5 },
      },
    ]);
  });

  it('never last less than nothing when the clocks differ', () => {
    expect(run(['hang', 10], ['heartbeat', 4]).hungUs).toBe(0);
  });

  it('reported late still count for a session that has ended since', () => {
    const ended = run(['end', 30]);
    const hung = advance(ended, { kind: 'hang', atUs: 20 * second, receivedUs: 40 * second });
    const atTheEnd = { kind: 'hang', atUs: 30 * second, receivedUs: 40 * second } as const;
    expect(advance(ended, atTheEnd).status.hangs).toBe(1);
    expect(hung.status).toMatchObject({ lifecycle: 'ended', hangs: 1, hungSinceUs: 20 * second });
    const calm = advance(hung.status, {
      kind: 'recover',
      atUs: 25 * second,
      receivedUs: 40 * second,
    });
    expect(calm.status).toMatchObject({ hungSinceUs: null, hungUs: 5 * second, recoveries: 1 });
  });

  it('are told by the name of an event', () => {
    expect(signalOfEvent('application_appears_hung')).toBe('hang');
    expect(signalOfEvent('application_recovered')).toBe('recover');
    expect(signalOfEvent('application_recovered ')).toBe('activity');
  });
});

describe('the view', () => {
  const rules = { suspendedAfterUs: 60 * second };
  const viewAt = (status: SessionStatus, seconds: number) =>
    sessionView(status, seconds * second, rules);

  it('suspends strictly after the time-out, and never without a heartbeat', () => {
    const beating = run(['heartbeat', 10]);
    const active = { liveness: 'responsive', active: true, suspended: false };
    expect(viewAt(beating, 70)).toMatchObject(active);
    expect(viewAt(beating, 70.000001)).toMatchObject({
      liveness: 'suspended',
      active: false,
      suspended: true,
    });
    expect(viewAt(run(['activity', 10]), 1e6)).toMatchObject(active);
  });

  it('gives the four booleans of DataCat for every lifecycle', () => {
    const flags = (status: SessionStatus) => {
      const { liveness, active, suspended, crashed, hung } = viewAt(status, 40);
      return [liveness, active, suspended, crashed, hung];
    };
    expect(flags(run())).toEqual(['responsive', true, false, false, false]);
    expect(flags(run(['hang', 1]))).toEqual(['hung', true, false, false, true]);
    expect(flags(run(['end', 1]))).toEqual([null, false, false, false, false]);
    expect(flags(run(['crash', 1]))).toEqual([null, false, false, true, false]);
    expect(flags(run(['hang', 1], ['crash', 2]))).toEqual([null, false, false, true, true]);
    expect(flags(run(['lost', 1]))).toEqual([null, false, true, false, false]);
    expect(flags(run(['heartbeat', 1], ['crash', 2]))).toEqual([null, false, false, true, false]);
  });
});

describe('over any course of signals', () => {
  const course = fc.array(
    fc.record({
      kind: fc.constantFrom(...signalKinds),
      atUs: fc.integer({ min: 0, max: 1000 }),
      receivedUs: fc.integer({ min: 0, max: 1000 }),
      reason: fc.constant('r'),
      machineId: fc.constant('m'),
    }),
    { maxLength: 30 },
  );

  it('the numbers stay consistent and the recoveries on record match the hangs', () => {
    fc.assert(
      fc.property(course, (signals) => {
        let status = initialStatus(0);
        for (const each of signals) {
          const before = status;
          const frozen = Object.freeze({ ...before });
          const step = advance(frozen, each as Signal);
          status = step.status;
          expect(status.endedUs === null).toBe(status.lifecycle === 'active');
          expect(status.hangs - status.recoveries).toBe(status.hungSinceUs === null ? 0 : 1);
          expect(status.inferred && ['active', 'ended'].includes(status.lifecycle)).toBe(false);
          expect(status.lastActivityUs).toBeGreaterThanOrEqual(before.lastActivityUs);
          const named = (name: string) => step.emit.filter((event) => event.name === name).length;
          const byEvent = each.kind === 'recover' && status.recoveries > before.recoveries;
          expect(named('application_recovered') + (byEvent ? 1 : 0)).toBe(
            status.recoveries - before.recoveries,
          );
          expect(step.drop).toBe(
            each.kind === 'recover' && before.hungSinceUs === null && before.hangs > 0,
          );
          if (before.lifecycle !== 'active' && !before.inferred) {
            expect(status.lifecycle).toBe(before.lifecycle);
            expect(status.endedUs).toBe(before.endedUs);
            expect(step.emit).toEqual([]);
          }
        }
      }),
    );
  });
});

describe('the cause of an end', () => {
  const status = initialStatus(0);
  const failed = { kind: 'failed', exit_code: 2 } as const;
  const crash = { kind: 'crash', reason: 'x', cause: failed, atUs: 5, receivedUs: 5 } as const;

  it('is kept with the first end that was reported, and no later one changes it', () => {
    const crashed = advance(status, crash).status;
    expect(crashed.cause).toEqual(failed);
    const exited = { kind: 'end', cause: { kind: 'exited' }, atUs: 6, receivedUs: 6 } as const;
    expect(advance(crashed, exited).status.cause).toEqual(failed);
  });

  it('is told after an end that was only inferred', () => {
    const lost = advance(status, { kind: 'lost', atUs: 4, receivedUs: 4 }).status;
    expect(lost.cause).toBeUndefined();
    expect(advance(lost, crash).status.cause).toEqual(failed);
  });
});

describe('a witness', () => {
  it('keeps a session from being suspended, and does not end its hang', () => {
    const at = (us: number) => ({ atUs: us, receivedUs: us });
    const hung = advance(initialStatus(0), { kind: 'hang', ...at(10) }).status;
    const { status, emit } = advance(hung, { kind: 'witness', ...at(90) });
    expect(status).toMatchObject({ lastHeartbeatUs: 90, hungSinceUs: 10 });
    expect(emit).toEqual([]);
    const view = sessionView(status, 100, { suspendedAfterUs: 20 });
    expect(view.liveness).toBe('hung');
  });
});
