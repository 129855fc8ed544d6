/** Three versions of a made-up kiosk: the second one dies often, the third one does no more. */
import { expect } from 'vitest';
import { post } from '../whole/http.ts';

/** Sessions of each version. */
export const sessionsEach = 40;

/** Sessions of 1.1.0 that died of the exception it brought. */
export const deadOfSecond = 16;

const dayMs = 86_400_000;

/** Records them: each version runs for two days, one after the other up to now; 1.1.0 is twice as slow. */
export async function recordVersions(url: string, nowMs: number): Promise<void> {
  const entries = ['1.0.0', '1.1.0', '1.2.0'].flatMap((version, release) =>
    Array.from({ length: sessionsEach }, (_, i) => {
      const start = nowMs - (3 - release) * 2 * dayMs + (i * 2 * dayMs) / (sessionsEach + 1);
      const session = `d${release}000000-0000-4000-8000-0000000000${String(i).padStart(2, '0')}`;
      const isSecond = version === '1.1.0';
      const isDead = isSecond && i % 5 < 2;
      const times = [0, 10_000, 20_000, 30_000];
      const error = {
        ...{ exception_type: 'PrinterJam', exception_msg: 'no paper in tray 2' },
        stacktrace: ['    at print (/srv/kiosk/printer.js:14:3)'],
      };
      return [
        {
          kind: 'start',
          session,
          at: start,
          product: 'kiosk',
          version,
          machine_id: `kiosk-${i % 8}`,
        },
        {
          ...{ kind: 'columns', session, startMs: start, times },
          series: [
            { name: 'print_ms', values: times.map((_, n) => (isSecond ? 80 : 40) + n + i / 10) },
            { name: 'memory_mb', values: times.map((_, n) => 100 + n) },
          ],
        },
        ...(isDead
          ? [
              {
                kind: 'event',
                session,
                at: start + 40_000,
                name: 'exception',
                level: 'error',
                ...error,
              },
              { kind: 'crash', session, at: start + 40_000, reason: 'PrinterJam' },
            ]
          : [{ kind: 'end', session, at: start + 40_000 }]),
      ];
    }).flat(),
  );
  const answer = await post(`${url}/api/ingest`, { spoolId: 'kiosks', seq: 1, entries });
  expect(answer.status, answer.text).toBe(200);
}
