/** The repository as the house rules see it: texts by path. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** All files that belong to the project. */
export interface Repo {
  /** Text by path from the root, with `/` between folders; empty for files that hold no text. */
  files: ReadonlyMap<string, string>;
  /** Paths of the files that can be run. */
  executables: ReadonlySet<string>;
}

/** A house rule: one sentence per breach, none when all is well. */
export type Rule = (repo: Repo) => string[];

/** Folders that hold what is made or fetched, not what we wrote. */
const foreign = new Set([
  ...['node_modules', 'dist', '.git', 'coverage', 'tacho-data', 'data'],
  ...['__pycache__', '.mypy_cache', 'build', 'tacho.egg-info'],
]);

/** Files that have no text: rules know only that they are there. */
const binary = /\.(png|jpg|ico|db|bin|gz|woff2?)$/;

/** Reads the repository at `root`. */
export function readRepo(root: string): Repo {
  const files = new Map<string, string>();
  const executables = new Set<string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!foreign.has(entry.name)) visit(path);
      } else if (entry.isFile()) {
        files.set(path, binary.test(entry.name) ? '' : readFileSync(join(root, path), 'utf8'));
        if ((statSync(join(root, path)).mode & 0o111) !== 0) executables.add(path);
      }
    }
  };
  visit('');
  return { files, executables };
}

/** Whether a path is a test or belongs to tests only. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$|^test\/|\/testing\/|\/store\/contract(\/|\.ts$)/.test(path);
}

/** Our TypeScript sources that are not tests, by path. */
export function sources(repo: Repo): [string, string][] {
  return [...repo.files].filter(
    ([path]) => /^packages\/[^/]+\/src\/.*\.tsx?$/.test(path) && !isTest(path),
  );
}
