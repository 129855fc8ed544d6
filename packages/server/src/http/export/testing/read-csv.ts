/** Reads CSV by RFC 4180, character by character, as strictly as it can be read. */

/** Rows of fields; an empty field without quotation marks is null. Throws for anything that is not CSV. */
export function readCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (let at = 0; at < text.length; ) {
    const { field, end } = text[at] === '"' ? quoted(text, at) : plain(text, at);
    row.push(field);
    if (text[end] === ',') at = end + 1;
    else if (text.startsWith('\r\n', end)) {
      rows.push(row);
      row = [];
      at = end + 2;
    } else throw new Error(`no end of a field at ${end}: ${text.slice(end, end + 20)}`);
    // A separator before the end of the row has an empty field behind it, which is read in the next turn.
  }
  if (row.length > 0) throw new Error('the last row has no end');
  return rows;
}

function quoted(text: string, from: number): { field: string; end: number } {
  let field = '';
  for (let at = from + 1; ; ) {
    const end = text.indexOf('"', at);
    if (end < 0) throw new Error(`a quotation mark at ${from} is never closed`);
    field += text.slice(at, end);
    if (text[end + 1] !== '"') return { field, end: end + 1 };
    field += '"';
    at = end + 2;
  }
}

function plain(text: string, from: number): { field: string | null; end: number } {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== '\r') {
    if (text[end] === '"' || text[end] === '\n') throw new Error(`a bare ${text[end]} at ${end}`);
    end++;
  }
  return { field: end === from ? null : text.slice(from, end), end };
}
