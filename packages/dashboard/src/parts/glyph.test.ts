/** Proves that glyphs keep no nodes. */
import type { VNode } from 'preact';
import { expect, test } from 'vitest';
import { Glyph, type GlyphName } from './glyph.tsx';

const names: readonly GlyphName[] = [
  ...(['live', 'clean', 'failed', 'crashed', 'oom', 'hung', 'suspended', 'lost'] as const),
  ...(['debug', 'info', 'warning', 'error', 'critical'] as const),
];

/** The nodes that a glyph is made of. */
function nodesOf(node: unknown): object[] {
  if (Array.isArray(node)) return node.flatMap(nodesOf);
  if (typeof node !== 'object' || node === null) return [];
  return [node, ...nodesOf((node as VNode<{ children?: unknown }>).props.children)];
}

test.each(names)(
  '%s is made of new nodes each time: one that is kept would hold every tree',
  (name) => {
    const first = new Set(nodesOf(Glyph({ name })));
    expect(first.size).toBeGreaterThan(1);
    expect(nodesOf(Glyph({ name })).filter((node) => first.has(node))).toEqual([]);
  },
);
