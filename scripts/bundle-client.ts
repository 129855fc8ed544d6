/** Bundles the client into single files for Node and for browsers, with what it needs of the protocol inside. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { limits } from '../packages/protocol/src/limits.ts';

const client = fileURLToPath(new URL('../packages/client/', import.meta.url));

/** Writes `index.js` and `browser.js` into a folder; what is inside of them, by their names. */
export async function bundleClient(outdir: string): Promise<Record<string, Metafile>> {
  return {
    'index.js': await bundle('src/index.ts', join(outdir, 'index.js'), false),
    'browser.js': await bundle('src/browser.ts', join(outdir, 'browser.js'), true),
  };
}

async function bundle(entry: string, outfile: string, isBrowser: boolean): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [join(client, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: isBrowser ? 'browser' : 'node',
    target: isBrowser ? ['es2022'] : ['node20.15'],
    // Nobody reads the one, and everybody who debugs reads the other.
    minify: isBrowser,
    conditions: ['source'],
    metafile: true,
    plugins: [withoutSideEffects, inlineLimits],
    legalComments: 'none',
    logLevel: 'warning',
  });
  return metafile;
}

/**
 * What nothing uses of a third-party module is left out. Some say so themselves, in a place where
 * bundlers do not look.
 */
const withoutSideEffects: Plugin = {
  name: 'without-side-effects',
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'resolved') return undefined;
      const found = await resolve(path, { ...options, pluginData: 'resolved' });
      return found.path.includes('/node_modules/') ? { ...found, sideEffects: false } : found;
    });
  },
};

/** The few limits that a client has become numbers where they are used; it need not carry all others. */
const inlineLimits: Plugin = {
  name: 'inline-limits',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]protocol[\\/]src[\\/]limits\.ts$/ }, () => {
      const members = Object.entries(limits).map(([name, value]) => `${name} = ${value}`);
      return { contents: `export enum limits { ${members.join(', ')} }`, loader: 'ts' };
    });
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleClient(join(client, 'dist'));
