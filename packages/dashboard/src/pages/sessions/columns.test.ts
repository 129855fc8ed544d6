/** Columns of the list, in the address and beside each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, columnsText, fittingColumns, gridTracks, readColumns } from './columns.ts';

const some = fc.subarray(
  columns.map(({ name }) => name),
  { minLength: 1 },
);

describe('columns', () => {
  it('are the usual ones unless the address names others', () => {
    expect(readColumns(null)).toContain('activity');
    expect(readColumns('nonsense')).toEqual(readColumns(undefined));
    expect(readColumns('id,session,bogus')).toEqual(['session', 'id']);
    expect(columnsText(readColumns(''))).toBeUndefined();
  });

  it('come back from the address as they were chosen', () => {
    fc.assert(
      fc.property(some, (chosen) => {
        expect(readColumns(columnsText(chosen))).toEqual(chosen);
      }),
    );
  });

  it('fit into every width, the session always among them, and no fewer in a wider one', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 300, max: 2500 }), fc.nat(500), (chosen, width, more) => {
        const named = chosen.includes('session') ? chosen : (['session', ...chosen] as const);
        const shown = fittingColumns(named, width).map(({ name }) => name);
        expect(shown).toContain('session');
        const wider = fittingColumns(named, width + more).map(({ name }) => name);
        expect(wider).toEqual(expect.arrayContaining(shown));
      }),
    );
  });

  it('keep what matters most where there is little room', () => {
    const names = (width: number): string[] =>
      fittingColumns(readColumns(null), width).map(({ name }) => name);
    expect(names(1440)).toHaveLength(9);
    expect(names(1200)).not.toContain('id');
    expect(names(768)).toEqual(['session', 'started', 'duration', 'cause']);
  });

  it('leave the rest of the width to how it ended, else to the session', () => {
    const tracks = (text: string): string => gridTracks(fittingColumns(readColumns(text), 1440));
    expect(tracks('session,cause,id')).toBe('24px 16px minmax(136px, 0.6fr) minmax(0, 1fr) 72px');
    expect(tracks('session,id')).toBe('24px 16px minmax(136px, 1fr) 72px');
  });
});
