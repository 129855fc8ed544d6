/** Takes the examples out of a Markdown page: commands, requests and the replies shown for them. */

/** A fenced code block; `line` is that of its first fence, counted from 1. */
export interface Block {
  /** First word after the fence: `bash`, `json` …; empty when there is none. */
  language: string;
  /** What follows it: `reply`, `POST /api/sessions` … */
  info: string;
  text: string;
  line: number;
}

/** Something a reader can do, and what the page says comes back. */
export interface Example {
  line: number;
  /** Shell text; a request block became the curl command that sends it. */
  command: string;
  /** JSON text of the `json reply` block that follows, when there is one. */
  reply?: string;
}

/** All fenced blocks of a page; an unclosed fence is an error. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(text);
    if (open === undefined) {
      if (fence === null) continue;
      open = { language: fence[1] ?? '', info: (fence[2] ?? '').trim(), text: '', line: index + 1 };
    } else if (fence === null) {
      open.text += `${text}\n`;
    } else {
      blocks.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the code block is not closed`);
  return blocks;
}

/**
 * The runnable examples of a page in order. `bash` and `sh` blocks are commands, `js NAME` blocks
 * are files of that name, `json METHOD /path`
 * blocks are requests with that body, `json reply` is what the example before it answers. A bare
 * `json` block has only to be JSON; every other language is not looked at.
 */
export function examplesOf(markdown: string, serverUrl: string): Example[] {
  const examples: Example[] = [];
  for (const { language, info, text, line } of blocksOf(markdown)) {
    if (language === 'bash' || language === 'sh') {
      examples.push({ line, command: text });
    } else if (language === 'js' && /^[\w-]+\.m?js$/.test(info)) {
      examples.push({ line, command: `cat > ${info} <<'END OF FILE'\n${text}END OF FILE\n` });
    } else if (language === 'json') {
      if (info !== 'reply') JSON.parse(text);
      if (info === 'reply') lastOf(examples, line).reply = text;
      else if (info !== '') examples.push({ line, command: curlOf(info, text, serverUrl, line) });
    }
  }
  return examples;
}

function lastOf(examples: Example[], line: number): Example {
  const last = examples.at(-1);
  if (last === undefined) throw new Error(`line ${line}: a reply without an example before it`);
  if (last.reply !== undefined) throw new Error(`line ${line}: a second reply of one example`);
  return last;
}

function curlOf(info: string, body: string, serverUrl: string, line: number): string {
  const request = /^(POST|GET) (\/\S*)$/.exec(info);
  if (request === null) throw new Error(`line ${line}: not "json reply" or "json POST /path"`);
  const quoted = body.replaceAll("'", `'\\''`);
  return `curl -X ${request[1]} '${serverUrl}${request[2]}' -H 'Content-Type: application/json' -d '${quoted}'\n`;
}
