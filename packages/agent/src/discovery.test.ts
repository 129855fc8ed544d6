/** Registrations: what programs read to find an agent, and who may take them away. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registrationPath, serverKey } from '@tacho/client/sending';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { livingAgent, register, unregister } from './discovery.ts';

let directory: string;
let path: string;
const registration = { url: 'http://127.0.0.1:4', pid: 5, agentId: 'me', version: '1' };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-discovery-'));
  path = registrationPath(directory, 'http://127.0.0.1:9090');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a registration', () => {
  it('has a name that depends on the server, not on a slash at its end', () => {
    expect(serverKey('http://127.0.0.1:9090/')).toBe(serverKey('http://127.0.0.1:9090'));
    // Clients in other languages make the same name.
    expect(serverKey('http://127.0.0.1:9090')).toBe('d9ae0c2bba80c27d');
  });

  it('is private, whole, and leaves no draft behind', () => {
    register(path, registration);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(registration);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('is taken away only by the agent that it names', () => {
    register(path, registration);
    unregister(path, 'somebody else');
    expect(readdirSync(directory)).toHaveLength(1);
    unregister(path, 'me');
    unregister(path, 'me');
    expect(readdirSync(directory)).toHaveLength(0);
  });

  it('counts only while that very agent answers', async () => {
    const healthOf = (agentId: string) => (url: string) => Promise.resolve({ url, agentId });
    expect(await livingAgent(path, healthOf('me'))).toBeUndefined();
    register(path, registration);
    expect(await livingAgent(path, healthOf('me'))).toEqual(registration);
    expect(await livingAgent(path, healthOf('another'))).toBeUndefined();
    expect(await livingAgent(path, () => Promise.reject(new Error('gone')))).toBeUndefined();
    writeFileSync(path, '{"url": 1');
    expect(await livingAgent(path, healthOf('me'))).toBeUndefined();
  });
});
