/** States and their differences as indented lines. */
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '@tacho/protocol';
import { type Look, paint } from './look.ts';
import { fit, harmless } from './text.ts';

/**
 * A state, one value per line, names of an object indented below it. What stands below a path in
 * `changed` is marked.
 */
export function stateLines(
  look: Look,
  state: JsonObject,
  changed: ReadonlySet<string> = new Set(),
): string[] {
  return [...lines(look, state, changed, '', '')];
}

function* lines(
  look: Look,
  state: JsonObject,
  changed: ReadonlySet<string>,
  prefix: string,
  indent: string,
): Generator<string> {
  for (const [name, value] of Object.entries(state)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const isChanged = changed.has(path);
    const mark = isChanged ? paint(look, 'warning', '*') : ' ';
    const shown = `${indent}${harmless(name)}`;
    if (isJsonObject(value) && Object.keys(value).length > 0) {
      yield `${mark} ${paint(look, 'faint', shown)}`;
      yield* lines(look, value, changed, path, `${indent}  `);
    } else {
      const text = fit(valueText(value), Math.max(8, look.width - shown.length - 4));
      const how = isChanged ? 'warning' : 'strong';
      yield `${mark} ${paint(look, 'faint', `${shown}:`)} ${paint(look, how, text)}`;
    }
  }
}

/** One difference between two states. */
export interface Difference {
  path: string;
  /** Absent where there was nothing. */
  before?: JsonValue | undefined;
  /** Absent where there is nothing any more. */
  after?: JsonValue | undefined;
}

/** Differences as lines: `+` what came, `-` what went, `~` what changed. */
export function differenceLines(look: Look, differences: readonly Difference[]): string[] {
  return differences.map(({ path, before, after }) => {
    const name = harmless(path);
    const room = Math.max(8, look.width - name.length - 4);
    if (before === undefined) {
      return paint(look, 'good', `+ ${name}: ${fit(valueText(after), room)}`);
    }
    if (after === undefined) {
      return paint(look, 'bad', `- ${name}: ${fit(valueText(before), room)}`);
    }
    const half = Math.max(8, Math.floor((room - 4) / 2));
    const change = `${fit(valueText(before), half)} → ${fit(valueText(after), half)}`;
    return paint(look, 'warning', `~ ${name}: ${change}`);
  });
}

/** A value in one line; texts without quotes unless they could be mistaken for something else. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return harmless(stringifyJson(value));
  const isPlain =
    value !== '' && value.trim() === value && !/^(-?[\d.]|true$|false$|null$|[[{"])/.test(value);
  return isPlain ? harmless(value) : JSON.stringify(harmless(value));
}
