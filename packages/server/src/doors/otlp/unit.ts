/** Units: from UCUM, which OTLP writes, to the words that Tacho uses. */
import { unitOf, wordsOf } from '@tacho/protocol';

/**
 * `By` is `bytes`, `ms` `milliseconds`, `%` `percent`, `{request}` `request`; what we do not know
 * stays as it is. `1` means a plain number, which a name that ends in `utilization` makes a ratio.
 */
export function unitFrom(ucum: string, name: string): string {
  if (ucum === '1') return wordsOf(name).at(-1) === 'utilization' ? 'ratio' : '';
  if (ucum === '') return '';
  const unit = unitOf(name, ucum);
  if (unit !== undefined && unit.dimension !== 'other') return unit.id;
  return ucum.replace(/[{}]/g, '');
}
