/** Once for all stories: finds the browser, and serves a made-up week for those that only look. */
import type { TestProject } from 'vitest/node';
import { runTacho } from '../whole/cli.ts';
import { removeDirectory, startServer, temporaryDirectory } from '../whole/server.ts';
import { findChromium } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the browser. */
    chromium: string;
    /** A server with the week of `tacho demo`, which nobody changes. */
    demoUrl: string;
  }
}

/** Runs before the first story; what it provides is injected into each file. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  provide('chromium', await findChromium());
  const dataDir = temporaryDirectory('tacho-week-');
  await fillWeek(dataDir);
  const server = await startServer({ dataDir });
  provide('demoUrl', server.url);
  return async () => {
    await server.stop();
    removeDirectory(dataDir);
  };
}

async function fillWeek(dataDir: string): Promise<void> {
  const args = ['demo', '--data', dataDir, '--seed', '1', '--sessions', '300'];
  const { code, stderr } = await runTacho(args, { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`tacho demo: ${stderr}`);
}
