/** The configuration: who wins, what is refused, and how the refusal reads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@tacho/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingNames, settings } from './config/settings.ts';
import { renderConfigurationTable } from './config/table.ts';
import {
  type Config,
  ConfigError,
  type ConfigSources,
  isLoopback,
  loadConfig,
  storeOf,
} from './config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tacho-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function load(sources: Partial<ConfigSources> = {}, file?: unknown): Config {
  if (file !== undefined) writeFileSync(join(dir, 'tacho.config.json'), JSON.stringify(file));
  return loadConfig({ env: {}, cwd: dir, ...sources }).config;
}

function problemsOf(sources: Partial<ConfigSources>, file?: unknown): string {
  try {
    load(sources, file);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n');
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the configuration', () => {
  it('is loopback, port 9090 and ./tacho-data when nothing is said', () => {
    const config = load();
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 9090,
      dataDir: join(dir, 'tacho-data'),
    });
    expect(config.insecureNoAuth).toBe(false);
    expect(config.retentionDays).toBe(limits.retentionDays);
  });

  it('takes the flag before the variable before the file before the default', () => {
    const sources = fc.record({
      flag: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      env: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      file: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(sources, ({ flag, env, file }) => {
        const config = load(
          {
            flags: { port: flag === undefined ? undefined : String(flag) },
            env: env === undefined ? {} : { TACHO_PORT: String(env) },
          },
          file === undefined ? {} : { port: file },
        );
        expect(config.port).toBe(flag ?? env ?? file ?? 9090);
      }),
    );
  });

  it.each(settingNames)('accepts the default of %s as a value, from a file and as text', (name) => {
    const setting = settings[name];
    expect(setting.read(setting.default)).toEqual(setting.default);
    if (setting.default !== null) {
      expect(setting.read(String(setting.default))).toEqual(setting.default);
    }
  });

  it('never throws anything but a ConfigError, whatever a file or a variable holds', () => {
    const values = fc.dictionary(fc.constantFrom(...settingNames), fc.jsonValue());
    const env = fc.dictionary(
      fc.constantFrom(...settingNames.map((n) => settings[n].env)),
      fc.string(),
    );
    fc.assert(
      fc.property(values, env, (file, variables) => {
        try {
          const config = load({ env: variables }, file);
          expect(config.port).toBeGreaterThanOrEqual(0);
          expect(config.retentionDays).toBeGreaterThanOrEqual(1);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });

  it('treats an empty variable as not set', () => {
    expect(load({ env: { TACHO_PORT: '' } }).port).toBe(9090);
  });

  it('reads a list from an array or from text with commas', () => {
    expect(load({}, { allowedHosts: ['a.example', 'b'] }).allowedHosts).toEqual(['a.example', 'b']);
    expect(load({ env: { TACHO_ALLOWED_HOSTS: 'a.example, b' } }).allowedHosts).toEqual([
      'a.example',
      'b',
    ]);
  });

  it('leaves to programs and agents what is meant for them', () => {
    const env = {
      TACHO_URL: 'http://127.0.0.1:9191',
      TACHO_AGENT: 'http://127.0.0.1:8079',
      TACHO_AGENT_DIR: '/state',
      TACHO_SESSION: '5e551000-5555-4555-8555-555555555555',
      TACHO_DISABLED: '1',
    };
    expect(load({ env }).port).toBe(9090);
  });

  it('takes paths from the working directory', () => {
    const config = load({ flags: { dataDir: 'x', tlsCertFile: 'c.pem', tlsKeyFile: '/k.pem' } });
    expect(config).toMatchObject({
      dataDir: join(dir, 'x'),
      tlsCertFile: join(dir, 'c.pem'),
      tlsKeyFile: '/k.pem',
    });
  });

  it('means by a directory of the store what dataDir means', () => {
    const config = load({ env: { TACHO_STORE: 'sqlite:other' } }, { dataDir: 'x' });
    expect(config).toMatchObject({ dataDir: join(dir, 'other'), store: null });
    expect(storeOf(config)).toEqual({ kind: 'sqlite', dir: join(dir, 'other') });
  });

  it('keeps to the store or the directory, whichever is named in the place that says more', () => {
    const url = 'clickhouse://u:p@h/db';
    const clickhouse = { kind: 'clickhouse', url };
    const env = { TACHO_STORE: url, TACHO_DATA_DIR: '/data' };
    expect(storeOf(load({ env }))).toEqual(clickhouse);
    expect(storeOf(load({ env, flags: { dataDir: '/own' } }))).toMatchObject({ dir: '/own' });
    expect(storeOf(load({ env: { TACHO_DATA_DIR: '/data' } }, { store: url }))).toMatchObject({
      dir: '/data',
    });
    expect(storeOf(load({ flags: { store: url } }, { dataDir: '/data' }))).toEqual(clickhouse);
  });

  it('raises a bound that was not given to the one it has to exceed', () => {
    expect(load({}, { heartbeatTimeoutSeconds: 7200 }).lostAfterSeconds).toBe(7200);
    expect(load({}, { bodyBytesMax: 1_000_000_000 }).expandedBodyBytesMax).toBe(1_000_000_000);
  });

  it('is documented, setting by setting, in docs/configuration.md (UPDATE_DOCS=1 rewrites it)', () => {
    const page = new URL('../../../docs/configuration.md', import.meta.url);
    const text = readFileSync(page, 'utf8');
    const block = /(<!-- settings -->\n\n)[\s\S]*?(\n\n<!-- \/settings -->)/;
    const wanted = text.replace(block, (_, head, tail) => head + renderConfigurationTable() + tail);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, wanted);
    else expect(text).toBe(wanted);
    expect(text).toMatch(block);
  });
});

describe('a configuration that cannot be right', () => {
  it('is refused with setting, value, source and what is accepted', () => {
    const accepted = 'accepted: a whole number from 0 to 65535';
    expect(problemsOf({ flags: { port: 'x' } })).toBe(`port is "x" (from --port); ${accepted}`);
    expect(problemsOf({ env: { TACHO_PORT: '70000' } })).toBe(
      `port is "70000" (from TACHO_PORT in the environment); ${accepted}`,
    );
    expect(problemsOf({}, { port: 1.5 })).toBe(
      `port is 1.5 (in ${join(dir, 'tacho.config.json')}); ${accepted}`,
    );
  });

  it('is refused for its store without showing what may be secret', () => {
    const env = { TACHO_STORE: 'clickhouse://u:sec/ret@h/db' };
    expect(problemsOf({ env })).toMatch(
      /^store has one of .* in its user or password; .* \(from TACHO_STORE in the environment\); accepted: `sqlite:DIR`/,
    );
    expect(problemsOf({ env })).not.toMatch(/sec|ret@/);
    expect(problemsOf({}, { store: 5 })).toContain('store is no text (in ');
  });

  it('is refused when a key is unknown, and the nearest one is named', () => {
    expect(problemsOf({}, { retention_day: 3 })).toContain('did you mean retentionDays?');
    expect(problemsOf({ env: { TACHO_PROT: '1' } })).toContain('did you mean TACHO_PORT?');
    expect(problemsOf({}, { nonsense: 1 })).toContain('unknown setting "nonsense"');
  });

  it('is refused with all its problems at once', () => {
    expect(problemsOf({}, { port: -1, logLevel: 'loud', x: 1 }).split('\n')).toHaveLength(3);
  });

  it.each([
    'retentionDays',
    'heartbeatTimeoutSeconds',
    'expireIntervalSeconds',
    'sweepIntervalSeconds',
  ])('is refused when %s is 0: nobody means to lose everything at once', (name) => {
    expect(problemsOf({}, { [name]: 0 })).toContain(`${name} is 0`);
  });

  it('is refused when only one half of TLS is there', () => {
    expect(problemsOf({ flags: { tlsCertFile: 'c.pem' } })).toContain('tlsKeyFile is not');
    expect(problemsOf({ flags: { tlsKeyFile: 'k.pem' } })).toContain('tlsCertFile is not');
  });

  it('is refused when two explicit bounds clash', () => {
    const file = { heartbeatTimeoutSeconds: 100, lostAfterSeconds: 99 };
    expect(problemsOf({}, file)).toContain('lostAfterSeconds is 99');
    expect(problemsOf({}, { lostAfterSeconds: 5 })).toContain('whose default is 60');
  });

  it('is refused when the named file is missing, broken or no object', () => {
    expect(problemsOf({ file: 'none.json' })).toContain('none.json cannot be read');
    expect(problemsOf({ env: { TACHO_CONFIG: 'none.json' } })).toContain(
      'none.json cannot be read',
    );
    expect(problemsOf({}, [1])).toContain('must hold one JSON object');
    writeFileSync(join(dir, 'broken.json'), '{');
    expect(problemsOf({ file: 'broken.json' })).toContain('broken.json cannot be read');
  });
});

describe("DataCat's config.json", () => {
  const full = {
    data_path: './datacat_data',
    retention_days: 30,
    cleanup_interval_hours: 24,
    server_port: '9191',
    heartbeat_timeout_seconds: 120,
    api_key: 'secret',
    require_api_key: false,
    tls_cert_file: '',
    tls_key_file: '',
    log_file: 'server.log',
  };

  it('is understood, and what is not followed is said', () => {
    writeFileSync(join(dir, 'config.json'), JSON.stringify(full));
    const loaded = loadConfig({ env: {}, cwd: dir, file: 'config.json' });
    expect(loaded.config).toMatchObject({
      dataDir: join(dir, 'datacat_data'),
      retentionDays: 30,
      expireIntervalSeconds: 86_400,
      port: 9191,
      heartbeatTimeoutSeconds: 120,
      tlsCertFile: null,
      host: '127.0.0.1',
    });
    expect(loaded.notes.join('\n')).toMatch(
      /api_key is not asked for[\s\S]*log_file is not followed/,
    );
    expect(loaded.notes.join('\n')).not.toContain('secret');
  });

  it('keeps our default for every key that it leaves out', () => {
    for (const key of Object.keys(full)) {
      const config = load({}, { [key]: full[key as keyof typeof full] });
      const changed = settingNames.filter((name) => {
        const preset = name === 'dataDir' ? join(dir, 'tacho-data') : settings[name].default;
        return JSON.stringify(config[name]) !== JSON.stringify(preset);
      });
      expect(changed.length).toBeLessThanOrEqual(1);
    }
  });

  it('gives the port as text, as a number, or under its documented name', () => {
    expect(load({}, { server_port: '9191' }).port).toBe(9191);
    expect(load({}, { server_port: 9191 }).port).toBe(9191);
    expect(load({}, { port: 9191, data_path: 'x' }).port).toBe(9191);
    expect(problemsOf({}, { port: 1, server_port: '2' })).toContain('keep one of them');
  });

  it.each([
    ['retention_days', 0],
    ['cleanup_interval_hours', 0],
    ['heartbeat_timeout_seconds', 0],
    ['heartbeat_timeout_seconds', '1e3'],
    ['server_port', ''],
    ['server_port', 'http'],
    ['data_path', ''],
    ['log_file', 5],
    ['require_api_key', 'yes'],
    ['api_key', 12345],
  ])('is refused when %s is %j', (key, value) => {
    const problem = problemsOf({}, { data_path: 'x', [key]: value });
    expect(problem).toContain(key);
    expect(problem).not.toContain('12345');
  });

  it('names the secret that opens the server, and only when it is required', () => {
    const keyOf = (changes: object) => {
      writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...full, ...changes }));
      return loadConfig({ env: {}, cwd: dir, file: 'config.json' });
    };
    expect(keyOf({}).apiKey).toBeUndefined();
    const weak = keyOf({ require_api_key: true });
    expect(weak.apiKey).toBe('secret');
    expect(weak.notes.join()).toContain('api_key has fewer than');
    expect(weak.notes.join()).not.toContain('secret');
    const strong = keyOf({ require_api_key: true, api_key: '0123456789abcdefghij' });
    expect(strong.notes.join()).not.toContain('api_key');
    for (const api_key of ['', 'two words', 'k\u00e4se']) {
      expect(problemsOf({}, { ...full, require_api_key: true, api_key })).toContain('api_key');
    }
  });

  it('is refused when it has a key that DataCat does not know', () => {
    expect(problemsOf({}, { ...full, retention: 3 })).toContain(
      'retention is not a key of DataCat',
    );
  });
});

describe('loopback', () => {
  it.each(['127.0.0.1', '127.3.2.1', '::1', 'localhost', 'LOCALHOST'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.evil.example', '1127.0.0.1'])(
    'is not %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
