/** The client as it is published: nothing of anybody else inside, small, and with types that stand alone. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleClient } from '../../../scripts/bundle-client.ts';

const client = fileURLToPath(new URL('../', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

let directory: string;
let metafiles: Awaited<ReturnType<typeof bundleClient>>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-bundle-'));
  metafiles = await bundleClient(directory);
});

describe('the bundles', () => {
  it.each([
    ['index.js', 40_000],
    ['browser.js', 15_000],
  ])('%s holds nothing of a third party and is at most %d bytes with gzip', (name, bytesMax) => {
    const inputs = Object.values(metafiles[name]?.outputs ?? {}).flatMap(({ inputs }) =>
      Object.entries(inputs),
    );
    const foreign = inputs.filter(
      ([path, { bytesInOutput }]) => path.includes('node_modules') && bytesInOutput > 0,
    );
    expect(foreign).toEqual([]);
    const text = readFileSync(join(directory, name));
    const bytes = gzipSync(text).length;
    console.log(`${name}: ${text.length} bytes, ${bytes} with gzip`);
    expect(bytes).toBeLessThanOrEqual(bytesMax);
  });

  it('import nothing but Node, and in a browser nothing at all', () => {
    const imports = (name: string) =>
      Object.values(metafiles[name]?.outputs ?? {}).flatMap(({ imports }) => imports);
    expect(imports('index.js').filter(({ path }) => !path.startsWith('node:'))).toEqual([]);
    expect(imports('browser.js')).toEqual([]);
  });
});

describe('the types', () => {
  it('compile for a user with all checks, by themselves and with @types/node, for `using` too', () => {
    const home = mkdtempSync(join(tmpdir(), 'tacho-types-'));
    const installed = join(home, 'node_modules/@tacho/client');
    mkdirSync(installed, { recursive: true });
    emitTypes(join(installed, 'dist'));
    cpSync(join(client, 'package.json'), join(installed, 'package.json'));
    mkdirSync(join(home, 'node_modules/@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      cpSync(join(modules, name), join(home, 'node_modules', name), { recursive: true });
    }
    writeFileSync(join(home, 'package.json'), '{"type":"module"}');
    writeFileSync(join(home, 'user.ts'), userCode);
    for (const [i, options] of userOptions.entries()) {
      const path = join(home, `tsconfig.${i}.json`);
      writeFileSync(
        path,
        JSON.stringify({
          compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, ...options },
          files: ['user.ts'],
        }),
      );
      expect(compile(['-p', path]), JSON.stringify(options)).toBe('');
    }
  });

  it('name no other package anywhere that a user can get to', () => {
    const home = mkdtempSync(join(tmpdir(), 'tacho-types-'));
    emitTypes(home);
    const seen = new Set<string>();
    const visit = (name: string) => {
      if (seen.has(name)) return;
      seen.add(name);
      const text = readFileSync(join(home, name), 'utf8');
      for (const [, from = ''] of text.matchAll(
        /from ['"]([^'"]+)['"]|import\(['"][^'"]+['"]\)/g,
      )) {
        expect(from, `${name} imports it`).toMatch(/^\.\//);
        visit(basename(from).replace(/\.ts$/, '.d.ts'));
      }
    };
    visit('index.d.ts');
    visit('browser.d.ts');
    expect(seen.has('api.d.ts')).toBe(true);
    expect(statSync(join(home, 'api.d.ts')).size).toBeGreaterThan(1000);
    expect(readdirSync(home).length).toBeGreaterThan(seen.size);
  });
});

const userCode = `
import { connect, type Session } from '@tacho/client';
const session: Session = connect({ product: 'shop', version: '1', capture: { console: ['warn'] } });
session.logMetric('response_time_ms', 1, ['api']);
session.logEvent('e', { level: 'error', data: { a: 1 } });
session.histogram('h', 1, { bounds: [1, 2], unit: 'ms' });
const wrapped: Promise<number> = session.timer.wrap('t', async () => 1);
const plain: string = session.timer.wrap('t', () => 'x');
{
  using timer = session.timer('t_ms');
  timer.count = 2;
}
// @ts-expect-error: a value is a number
session.logMetric('n', 'seven');
// @ts-expect-error: there is no such level
session.logEvent('e', { level: 'loud' });
void [wrapped, plain, session.stats().dropped.invalid, session.end()];
`;

const nodeNext = { module: 'nodenext', moduleResolution: 'nodenext' };
const bundler = { module: 'esnext', moduleResolution: 'bundler', customConditions: ['browser'] };
const userOptions = [
  { ...nodeNext, target: 'es2022', lib: ['es2022'], types: ['node'] },
  { ...nodeNext, target: 'esnext', lib: ['esnext', 'dom'], types: [] },
  { ...bundler, target: 'es2022', lib: ['es2022', 'esnext.disposable', 'dom'], types: [] },
];

function emitTypes(outDir: string): void {
  const text = compile([
    '-p',
    join(client, 'tsconfig.json'),
    '--composite',
    'false',
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
    '--outDir',
    outDir,
  ]);
  expect(text).toBe('');
}

function compile(args: string[]): string {
  const tsc = join(dirname(modules), 'node_modules/.bin/tsc');
  try {
    return execFileSync(tsc, args, { encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}
