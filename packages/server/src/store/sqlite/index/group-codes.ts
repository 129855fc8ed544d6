/** Group keys over session columns: a small number for the value that each session has, and the value back. */
import { causeKinds, lifecycles, outcomes } from '@tacho/protocol';
import type { GroupKey } from '../../store.ts';
import { livenessAt, type SelectionContext } from './selection.ts';
import { blockRows, type SessionBlock } from './session-block.ts';

/** Codes of one group key. */
export interface GroupCodes {
  /** Codes are below this one; it may grow with each block. */
  size(): number;
  /** Writes the code of each row that is marked. */
  read(block: SessionBlock, marks: Uint8Array, codes: Uint32Array): void;
  /** The value that a code stands for. */
  value(code: number): string | number | null;
}

/** Prepares a group key. */
export function groupCodes(key: GroupKey, context: SelectionContext): GroupCodes {
  switch (key.by) {
    case 'product':
    case 'version':
    case 'machine':
    case 'hostname': {
      const column = key.by;
      const { texts } = context.dictionaries[column];
      return stored(
        (block) => block[column],
        texts.length,
        (code) => (code === 0 ? null : texts[code]!),
      );
    }
    case 'lifecycle':
      return tabled((block) => block.lifecycle, lifecycles);
    case 'outcome':
      return tabled((block) => block.outcome, outcomes);
    case 'cause':
      return tabled((block) => block.cause, causeKinds);
    case 'hung':
      return computed((block, i) => (block.hangs[i]! > 0 ? 1 : 0), ['false', 'true']);
    case 'liveness':
      return computed(
        (block, i) => livenessAt(block, i, context.nowUs, context.suspendedAfterUs),
        [null, 'responsive', 'hung', 'suspended'],
      );
    case 'time':
      return timeCodes(key.widthUs);
    case 'state':
      return stateCodes(key.path, context);
  }
}

function stored(
  column: (block: SessionBlock) => Uint32Array | Uint8Array,
  size: number,
  value: GroupCodes['value'],
): GroupCodes {
  return { size: () => size, read: (block, _marks, codes) => codes.set(column(block)), value };
}

function tabled(column: (block: SessionBlock) => Uint8Array, table: readonly string[]): GroupCodes {
  return stored(column, table.length + 1, (code) => (code === 0 ? null : table[code - 1]!));
}

function computed(
  codeOf: (block: SessionBlock, row: number) => number,
  values: readonly (string | null)[],
): GroupCodes {
  return {
    size: () => values.length,
    read: (block, marks, codes) => {
      for (let i = 0; i < blockRows; i++) if (marks[i] === 1) codes[i] = codeOf(block, i);
    },
    value: (code) => values[code]!,
  };
}

/** Steps of time get codes in the order in which they are met. */
function timeCodes(widthUs: number): GroupCodes {
  const known = new Map<number, number>();
  const starts: number[] = [];
  return {
    size: () => starts.length,
    read: ({ createdUs }, marks, codes) => {
      // Sessions of one block mostly began in the same step.
      let last = Number.NaN;
      let code = 0;
      for (let i = 0; i < blockRows; i++) {
        if (marks[i] === 0) continue;
        const startUs = Math.floor(createdUs[i]! / widthUs) * widthUs;
        if (startUs !== last) {
          last = startUs;
          code = known.get(startUs) ?? starts.push(startUs) - 1;
          known.set(startUs, code);
        }
        codes[i] = code;
      }
    },
    value: (code) => starts[code]!,
  };
}

/** Code 0 is for sessions where the path leads nowhere. */
function stateCodes(path: string, { sets }: SelectionContext): GroupCodes {
  const { sessions, codes: found, values } = sets.valuesAt(path);
  const blocks = new Map<number, Uint32Array>();
  for (let i = 0; i < sessions.length; i++) {
    const session = sessions[i]!;
    const no = Math.floor(session / blockRows);
    let codes = blocks.get(no);
    if (!codes) {
      codes = new Uint32Array(blockRows);
      blocks.set(no, codes);
    }
    codes[session % blockRows] = found[i]! + 1;
  }
  return {
    size: () => values.length + 1,
    read: ({ first }, _marks, codes) => {
      const known = blocks.get(first / blockRows);
      if (known) codes.set(known);
      else codes.fill(0);
    },
    value: (code) => (code === 0 ? null : values[code - 1]!),
  };
}
