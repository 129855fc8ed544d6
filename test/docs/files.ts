/** The source files of every package with their one job, as docs/architecture.md lists them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Folders in the order in which data walks through them; folders not named here follow. */
const order = [
  'packages/protocol/src',
  'packages/protocol/src/schema',
  'packages/server/src',
  'packages/server/src/cli',
  'packages/server/src/config',
  'packages/server/src/http',
  'packages/server/src/http/routes',
  'packages/server/src/record',
  'packages/server/src/store',
  'packages/server/src/store/sqlite',
  'packages/server/src/store/sqlite/codec',
  'packages/server/src/store/memory',
  'packages/server/src/store/contract',
];

/** Source files by folder, tests and what only they use left out, with `/` in paths on every system. */
export function sourceFiles(): Map<string, string[]> {
  const folders = new Map<string, string[]>(order.map((folder) => [folder, []]));
  for (const name of readdirSync(`${root}packages`).sort()) {
    const src = `packages/${name}/src`;
    if (!existsSync(root + src)) continue;
    for (const entry of readdirSync(root + src, { recursive: true, encoding: 'utf8' }).sort()) {
      const path = `${src}/${entry.replaceAll('\\', '/')}`;
      if (!/\.tsx?$/.test(path) || /\.test\.tsx?$|\/testing\//.test(path)) continue;
      const folder = path.slice(0, path.lastIndexOf('/'));
      folders.set(folder, [...(folders.get(folder) ?? []), path]);
    }
  }
  return new Map([...folders].filter(([, files]) => files.length > 0));
}

/** Markdown: a heading per folder, and a line per file with the first sentence of its first comment. */
export function filesList(): string {
  const sections = [...sourceFiles()].map(([folder, files]) => {
    const lines = files.map((path) => `- \`${path.slice(folder.length + 1)}\` ${jobOf(path)}`);
    return [`### ${folder}`, '', ...lines].join('\n');
  });
  return sections.join('\n\n');
}

/** The first sentence of a file's first comment. */
function jobOf(path: string): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(root + path, 'utf8'))?.[1];
  if (comment === undefined) throw new Error(`${path} does not begin by saying its one job`);
  const text = comment.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim();
  return /^.*?[.!?](?=\s+[A-Z]|$)/.exec(text)?.[0] ?? text;
}
