/** How large the pieces of a session are when they are handed from one thread to another. */
import type { SessionPart } from '../store.ts';

/** Rough size of a part; its buffers are noted for the handover. */
export function sizeOf(part: SessionPart, transfer: ArrayBuffer[]): number {
  switch (part.kind) {
    case 'session':
      return part.row.state.length + part.row.startState.length + 500;
    case 'patches':
      return part.rows.reduce((sum, { patch }) => sum + patch.length + 50, 0);
    case 'events':
      return part.rows.length * 500;
    case 'samples': {
      const { series, timesUs, values } = part.rows;
      for (const column of [series, timesUs, values]) transfer.push(column.buffer as ArrayBuffer);
      return series.byteLength + timesUs.byteLength + values.byteLength;
    }
  }
}
