/** Server-sent events as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

/** One event of a stream. */
export interface ServerEvent {
  /** Id to resume after; '' before the first. */
  id: string;
  /** `message` when it has no name. */
  name: string;
  data: string;
}

/** The events of a text that comes in pieces; comments are passed over. */
export async function* serverEvents(pieces: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = '';
  let id = '';
  let name = '';
  let data: string[] = [];
  for await (const piece of pieces) {
    // A line end may be cut between its two characters.
    const text = rest + piece;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0)
          yield { id, name: name === '' ? 'message' : name, data: data.join('\n') };
        name = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id' && !value.includes('\0')) id = value;
      else if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
    }
  }
}
