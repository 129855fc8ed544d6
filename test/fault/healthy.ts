/** What a server says about itself, for tests that want it well. */
import { expect } from 'vitest';
import { get } from '../whole/http.ts';
import type { Server } from '../whole/server.ts';

/** Expects that a start found nothing to complain about. */
export async function expectHealthy(server: Server): Promise<void> {
  const answer = await get(`${server.url}/health`);
  expect(answer.status, answer.text).toBe(200);
  expect(healthField(answer.json, 'quarantined') ?? 0, answer.text).toBe(0);
}

/** The first field of this name anywhere in a JSON document. */
function healthField(json: unknown, name: string): unknown {
  if (typeof json !== 'object' || json === null) return undefined;
  for (const [key, value] of Object.entries(json)) {
    if (key === name) return value;
    const inner = healthField(value, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
