/** Stretches of time that metrics are looked at in, and the steps that these are cut into. */

/** A stretch in milliseconds since 1970, or since the start of each session. */
export type Range = readonly [fromMs: number, toMs: number];

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Widths of steps that people count in. */
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * 60_000),
  ...[1, 2, 3, 6, 12].map((n) => n * 3_600_000),
  ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * 86_400_000),
];

/** Pixels that a step takes at least, so that its value can be pointed at. */
const stepPx = 6;

/** Values that one answer holds at most, with room for steps that are cut at the edges. */
const valuesMax = 9_000;

/** An instant of the address in milliseconds since 1970: `-7d`, `now`, a number, RFC 3339; undefined for anything else. */
export function instantMs(text: string | null, nowMs: number): number | undefined {
  if (text === null || text === '') return undefined;
  if (text === 'now') return nowMs;
  const [, length, unit = ''] = /^-(\d+)(ms|s|m|h|d|w)$/.exec(text) ?? [];
  if (length !== undefined) return nowMs - Number(length) * (unitMs[unit] ?? 0);
  const atMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(atMs) ? atMs : undefined;
}

/** The width of a step for a range that is drawn so wide, with so many groups. */
export function stepFor([fromMs, toMs]: Range, widthPx: number, groups: number): number {
  const most = Math.max(
    1,
    Math.min(Math.floor(widthPx / stepPx), Math.floor(valuesMax / Math.max(1, groups))),
  );
  const least = (toMs - fromMs) / most;
  return steps.find((each) => each >= least) ?? (steps.at(-1) as number);
}

/** The width of a step as people say it: `15 min`, `1 d`. */
export function stepText(stepMs: number): string {
  const names: [number, string][] = [
    [unitMs.d as number, 'd'],
    [unitMs.h as number, 'h'],
    [unitMs.m as number, 'min'],
    [unitMs.s as number, 's'],
  ];
  const [size, name] = names.find(([each]) => stepMs >= each && stepMs % each === 0) ?? [1, 'ms'];
  return `${stepMs / size} ${name}`;
}
