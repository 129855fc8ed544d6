/** What a program said of its machine in its state, in a few words: system, cores, graphics. */
import type { JsonObject, JsonValue } from '@tacho/protocol';

/** Where programs put it, beside the top of the state. */
const holders = ['machine', 'system', 'host', 'hardware', 'device', 'environment', 'env'];

/** Characters of one word. */
const wordLengthMax = 40;

/** Up to three words; none where the state says nothing. */
export function hardwareWords(state: JsonObject): string[] {
  const rooms = [state, ...holders.map((name) => state[name]).filter(isRoom)];
  const find = (names: readonly string[]): string | undefined => {
    for (const room of rooms) {
      for (const name of names) {
        const word = wordOf(room[name], name);
        if (word !== undefined) return word;
      }
    }
    return undefined;
  };
  const words = [
    find(['os', 'os_name', 'platform']),
    find(['cores', 'cpu_cores', 'cpu']),
    find(['gpu', 'gpu_name']),
  ];
  return words.filter((word) => word !== undefined);
}

function isRoom(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wordOf(value: JsonValue | undefined, name: string): string | undefined {
  if (typeof value === 'number' && /cores/.test(name)) return `${value} cores`;
  const text = isRoom(value) ? (value.name ?? value.model) : value;
  return typeof text === 'string' && text !== '' && text.length <= wordLengthMax ? text : undefined;
}
