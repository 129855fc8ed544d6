/** Glyphs: every outcome and level has its own silhouette, so that hue never stands alone. */
import type { JSX } from 'preact';

/** What has a glyph. */
export type GlyphName =
  | 'live'
  | 'clean'
  | 'failed'
  | 'crashed'
  | 'oom'
  | 'hung'
  | 'suspended'
  | 'lost'
  | 'debug'
  | 'info'
  | 'warning'
  | 'error'
  | 'critical';

const ring = { cx: 8, cy: 8, r: 6.25, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 };
const cut = {
  stroke: 'var(--knock)',
  'stroke-width': 1.75,
  'stroke-linecap': 'round' as const,
  fill: 'none',
};

const octagon = () => (
  <>
    <path d="M5.2 1.3h5.6l3.9 3.9v5.6l-3.9 3.9H5.2l-3.9-3.9V5.2z" fill="currentColor" />
    <path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" {...cut} />
  </>
);

/**
 * Made anew each time: a node that is kept holds the tree that it was first drawn in, and through it all
 * trees that came after, with their data.
 */
const shapes: Record<GlyphName, () => JSX.Element> = {
  live: () => (
    <>
      <circle cx="8" cy="8" r="3.2" fill="currentColor" />
      <circle class="live-dot" {...ring} />
    </>
  ),
  clean: () => (
    <>
      <circle {...ring} />
      <path
        d="m5.2 8.2 2 1.9 3.6-4"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </>
  ),
  failed: () => (
    <>
      <circle {...ring} />
      <path d="M8 4.6v4" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" />
      <circle cx="8" cy="11.1" r="1" fill="currentColor" />
    </>
  ),
  crashed: octagon,
  critical: octagon,
  oom: () => (
    <>
      <path
        d="M1 4.5C1 3.7 1.7 3 2.5 3h11c.8 0 1.5.7 1.5 1.5V10H1zM1.6 11h1.9v2H1.6zm3.6 0h1.9v2H5.2zm3.7 0h1.9v2H8.9zm3.6 0h1.9v2h-1.9z"
        fill="currentColor"
      />
      <path d="M4.5 5.2v2.6M8 5.2v2.6m3.5-2.6v2.6" {...cut} stroke-width="1.5" />
    </>
  ),
  hung: () => (
    <path
      d="M3.2 1h9.6v1.8h-1v1.6c0 1.5-1.5 2.5-2.6 3.6 1.1 1.1 2.6 2.1 2.6 3.6v1.6h1V15H3.2v-1.8h1v-1.6c0-1.5 1.5-2.5 2.6-3.6-1.1-1.1-2.6-2.1-2.6-3.6V2.8h-1z"
      fill="currentColor"
    />
  ),
  suspended: () => <path d="M4 3h2.75v10H4zm5.25 0H12v10H9.25z" fill="currentColor" />,
  lost: () => (
    <>
      <circle {...ring} stroke-dasharray="2.6 1.327" />
      <path
        d="M6.4 6.5a1.65 1.65 0 1 1 2.4 1.45c-.55.3-.8.55-.8 1.1"
        fill="none"
        stroke="currentColor"
        stroke-width="1.4"
        stroke-linecap="round"
      />
      <circle cx="8" cy="11" r=".85" fill="currentColor" />
    </>
  ),
  debug: () => (
    <circle cx="8" cy="8" r="2.25" fill="none" stroke="currentColor" stroke-width="1.25" />
  ),
  info: () => <circle cx="8" cy="8" r="2.5" fill="currentColor" />,
  warning: () => (
    <>
      <path d="m8 1.8 7 12.2H1z" fill="currentColor" />
      <path d="M8 6.3v3.4" {...cut} />
      <circle cx="8" cy="12" r=".9" fill="var(--knock)" />
    </>
  ),
  error: () => <path d="M8 1.3 14.7 8 8 14.7 1.3 8z" fill="currentColor" />,
};

/** A glyph; with a `label` it is read aloud, without one it is decoration beside a word. */
export function Glyph({
  name,
  size = 16,
  label,
}: {
  name: GlyphName;
  size?: number;
  label?: string;
}) {
  const naming =
    label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: decoration beside a word has no name of its own.
    <svg class={`g g-${name}`} width={size} height={size} viewBox="0 0 16 16" {...naming}>
      {label !== undefined && <title>{label}</title>}
      {shapes[name]()}
    </svg>
  );
}
