/** What goes to stdout: lines, and JSON documents. */
import { type JsonValue, stringifyJson } from '@tacho/protocol';

/** Writes a JSON document in one line. */
export function printJson(value: JsonValue): void {
  process.stdout.write(`${stringifyJson(value)}\n`);
}

/** Writes lines in one piece. */
export function printLines(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}
