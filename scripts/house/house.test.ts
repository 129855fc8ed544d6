/** Every house rule is green on a tidy repository and red on one that breaks it. */
import { describe, expect, it } from 'vitest';
import { codeRules } from './code.ts';
import { documentRules } from './documents.ts';
import { packageRules } from './packages.ts';
import type { Repo } from './repo.ts';

const rules = { ...codeRules, ...documentRules, ...packageRules };
type RuleName = keyof typeof rules;

const tidy: Record<string, string> = {
  'package.json': '{ "version": "1.0.0", "devDependencies": { "vitest": "^4" } }',
  'package-lock.json': '{ "packages": { "node_modules/vitest": { "integrity": "sha512-x" } } }',
  'packages/server/package.json':
    '{ "version": "1.0.0", "dependencies": { "fastify": "^5", "@tacho/protocol": "1.0.0" } }',
  'packages/protocol/src/time.ts': '/** Time. */\n\n/** Now, as told. */\nexport const now = 1;\n',
  'packages/server/src/version.ts': "/** Version. */\n\n/** Ours. */\nexport const v = '1.0.0';\n",
  'packages/server/src/main.ts': "/** Runs. */\nimport './store/open.ts';\n",
  'packages/server/src/store/open.ts': "/** Opens. */\nimport './sqlite/sqlite.ts';\n",
  'packages/server/src/http/app.ts': "/** HTTP. */\nimport type { S } from '../store/store.ts';\n",
  'packages/server/src/store/store.ts': '/** Store. */\n\n/** S. */\nexport type S = 1;\n',
  'packages/server/src/store/sqlite/sqlite.ts': "/** SQLite. */\nimport './x.ts';\n",
  'packages/server/src/http/app.test.ts': "/** Tests. */\nit('works', () => {});\n",
  'docs/architecture.md': [
    '# Map',
    '`packages/protocol/src/time.ts`',
    '## `packages/server/src/`',
    '- `version.ts`, `main.ts`, `http/app.ts`',
    '- `store/store.ts`, `store/open.ts`, `store/sqlite/sqlite.ts`',
  ].join('\n'),
  'docs/decisions/dependencies.md': '# Why\n\n| `vitest` | tests |\n| `fastify` | HTTP |\n',
  'README.md': 'See [the map](docs/architecture.md#map) and [why](docs/decisions/dependencies.md).',
  'bin/run': '#!/bin/sh\n',
};

function repoWith(changes: Record<string, string | undefined>, executables = ['bin/run']): Repo {
  const files = new Map(Object.entries(tidy));
  for (const [path, text] of Object.entries(changes)) {
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  }
  return { files, executables: new Set(executables) };
}

