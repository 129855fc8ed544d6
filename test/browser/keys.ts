/** The keys as somebody knows them who reads the help: pressed one after the other, told line by line. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A line of the help, and what shows that it is true. */
export type Told = readonly [line: string, prove: (page: Page) => Promise<unknown>];

/** Presses keys, those with a space between them one after the other: `g d`. */
export async function press(page: Page, keys: string): Promise<void> {
  for (const key of keys.split(' ')) await page.keyboard.press(key);
}

/** Presses keys until something is read differently; what is read then. */
export async function changes<T>(page: Page, keys: string, read: () => T): Promise<Awaited<T>> {
  const before = await read();
  await press(page, keys);
  await expect.poll(read).not.toEqual(before);
  return await read();
}

/** Presses keys, and waits until something is read so. */
export async function makes<T>(page: Page, keys: string, read: () => T, wanted: unknown) {
  await press(page, keys);
  await expect.poll(read).toEqual(wanted);
}

/** Presses a key that puts the focus into a field, and leaves the field again. */
export async function focuses(page: Page, key: string, name: string | RegExp): Promise<void> {
  await press(page, key);
  await page.getByLabel(name).and(page.locator(':focus')).waitFor();
  await press(page, 'Escape');
}

/** Path of the page. */
export function pathname(page: Page): string {
  return new URL(page.url()).pathname;
}

/** A word of the address. */
export function said(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name);
}

/** Width of the stretch that the address tells, in minutes. */
export function minutes(page: Page): number {
  return (Number(said(page, 'to')) - Number(said(page, 'from'))) / 60_000;
}

/** Two keys of which each takes back what the other did to what is read. */
export async function opposite<T>(page: Page, [one, other]: [string, string], read: () => T) {
  const first = await changes(page, one, read);
  await changes(page, other, read);
  await makes(page, one, read, first);
}

/** Zooms in and out again; all but what the rounding of addresses takes away. */
export async function zooms(page: Page): Promise<void> {
  const wide = await changes(page, '+', () => minutes(page));
  await press(page, '+');
  await expect.poll(() => minutes(page)).toBeLessThan(wide * 0.9);
  await press(page, '-');
  await expect.poll(() => minutes(page)).toBeCloseTo(wide, 2);
}

/** Whether Esc lets the cursor, which stands still, follow the pointer over a place again. */
export async function frees(
  page: Page,
  place: Locator,
  cursor: () => Promise<string>,
): Promise<void> {
  const { x, y, width, height } = (await place.boundingBox())!;
  const still = await cursor();
  await page.mouse.move(x + width / 3, y + height / 2);
  await page.mouse.move(x + width / 2, y + height / 2);
  expect(await cursor()).toBe(still);
  await press(page, 'Escape');
  await page.mouse.move(x + width / 3, y + height / 2);
  await expect.poll(cursor).not.toBe(still);
}

/** Proves a part of the help line by line, in this order; nothing else may stand in it. */
export async function proveAll(page: Page, part: string, told: readonly Told[]): Promise<void> {
  const lines = (await helpOf(page)).get(part) ?? [];
  expect(lines.toSorted()).toEqual(told.map(([line]) => line).toSorted());
  for (const [line, prove] of told) {
    try {
      await prove(page);
    } catch (cause) {
      throw new Error(`What the help tells is not what happens: ${part}, ${line}`, { cause });
    }
  }
}

/** Opens the help and closes it again; its lines as they are read, by heading: `g o Overview`. */
export async function helpOf(page: Page): Promise<Map<string, string[]>> {
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'All keys' });
  await help.waitFor();
  const parts = new Map<string, string[]>();
  for (const part of await help.locator('section').all()) {
    const lines = await part.locator('dl > div').allInnerTexts();
    const heading = await part.getByRole('heading').innerText();
    parts.set(
      heading,
      lines.map((line) => line.trim().replaceAll(/\s+/g, ' ')),
    );
  }
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
  return parts;
}
