/** Bundles the server into packages/server/dist/bundle: a thousand small modules would cost more than the start may take. */
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const server = join(packages, 'server');
const outdir = join(server, 'dist/bundle');

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await build({
  entryPoints: {
    tacho: join(server, 'src/cli/index.ts'),
    // The store by itself, for the tests that run it in the threads that users get.
    'sqlite-store': join(server, 'src/store/sqlite/sqlite.ts'),
    ...threads(join(server, 'src')),
  },
  outdir,
  // One flat folder: a thread is started by its name beside the chunk that starts it.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Workspace packages come from their sources, so that the bundle is never older than they are.
  conditions: ['source'],
  // Brings a native library that it looks up beside itself.
  external: ['@photostructure/sqlite'],
  banner: { js: requireForBundledCommonJs() },
  legalComments: 'none',
  logLevel: 'warning',
});
// In one file, without anything of the server: a program waits for it to listen.
await build({
  entryPoints: [join(packages, 'agent/src/agent-script.ts')],
  outfile: join(outdir, 'agent.js'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['source'],
  // Less to read at each start; names stay, since traces of errors go into the log.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});
// Read by name beside the code that serves them.
cpSync(join(server, 'src/http/docs/assets'), join(outdir, 'assets'), { recursive: true });
cpSync(join(server, 'src/store/clickhouse/schema'), join(outdir, 'schema'), { recursive: true });

/** Files that run as threads of their own, by name. */
function threads(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    paths
      .filter((path) => path.endsWith('-thread.ts'))
      .map((path) => [basename(path, '.ts'), join(folder, path)]),
  );
}

/** Bundled CommonJS packages call `require` for what belongs to Node; ES modules have none. */
function requireForBundledCommonJs(): string {
  return (
    "import { createRequire as createRequireOfTacho } from 'node:module';" +
    'const require = createRequireOfTacho(import.meta.url);'
  );
}
