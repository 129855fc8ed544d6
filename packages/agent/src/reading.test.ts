/** Questions about sessions: the server's answer under the name that was asked for, else what is known here. */
import { describe, expect, it } from 'vitest';
import { makeReading, type ReadingParts } from './reading.ts';
import { type SessionRecord, startRecord } from './session-record.ts';

const id = '5e551000-5555-4555-8555-555555555555';
const startedUs = 1_790_000_000_000_000;
const start = { product: 'P', version: 'V', state: { level: 3 } };
const known = startRecord({ kind: 'start', session: id, atUs: startedUs, start, watch: {} }, 0);

/** A recorder that knows one session, or none, and a name for it. */
function recorder(session: SessionRecord | undefined, name?: string): ReadingParts['recorder'] {
  return {
    session: () => session,
    sessions: () => (session === undefined ? [] : [session]),
    aliases: () => (name === undefined ? [] : [[name, id]]),
  };
}

function reading(parts: Partial<ReadingParts>, asked: string[] = []) {
  return makeReading({
    nowUs: () => 1_790_000_001_000_000,
    recorder: recorder(known),
    deliver: (session) => {
      asked.push(`deliver ${session ?? 'all'}`);
      return Promise.resolve();
    },
    isOffline: () => false,
    unsentEntries: () => 7,
    askServer: (path) => {
      asked.push(path);
      return Promise.resolve({ status: 200, text: `{"id":"${id}","big":12345678901234567890}` });
    },
    ...parts,
  });
}

describe('a question about one session', () => {
  it('is asked of the server, after it got what is known here', async () => {
    const asked: string[] = [];
    const { status, text } = await reading({}, asked).session(id);
    expect(asked).toEqual([`deliver ${id}`, `/api/sessions/${id}`]);
    expect({ status, text }).toEqual({
      status: 200,
      text: `{"id":"${id}","big":12345678901234567890}`,
    });
  });

  it('is answered under the name that the program knows', async () => {
    const { text } = await reading({}).session('local-session-1-1');
    expect(text).toBe('{"id":"local-session-1-1","big":12345678901234567890}');
  });

  it('is answered from here while the server is out of reach, hangs, or does not know it', async () => {
    for (const parts of [
      { isOffline: () => true },
      { askServer: () => Promise.reject(new Error('timeout')) },
      { askServer: () => Promise.resolve({ status: 404, text: '{}' }) },
      { askServer: () => Promise.resolve({ status: 503, text: 'x' }) },
    ]) {
      const { status, text } = await reading(parts).session('local-session-1-1');
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({
        id: 'local-session-1-1',
        product: 'P',
        version: 'V',
        created_at: '2026-09-21T14:13:20.000Z',
        updated_at: '2026-09-21T14:13:21.000Z',
        ended_at: null,
        active: true,
        crashed: false,
        hung: false,
        suspended: false,
        state: { product: 'P', version: 'V', level: 3 },
        state_history: [],
        events: [],
        metrics: [],
        pending: { entries: 7 },
      });
    }
  });

  it('says that a session ended, and how', async () => {
    const ended = { ...known, ended: { atUs: startedUs, kind: 'crash' as const } };
    const { text } = await reading({ recorder: recorder(ended), isOffline: () => true }).session(
      id,
    );
    expect(JSON.parse(text)).toMatchObject({
      active: false,
      crashed: true,
      ended_at: '2026-09-21T14:13:20.000Z',
    });
  });

  it('finds sessions that only the server knows, and nothing that nobody knows', async () => {
    const parts = { recorder: recorder(undefined) };
    expect((await reading(parts).session(id)).status).toBe(200);
    const nobody = { ...parts, askServer: () => Promise.resolve({ status: 404, text: '{}' }) };
    await expect(reading(nobody).session('../health')).rejects.toMatchObject({
      code: 'session_not_found',
    });
  });
});

describe('a question about all sessions', () => {
  it('is answered by the server, with the names that programs know', async () => {
    const askServer = () => Promise.resolve({ status: 200, text: `[{"id":"${id}"},{"id":"x"}]` });
    const named = recorder(known, 'local-session-1-1');
    const { text } = await reading({ askServer, recorder: named }).sessions();
    expect(text).toBe('[{"id":"local-session-1-1"},{"id":"x"}]');
    const plain = await reading({ askServer }).sessions();
    expect(plain.text).toBe(`[{"id":"${id}"},{"id":"x"}]`);
  });

  it('is answered from here while the server is out of reach', async () => {
    const { text } = await reading({ isOffline: () => true }).sessions();
    expect(JSON.parse(text)).toMatchObject([{ id, state: { level: 3 }, active: true }]);
  });
});