/** Breaches by rule, with what makes each of them. */
const breaches: [RuleName, string, Record<string, string | undefined>][] = [
  ['protocolIsPure', 'imports node:fs', { 'packages/protocol/src/a.ts': "import 'node:fs';" }],
  [
    'protocolIsPure',
    'the server',
    { 'packages/protocol/src/a.ts': "import { x } from '../../server/src/main.ts';" },
  ],
  ['protocolIsPure', 'reads a clock', { 'packages/protocol/src/a.ts': 'const t = Date.now();' }],
  [
    'httpKnowsTheStoreInterface',
    'store/store.ts',
    { 'packages/server/src/http/routes/a.ts': "import '../../store/memory.ts';" },
  ],
  [
    'enginesAreChosenAtTheRim',
    'only store/open.ts and cli/',
    { 'packages/server/src/record.ts': "const x = await import('./store/sqlite/sqlite.ts');" },
  ],
  [
    'packagesMeetByName',
    'by its name',
    { 'packages/server/src/a.ts': "import '../../protocol/src/time.ts';" },
  ],
  [
    'packagesMeetByName',
    'by its name',
    { 'packages/agent/src/a.ts': "import '../../client/src/send.ts';" },
  ],
  [
    'importsGoOneWay',
    'imports @tacho/agent',
    { 'packages/client/src/a.ts': "import { x } from '@tacho/agent';" },
  ],
  ['importsGoOneWay', 'imports tacho', { 'packages/agent/src/a.ts': "import { x } from 'tacho';" }],
  [
    'dashboardKnowsTheProtocol',
    'imports @tacho/client',
    { 'packages/dashboard/src/a.tsx': "import { x } from '@tacho/client';" },
  ],
  ['foldersSayTheirSubject', 'says nothing', { 'packages/server/src/utils/a.ts': '' }],
  ['nothingIsLeftForLater', 'a.ts:2', { 'scripts/a.ts': `/** A. */\n// ${'TO'}DO: more` }],
  ['everyTestRuns', 'skipped', { 'test/a.test.ts': `describe${'.only'}('x', () => {});` }],
  ['everyTestRuns', 'skipped', { 'scripts/a.test.ts': `it${'.skip'}('x', () => {});` }],
  ['filesAreShort', '401 lines', { 'packages/server/src/a.ts': '\n'.repeat(401) }],
  ['filesSayTheirJob', 'a.ts', { 'packages/server/src/a.ts': 'const x = 1;\n' }],
  [
    'exportsAreDocumented',
    'a.ts:3 exports f',
    { 'packages/server/src/a.ts': '/** A. */\n\nexport async function f() {}\n' },
  ],
  ['mapNamesEveryFile', 'does not name', { 'packages/server/src/a.ts': '/** A. */\n' }],
  ['mapNamesEveryFile', 'is missing', { 'docs/architecture.md': undefined }],
  ['mapNamesNothingElse', 'does not exist', { 'docs/architecture.md': '`packages/gone.ts`' }],
  ['linksLeadSomewhere', 'does not exist', { 'README.md': '[gone](docs/gone.md)' }],
  ['linksLeadSomewhere', 'no such heading', { 'README.md': '[gone](docs/architecture.md#gone)' }],
  [
    'dependenciesHaveReasons',
    'no reason for left-pad',
    { 'packages/x/package.json': '{ "version": "1.0.0", "dependencies": { "left-pad": "1" } }' },
  ],
  [
    'dependenciesHaveReasons',
    'no reason for chdb',
    { 'test/clickhouse/package.json': '{ "version": "1.0.0", "dependencies": { "chdb": "1" } }' },
  ],
  ['dependenciesHaveReasons', 'lists fastify', { 'packages/server/package.json': '{}' }],
  [
    'lockNamesNoHost',
    'host',
    { 'package-lock.json': '{ "resolved": "https://example.org/x.tgz" }' },
  ],
  [
    'lockNamesNoHost',
    'test/x/package-lock.json names',
    { 'test/x/package-lock.json': '{ "resolved": "https://example.org/x.tgz" }' },
  ],
  [
    'lockIsComplete',
    'no entry for x-linux',
    {
      'package-lock.json':
        '{ "packages": { "node_modules/x": { "optionalDependencies": { "x-linux": "1" } } } }',
    },
  ],
  ['oneVersion', '2.0.0', { 'packages/x/package.json': '{ "version": "2.0.0" }' }],
  ['oneVersion', 'version.ts', { 'packages/server/src/version.ts': '/** V. */\n' }],
  ['programsCanBeRun', 'no run bit', { 'bin/other': '#!/bin/sh\n' }],
];

describe('a house rule', () => {
  it.each(Object.keys(rules) as RuleName[])('%s is content with a tidy repository', (name) => {
    expect(rules[name](repoWith({}))).toEqual([]);
  });

  it.each(breaches)('%s says "%s"', (name, words, changes) => {
    expect(rules[name](repoWith(changes)).join('\n')).toContain(words);
  });

  it('is shown to go red, whichever it is', () => {
    expect(new Set(breaches.map(([name]) => name))).toEqual(new Set(Object.keys(rules)));
  });

  it('lets tests use an engine, and overloads share a comment', () => {
    const repo = repoWith({
      'packages/server/src/http/a.test.ts': "/** A. */\nimport '../store/memory.ts';\n",
      'packages/server/src/main.ts':
        '/** M. */\n\n/** F. */\nexport function f(a: string): void;\nexport function f(a: number): void;\n',
    });
    expect(codeRules.httpKnowsTheStoreInterface(repo)).toEqual([]);
    expect(codeRules.exportsAreDocumented(repo)).toEqual([]);
  });
});
