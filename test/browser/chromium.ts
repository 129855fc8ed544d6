/** Finds a Chromium for tests, benchmarks and pictures, or installs one, and launches it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix, win32 } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { installFromDebian } from '../whole/debian.ts';

/** What looking for a browser needs of the machine. */
export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
  /** Installs packages where that is possible, and says nothing where it is not. */
  installFromDebian(...packages: string[]): Promise<void>;
  /** Where Playwright puts, or has put, the browser that it downloads. */
  downloadPath(): string;
  /** @throws when the download fails */
  download(): Promise<void>;
}

/**
 * Starts a headless browser with a profile of its own, which Playwright removes when it is closed.
 * @throws when there is none, or it does not start
 */
export async function launchChromium(executablePath?: string): Promise<Browser> {
  const path = executablePath ?? (await findChromium());
  try {
    return await chromium.launch({ executablePath: path, headless: true, args: [...flags] });
  } catch (error) {
    throw new Error(`${path} does not start; TACHO_CHROMIUM names another browser`, {
      cause: error,
    });
  }
}

/**
 * Switched off: first what every new window would open beside its page (the list below the address
 * bar, two pages of their own that take a second of processor time), then what Playwright switches
 * off, since the last such flag counts alone.
 */
const featuresOff = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'OptimizationHints', 'NetworkTimeServiceQuerying'],
  ...['AimEnabled', 'PreconnectToSearch'],
];

/** Nothing that talks to anybody, and nothing that a container lacks. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${featuresOff.join(',')}`,
] as const;

/**
 * Path of a Chromium or Chrome: the one that TACHO_CHROMIUM names, one that is installed, Debian's
 * package, Playwright's download, in this order.
 * @throws when there is none and none can be installed; the message says what was tried
 */
export async function findChromium(machine: Machine = thisMachine()): Promise<string> {
  const named = machine.env.TACHO_CHROMIUM;
  if (named) {
    if (machine.exists(named)) return named;
    throw new Error(`TACHO_CHROMIUM is ${named}, and there is no such file`);
  }
  const installed = installedChromium(machine);
  if (installed !== undefined) return installed;
  if (machine.exists(machine.downloadPath())) return machine.downloadPath();
  // Without a font every text would be as wide as its missing glyphs.
  await machine.installFromDebian('chromium', 'fonts-dejavu-core');
  const fromDebian = installedChromium(machine);
  if (fromDebian !== undefined) return fromDebian;
  const failure = await machine.download().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (machine.exists(machine.downloadPath())) return machine.downloadPath();
  throw new Error(nothingFound(machine, failure));
}

/** Names that a browser may have on the PATH. */
const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] as const;

function installedChromium({ platform, env, exists }: Machine): string | undefined {
  const { join, delimiter } = platform === 'win32' ? win32 : posix;
  const directories = (env.PATH ?? env.Path ?? '').split(delimiter).filter((part) => part !== '');
  const suffix = platform === 'win32' ? '.exe' : '';
  const onPath = commands.flatMap((name) => directories.map((dir) => join(dir, name + suffix)));
  return [...onPath, ...usualPlaces(platform, env)].find(exists);
}

/** Where installers put a browser that is on nobody's PATH. */
function usualPlaces(platform: NodeJS.Platform, env: Machine['env']): string[] {
  if (platform === 'darwin') {
    const roots = ['/Applications', posix.join(env.HOME ?? '/', 'Applications')];
    return ['Google Chrome', 'Chromium'].flatMap((name) =>
      roots.map((root) => `${root}/${name}.app/Contents/MacOS/${name}`),
    );
  }
  if (platform === 'win32') {
    const roots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA];
    return ['Google\\Chrome', 'Chromium', 'Microsoft\\Edge'].flatMap((name) =>
      roots
        .filter((root) => root !== undefined)
        .map(
          (root) =>
            `${root}\\${name}\\Application\\${name.endsWith('Edge') ? 'msedge' : 'chrome'}.exe`,
        ),
    );
  }
  return [];
}

function nothingFound(machine: Machine, failure: string | undefined): string {
  return [
    'There is no browser for the tests of the dashboard, and none could be installed.',
    `- on the PATH: none of ${commands.join(', ')}`,
    '- apt-get install chromium: not root on Debian, or it failed',
    `- playwright-core install chromium: ${failure ?? `left nothing at ${machine.downloadPath()}`}`,
    'Install Chromium or Chrome, or set TACHO_CHROMIUM to the path of one.',
  ].join('\n');
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    env: process.env,
    exists: existsSync,
    installFromDebian,
    downloadPath: () => chromium.executablePath(),
    download,
  };
}

const run = promisify(execFile);

async function download(): Promise<void> {
  const cli = createRequire(import.meta.url).resolve('playwright-core/cli.js');
  await run(process.execPath, [cli, 'install', 'chromium']);
}
