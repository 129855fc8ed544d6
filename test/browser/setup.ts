/** Once for all stories: finds the browser. */
import type { TestProject } from 'vitest/node';
import { findChromium } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the browser. */
    chromium: string;
  }
}

/** Runs before the first story; what it provides is injected into each file. */
export default async function setup({ provide }: TestProject): Promise<void> {
  provide('chromium', await findChromium());
}
