/** The bytes that clients send: scripts with a fixed clock, shared with the clients of other languages. */
import { writeFileSync } from 'node:fs';
import { parseJson, readIngest, readLocalBatch } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { readScripts, revived, type WireScript, wireScripts } from '../../../test/wire/script.ts';
import type { RunningTimer } from './api.ts';
import { Backlog } from './backlog.ts';
import type { Clock } from './clock.ts';
import { Sender } from './send.ts';
import { Recording } from './session.ts';
import { startText } from './start.ts';
import { systemTimers } from './timers.ts';
import { Warnings } from './warnings.ts';

describe('what a program says', () => {
  it.each(readScripts())('becomes exactly these bytes: %s', async (name, script) => {
    const batches = await play(script);
    // Only for whoever changes the wire on purpose: the difference is then to be read by a person.
    if (process.env.UPDATE_WIRE === '1') {
      const text = JSON.stringify({ ...script, batches }, null, 2);
      writeFileSync(wireScripts + name, `${text}\n`);
    } else {
      expect(batches).toEqual(script.batches);
    }
  });

  it.each(readScripts())('is understood by who receives it: %s', (_name, script) => {
    const read = script.receiver === 'agent' ? readLocalBatch : readIngest;
    for (const text of script.batches) {
      expect(read(parseJson(text), script.startUs + 3600e6)).toMatchObject({ rejected: [] });
    }
  });
});

async function play(script: WireScript): Promise<string[]> {
  let us = script.startUs;
  const clock: Clock = {
    nowMs: () => us / 1000,
    monotonicMs: () => (us - script.startUs) / 1000,
    follow: () => undefined,
  };
  const warnings = new Warnings(undefined);
  const backlog = new Backlog(script.start.session);
  const batches: string[] = [];
  let agentId = 'first';
  const sender = new Sender({
    backlog,
    clientId: script.clientId,
    start: startText({ ...script.start, atMs: us / 1000 }, warnings),
    seek: async () => ({
      receiver: script.receiver,
      post: async (body) => {
        batches.push(body);
        return { status: 200, text: JSON.stringify({ success: true, accepted: 1, agentId }) };
      },
    }),
    timers: systemTimers(),
    warnings,
    random: () => 0,
    nowMs: clock.nowMs,
    flushIntervalMs: 3600_000,
  });
  const session = new Recording({ backlog, clock, warnings, delivery: sender });
  // Nothing is sent until the script says so: urgent events would make a batch of their own.
  const onSaid = backlog.onSaid;
  backlog.onSaid = undefined;
  const timers = new Map<string, RunningTimer>();
  for (const step of script.script) {
    us = step.us ?? us;
    const args = (step.args ?? []).map(revived);
    if (step.call === 'flush' || step.call === 'end') {
      backlog.onSaid = onSaid;
      await session[step.call]();
      backlog.onSaid = undefined;
    } else if (step.call === 'newAgent') agentId += "'";
    else if (step.call === 'stop') timers.get(String(args[0]))?.stop();
    else {
      const method = session[step.call as 'logEvent'] as (...all: unknown[]) => unknown;
      const result = method.apply(session, args);
      if (step.as !== undefined) timers.set(step.as, result as RunningTimer);
    }
  }
  return batches;
}
