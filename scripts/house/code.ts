/** House rules about code: who may import whom, size, documentation, nothing left behind. */
import { posix } from 'node:path';
import { isTest, type Repo, type Rule, sources } from './repo.ts';

/** Lines that a source file may have; one idea that needs more is two ideas. */
const fileLinesMax = 400;

const server = 'packages/server/src/';
const protocol = 'packages/protocol/src/';

/** The protocol runs anywhere, also in a browser: no Node, no clock, nothing of the server. */
const protocolIsPure: Rule = (repo) => {
  const breaches: string[] = [];
  for (const [path, text] of sources(repo)) {
    if (!path.startsWith(protocol)) continue;
    for (const name of importsOf(path, text)) {
      const leaves = name.startsWith('packages/') && !name.startsWith(protocol);
      if (name.startsWith('node:') || name === 'tacho' || leaves) {
        breaches.push(
          `${path} imports ${name}; the protocol package imports nothing of Node or the server`,
        );
      }
    }
    if (/\b(Date|performance)\.now\(|new Date\(\)/.test(text)) {
      breaches.push(`${path} reads a clock; in the protocol package the clock is a parameter`);
    }
  }
  return breaches;
};

/** HTTP knows the Store interface, never an engine. */
const httpKnowsTheStoreInterface: Rule = (repo) =>
  forbiddenImports(
    repo,
    (path) => path.startsWith(`${server}http/`),
    (name) => name.startsWith(`${server}store/`) && name !== `${server}store/store.ts`,
    'routes reach the store through store/store.ts',
  );

/** Only the program's rim chooses an engine. */
const enginesAreChosenAtTheRim: Rule = (repo) =>
  forbiddenImports(
    repo,
    (path) => !/^packages\/server\/src\/(store\/sqlite\/|store\/open\.ts$|cli\/)/.test(path),
    (name) => name.startsWith(`${server}store/sqlite/`),
    'only store/open.ts and cli/ import the SQLite engine',
  );

/** Packages meet through their public surface. */
const packagesMeetByName: Rule = (repo) =>
  forbiddenImports(
    repo,
    () => true,
    (name, path) => name.startsWith('packages/') && roomOf(name) !== roomOf(path),
    'import another package by its name',
  );

/** The rooms in the order in which data walks through them; `tacho` is the server. */
const rooms = ['@tacho/protocol', '@tacho/client', '@tacho/agent', 'tacho'];

/** The dashboard meets the server over HTTP only. */
const dashboardKnowsTheProtocol: Rule = (repo) =>
  forbiddenImports(
    repo,
    (path) => roomOf(path) === '@tacho/dashboard',
    (name) => [...rooms.slice(1), '@tacho/dashboard'].includes(name) || name.startsWith('node:'),
    'the dashboard imports the protocol only',
  );

/** Imports go one way: protocol ← client ← agent ← server. */
const importsGoOneWay: Rule = (repo) =>
  forbiddenImports(
    repo,
    (path) => rooms.includes(roomOf(path)),
    (name, path) => rooms.indexOf(name) > rooms.indexOf(roomOf(path)),
    `packages import in the direction ${rooms.join(' ← ')}`,
  );

function roomOf(path: string): string {
  const folder = path.split('/')[1] ?? '';
  return folder === 'server' ? 'tacho' : `@tacho/${folder}`;
}

/** A folder is named after what it is about. */
const foldersSayTheirSubject: Rule = (repo) => {
  const vague = new Set(['utils', 'util', 'helpers', 'common', 'misc', 'shared', 'lib']);
  return [...repo.files.keys()]
    .filter((path) =>
      path
        .split('/')
        .slice(0, -1)
        .some((folder) => vague.has(folder)),
    )
    .map((path) => `${path} is in a folder whose name says nothing`);
};

const codeFile = /\.(tsx?|css|js|mjs|sh|yml|json|md)$/;
const leftover = new RegExp(
  `\\b(${['TO', 'FIX', 'XX'].map((w, i) => w + ['DO', 'ME', 'X'][i]).join('|')})\\b`,
);

/** Work is finished or it is an issue; it is not a note in the code. */
const nothingIsLeftForLater: Rule = (repo) =>
  linesMatching(repo, (path) => codeFile.test(path), leftover, 'holds a note to do it later');

/** A test that does not run proves nothing. */
const everyTestRuns: Rule = (repo) =>
  linesMatching(
    repo,
    (path) => path.endsWith('.test.ts') || isTest(path),
    /\b(it|test|describe)(\.each|\.concurrent)*\.(only|skip|todo)\b/,
    'has a test that is skipped or exclusive',
  );

/** Nobody reads a long file. */
const filesAreShort: Rule = (repo) =>
  sources(repo)
    .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > fileLinesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines; ${fileLinesMax} is the ceiling`);

/** The first line of a file says its one job. */
const filesSayTheirJob: Rule = (repo) =>
  [...repo.files]
    .filter(([path]) => /^(packages\/[^/]+\/src|scripts|test|bench)\/.*\.tsx?$/.test(path))
    .filter(([, text]) => !/^(#!.*\n)?\/\*\*/.test(text))
    .map(([path]) => `${path} does not start with a comment that says its job`);

const exported =
  /^export (?:default )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type) (\w+)/;

/** What others use, others must be able to read up on. */
const exportsAreDocumented: Rule = (repo) => {
  const breaches: string[] = [];
  for (const [path, text] of sources(repo)) {
    const lines = text.split('\n');
    let previous = '';
    lines.forEach((line, i) => {
      const name = exported.exec(line)?.[1];
      if (name === undefined) return;
      const isOverload = name === previous;
      previous = name;
      if (!isOverload && !lines[i - 1]?.trimEnd().endsWith('*/')) {
        breaches.push(`${path}:${i + 1} exports ${name} without a doc comment`);
      }
    });
  }
  return breaches;
};

/** Rules about code, by name. */
export const codeRules = {
  protocolIsPure,
  httpKnowsTheStoreInterface,
  enginesAreChosenAtTheRim,
  packagesMeetByName,
  importsGoOneWay,
  dashboardKnowsTheProtocol,
  foldersSayTheirSubject,
  nothingIsLeftForLater,
  everyTestRuns,
  filesAreShort,
  filesSayTheirJob,
  exportsAreDocumented,
} satisfies Record<string, Rule>;

function forbiddenImports(
  repo: Repo,
  from: (path: string) => boolean,
  what: (name: string, path: string) => boolean,
  rule: string,
): string[] {
  return sources(repo)
    .filter(([path]) => from(path))
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter((name) => what(name, path))
        .map((name) => `${path} imports ${name}; ${rule}`),
    );
}

/** Everything that a file imports or re-exports; relative names as paths from the root. */
function importsOf(path: string, text: string): string[] {
  const names = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...names].map(([, name = '']) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name) : name,
  );
}

function linesMatching(
  repo: Repo,
  which: (path: string) => boolean,
  pattern: RegExp,
  what: string,
): string[] {
  return [...repo.files]
    .filter(([path]) => which(path))
    .flatMap(([path, text]) =>
      text
        .split('\n')
        .flatMap((line, i) =>
          pattern.test(line) ? [`${path}:${i + 1} ${what}: ${line.trim()}`] : [],
        ),
    );
}
