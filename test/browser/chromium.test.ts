/** Which browser is taken, from machines that are made up. */
import { describe, expect, it } from 'vitest';
import { findChromium, type Machine } from './chromium.ts';

const downloaded = '/home/me/.cache/ms-playwright/chromium-1/chrome';

/** A machine with these files; what is installed or downloaded is written down in `done`. */
function machineWith(files: string[], about: Partial<Machine> = {}): Machine & { done: string[] } {
  const there = new Set(files);
  const done: string[] = [];
  return {
    done,
    platform: 'linux',
    env: { PATH: '/usr/local/bin:/usr/bin' },
    exists: (path) => there.has(path),
    installFromDebian: async (...packages) => {
      done.push(`apt ${packages.join(' ')}`);
    },
    downloadPath: () => downloaded,
    download: async () => {
      done.push('download');
      throw new Error('no such host');
    },
    ...about,
  };
}

describe('the browser', () => {
  it('is the one that TACHO_CHROMIUM names, before any other', async () => {
    const env = { PATH: '/usr/bin', TACHO_CHROMIUM: '/opt/mine' };
    const machine = machineWith(['/usr/bin/chromium', '/opt/mine'], { env });
    expect(await findChromium(machine)).toBe('/opt/mine');
  });

  it('is no other when the named one is missing: that is a mistake to be told', async () => {
    const env = { PATH: '/usr/bin', TACHO_CHROMIUM: '/opt/mine' };
    const machine = machineWith(['/usr/bin/chromium'], { env });
    await expect(findChromium(machine)).rejects.toThrow('TACHO_CHROMIUM is /opt/mine');
    expect(machine.done).toEqual([]);
  });

  it('is one on the PATH, Chromium before Chrome', async () => {
    const both = machineWith(['/usr/local/bin/google-chrome', '/usr/bin/chromium']);
    expect(await findChromium(both)).toBe('/usr/bin/chromium');
    const chrome = machineWith(['/usr/local/bin/google-chrome', downloaded]);
    expect(await findChromium(chrome)).toBe('/usr/local/bin/google-chrome');
    expect(both.done).toEqual([]);
  });

  it.each<[NodeJS.Platform, Record<string, string>, string]>([
    ['darwin', {}, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
    [
      'darwin',
      { HOME: '/Users/me' },
      '/Users/me/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    [
      'win32',
      { PROGRAMFILES: 'C:\\Program Files' },
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    [
      'win32',
      { 'PROGRAMFILES(X86)': 'C:\\Program Files (x86)' },
      'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
    ],
    ['win32', { Path: 'C:\\bin;D:\\tools' }, 'D:\\tools\\chromium.exe'],
  ])('is where installers of %s put it (%j)', async (platform, env, path) => {
    expect(await findChromium(machineWith([path], { platform, env }))).toBe(path);
  });

  it('is one that Playwright has downloaded before, without asking anybody', async () => {
    const machine = machineWith([downloaded]);
    expect(await findChromium(machine)).toBe(downloaded);
    expect(machine.done).toEqual([]);
  });

  it("is Debian's where none is there", async () => {
    const files: string[] = [];
    const machine: Machine = machineWith([], {
      exists: (path) => files.includes(path),
      installFromDebian: async (...packages) => {
        expect(packages).toContain('chromium');
        files.push('/usr/bin/chromium');
      },
      download: () => Promise.reject(new Error('must not be asked')),
    });
    expect(await findChromium(machine)).toBe('/usr/bin/chromium');
  });

  it('is downloaded where Debian has none', async () => {
    const files: string[] = [];
    const machine: Machine = machineWith([], {
      exists: (path) => files.includes(path),
      download: async () => {
        files.push(downloaded);
      },
    });
    expect(await findChromium(machine)).toBe(downloaded);
  });

  it('is missed with a message that says what was tried and what to do', async () => {
    const machine = machineWith([]);
    const error: Error = await findChromium(machine).then(
      () => expect.fail('found one'),
      (reason) => reason,
    );
    expect(machine.done).toEqual(['apt chromium fonts-dejavu-core', 'download']);
    expect(error.message).toContain('google-chrome');
    expect(error.message).toContain('apt-get install chromium');
    expect(error.message).toContain('no such host');
    expect(error.message).toContain('set TACHO_CHROMIUM');
  });
});
