/** The image: its recipe is one, and what it copies is enough to run; built by hand, since no engine is here. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignEnvironment, temporaryDirectory } from '../whole/server.ts';
import { freePort, root, textOf } from './files.ts';

/** A busy machine takes its time. */
const patient = { timeout: 30_000 };

const dockerfile = textOf('deploy/Dockerfile');
const [, build = '', image = ''] = dockerfile.split(/^FROM .*$/m);

/** What the last stage copies, from the built tree or from the repository: source and target. */
const copies = [...image.matchAll(/^COPY (?:--from=build \/src\/)?(\S+) (\S+)$/gm)].map(
  ([, source = '', target = '']) => ({ source, target }),
);

describe('deploy/Dockerfile', () => {
  it('has no mistake that a linter knows of', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  });

  it('starts from an exact version of Node, twice the same', () => {
    const from = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, name]) => name);
    expect(from).toHaveLength(2);
    expect(from[0]).toMatch(/^node:20\.\d+\.\d+-\w+-slim$/);
    expect(from[1]).toBe(from[0]);
  });

  it('runs as a user without rights, by number', () => {
    expect(/^USER (\S+)$/m.exec(image)?.[1]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('knows every package of the workspace before it installs', () => {
    const { workspaces } = JSON.parse(textOf('package.json')) as { workspaces: string[] };
    const before = build.slice(0, build.indexOf('RUN npm ci'));
    for (const folder of workspaces) {
      expect(before).toContain(`COPY ${folder}/package.json ${folder}/\n`);
    }
  });

  it('lets through .dockerignore all that it copies, and nothing recorded', () => {
    const lines = textOf('.dockerignore').split('\n');
    expect(lines).toContain('*');
    expect(lines).toContain('**/tacho-data');
    expect(lines).toContain('**/.env');
    const fromContext = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, sources = '']) => sources.split(' '))
      .filter((source) => source !== '.');
    const needed = [...fromContext, 'tsconfig.json', 'tsconfig.base.json', 'scripts/bundle.ts'];
    for (const path of needed) {
      expect(lines, path).toContain(`!${path.split('/')[0]}`);
      expect(existsSync(join(root, path)), path).toBe(true);
    }
  });
});

// Its scripts are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('what the image holds', () => {
  const home = temporaryDirectory('tacho-image-');
  const environment = { ...foreignEnvironment(), TACHO_DATA_DIR: join(home, 'data') };
  let env: Record<string, string | undefined> = environment;
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    for (const { source, target } of copies) {
      mkdirSync(join(home, target, '..'), { recursive: true });
      cpSync(join(root, source), join(home, target), { recursive: true });
    }
    env = { ...environment, TACHO_PORT: String(await freePort()) };
  });
  afterAll(() => server?.kill('SIGKILL'));

  const tacho = join(home, 'packages/server/bin/tacho.js');
  const healthy = join(home, 'deploy/image/healthy.mjs');
  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { env, encoding: 'utf8', timeout: 30_000 });

  it('has the tables of ClickHouse with it', () => {
    const source = readdirSync(join(root, 'packages/server/src/store/clickhouse/schema'));
    expect(source.length).toBeGreaterThan(0);
    expect(readdirSync(join(home, 'packages/server/dist/bundle/schema'))).toEqual(source);
  });

  it('is unhealthy without a server', () => {
    expect(run(process.execPath, healthy).status).toBe(1);
  });

  it('makes a first token before any server listens, and no second one', () => {
    const first = run(join(home, 'deploy/image/first-token.sh'));
    expect(first.stdout).toMatch(/^tacho_\S+\n$/);
    expect(first.status).toBe(0);
    const second = run(join(home, 'deploy/image/first-token.sh'));
    expect(second.stdout).toBe('');
    expect(second.status).toBe(5);
  });

  it('serves, the dashboard included, and is healthy then', async () => {
    server = spawn(process.execPath, [tacho, 'serve'], { env, stdio: 'ignore' });
    await expect.poll(() => run(process.execPath, healthy).status, patient).toBe(0);
    const page = await fetch(`http://127.0.0.1:${env.TACHO_PORT}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script');
  });
});
