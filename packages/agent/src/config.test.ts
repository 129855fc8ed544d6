/** The agent's configuration: each key by itself, and a clear word about what is not understood. */
import { describe, expect, it } from 'vitest';
import { type AgentRole, ArgumentError, loadAgentConfig } from './config.ts';

interface Case {
  role?: AgentRole;
  args?: string[];
  env?: Record<string, string>;
  /** Files by path. */
  files?: Record<string, string>;
}

function load({ role = 'datacat', args = [], env = {}, files = {} }: Case) {
  return loadAgentConfig({
    role,
    args,
    env,
    readFile: (path) => {
      if (files[path] !== undefined) return files[path];
      throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    },
  });
}

/** The file that DataCat's Python client writes. */
const writtenByClient = JSON.stringify({
  daemon_port: '41234',
  server_url: 'http://localhost:9090',
  batch_interval_seconds: 5,
  max_batch_size: 100,
  heartbeat_timeout_seconds: 60,
});

const defaults = {
  role: 'datacat',
  serverUrl: 'http://127.0.0.1:9090',
  port: 8079,
  flushIntervalMs: 1_000,
  hangTimeoutMs: 60_000,
  compress: true,
  verifyTls: true,
};

describe('the configuration file', () => {
  it('is found by DATACAT_CONFIG, else in the working directory', () => {
    const files = { 'a.json': '{"daemon_port": 1}', 'daemon_config.json': '{"daemon_port": 2}' };
    expect(load({ env: { DATACAT_CONFIG: 'a.json' }, files }).config.port).toBe(1);
    expect(load({ files }).config.port).toBe(2);
    expect(load({ env: { DATACAT_CONFIG: '' }, files }).config.port).toBe(2);
  });

  it('of the Python client keeps compression on, although it does not name it', () => {
    expect(load({ files: { 'daemon_config.json': writtenByClient } })).toEqual({
      config: {
        ...defaults,
        port: 41234,
        serverUrl: 'http://localhost:9090',
        flushIntervalMs: 5_000,
      },
      complaints: [],
    });
  });

  it('that is missing leaves the defaults, and nobody complains unless it was named', () => {
    expect(load({})).toEqual({ config: defaults, complaints: [] });
    const { config, complaints } = load({ env: { DATACAT_CONFIG: 'gone.json' } });
    expect(config).toEqual(defaults);
    expect(complaints).toEqual(['gone.json cannot be read (ENOENT); defaults hold']);
  });

  it('with few keys changes nothing about the others', () => {
    const files = { 'daemon_config.json': '{"api_key": "k"}' };
    expect(load({ files })).toEqual({ config: { ...defaults, token: 'k' }, complaints: [] });
  });

  it('that is broken leaves the defaults, and says so', () => {
    for (const text of ['{', '[]', '"x"', '']) {
      const { config, complaints } = load({ files: { 'daemon_config.json': text } });
      expect(config, text).toEqual(defaults);
      expect(complaints, text).toHaveLength(1);
      expect(complaints[0]).toMatch(/^daemon_config.json .*defaults hold$/);
    }
  });

  it('with values that mean nothing keeps the defaults of those keys alone', () => {
    const fields = {
      daemon_port: '99999',
      server_url: 'nonsense',
      batch_interval_seconds: 0,
      heartbeat_timeout_seconds: -1,
      enable_compression: 'yes',
      api_key: 7,
      colour: 'red',
    };
    const files = { 'daemon_config.json': JSON.stringify(fields) };
    const { config, complaints } = load({ files });
    expect(config).toEqual(defaults);
    for (const key of Object.keys(fields)) {
      expect(
        complaints.filter((one) => one.includes(key)),
        key,
      ).toHaveLength(1);
    }
    expect(complaints.join()).not.toContain('nonsense');
  });

  it('takes the port as a number or as text', () => {
    for (const port of ['8123', 8123, ' 8123 ']) {
      const files = { 'daemon_config.json': JSON.stringify({ daemon_port: port }) };
      expect(load({ files })).toMatchObject({ config: { port: 8123 }, complaints: [] });
    }
  });

  it('turns certificate checks off by either of its two keys', () => {
    for (const key of ['{"tls_verify": false}', '{"tls_insecure_skip_verify": true}']) {
      expect(load({ files: { 'daemon_config.json': key } }).config.verifyTls).toBe(false);
    }
    const both = '{"tls_insecure_skip_verify": true, "tls_verify": true}';
    expect(load({ files: { 'daemon_config.json': both } }).config.verifyTls).toBe(false);
  });

  it('of one program means nothing to an agent that serves all', () => {
    const files = { 'daemon_config.json': writtenByClient };
    const env = { DATACAT_CONFIG: 'daemon_config.json' };
    expect(load({ role: 'shared', env, files }).config).toMatchObject({
      serverUrl: defaults.serverUrl,
      port: 0,
    });
  });
});

describe('flags and environment', () => {
  it('win in that order over the file', () => {
    const files = { 'daemon_config.json': '{"server_url": "http://file", "api_key": "file"}' };
    const env = { TACHO_SERVER: 'http://env', TACHO_TOKEN: 'env', TACHO_AGENT_DIR: '/state' };
    expect(load({ files, env }).config).toMatchObject({
      serverUrl: 'http://env',
      token: 'env',
      directory: '/state',
    });
    const args = ['--server', 'http://flag', '--token', 'flag', '--port', '0', '--insecure'];
    expect(load({ files, env, args }).config).toMatchObject({
      serverUrl: 'http://flag',
      token: 'flag',
      port: 0,
      verifyTls: false,
    });
  });

  it('name a server with or without a slash at its end', () => {
    for (const url of ['http://h:1', 'http://h:1/', 'http://h:1//']) {
      expect(load({ args: ['--server', url] }).config.serverUrl).toBe('http://h:1');
    }
  });

  it('that are wrong end the start with a word about what is accepted', () => {
    for (const args of [['--port', '70000'], ['--prot', '1'], ['--server', 'ftp://x'], ['x']]) {
      expect(() => load({ args }), args.join(' ')).toThrow(ArgumentError);
    }
    expect(() => load({ args: ['--flush-interval', '0'] })).toThrow('accepted: 1 to 3600000');
  });

  it('give numbers in the units that they are named with', () => {
    const args = ['--flush-interval', '250', '--hang-timeout', '1.5'];
    expect(load({ args }).config).toMatchObject({ flushIntervalMs: 250, hangTimeoutMs: 1_500 });
  });

  it('make a shared agent take a free port', () => {
    expect(load({ args: ['--shared'] }).config).toMatchObject({ role: 'shared', port: 0 });
    expect(load({ args: ['--shared', '--port', '7'] }).config.port).toBe(7);
    expect(load({ args: ['--adopt'] }).config.role).toBe('adopt');
  });
});
