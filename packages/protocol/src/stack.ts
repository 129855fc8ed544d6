/** Stack traces: the calls in them, whatever language printed them, without what differs from run to run. */

/** One call of a stack, reduced to what stays the same when versions, machines and lines change. */
export interface Frame {
  /** As the language names it, without arguments, addresses and numbers made by compilers; '' = unknown. */
  function: string;
  /** Name of the file without its folders and line; '' = unknown. */
  file: string;
}

/** Longer lines are cut: no language needs more to name a call. */
const lineLengthMax = 1_000;

/**
 * The calls of a stack trace, innermost first; equal calls that follow each other (recursion) count
 * once. An element may hold several lines. Which end is innermost follows from the form: Python
 * prints the innermost call last, every other language that is known here prints it first. Of
 * chained exceptions only the one that was reported counts: the last traceback of Python, what
 * stands before the first `Caused by:` or `[cause]:` elsewhere. Forms that are known: Python,
 * JavaScript (V8, Firefox, Safari), Java and its relatives, C#, Go, Rust, Ruby, PHP, gdb,
 * sanitizers and backtrace_symbols. Where no line has a known form, every line is taken for a call.
 */
export function stackFrames(stacktrace: readonly string[]): Frame[] {
  const lines = stacktrace.flatMap((element) => element.split(/[\r\n]+/)).map(cut);
  const python = pythonFrames(lines);
  const frames = python.length > 0 ? python.reverse() : otherFrames(lines);
  return withoutRepeats(frames.map(normalised).filter((frame) => frame.function || frame.file));
}

function cut(line: string): string {
  return line.length > lineLengthMax ? line.slice(0, lineLengthMax) : line;
}

/** Outermost first, as they are printed. */
function pythonFrames(lines: readonly string[]): Frame[] {
  const from = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'));
  const frames: Frame[] = [];
  for (const line of lines.slice(from + 1)) {
    const match = /^\s*File "([^"]*)", line \d+(?:, in (.*))?$/.exec(line);
    if (match) frames.push({ function: match[2] ?? '', file: match[1] ?? '' });
  }
  return frames;
}

function otherFrames(all: readonly string[]): Frame[] {
  const end = all.findIndex((line) => /^\s*(Caused by:|\[cause\]:)/.test(line));
  const lines = (end > 0 ? all.slice(0, end) : all).filter((line) => line.trim() !== '');
  const frames: Frame[] = [];
  for (const [i, line] of lines.entries()) {
    const place = goPlace(lines[i + 1]);
    const frame = place === undefined ? frameOf(line.trim()) : goFrame(line.trim(), place);
    const last = frames.at(-1);
    // Rust prints the file of a call on the line after it.
    if (frame && frame.function === '' && last?.file === '') last.file = frame.file;
    else if (frame) frames.push(frame);
  }
  if (frames.length > 0) return withoutThrowing(frames);
  return lines.map((line) => ({ function: line.trim(), file: '' }));
}

/** The file on a line of Go: `\t/app/main.go:12 +0x1d`. */
function goPlace(line: string | undefined): string | undefined {
  return line === undefined ? undefined : /^\s+(\S.*\.(?:go|s)):\d+/.exec(line)?.[1];
}

function goFrame(line: string, file: string): Frame | undefined {
  // Where a goroutine was started says nothing about where it failed.
  if (line.startsWith('created by ')) return undefined;
  const args = line.endsWith(')') ? line.lastIndexOf('(') : -1;
  return { function: args > 0 ? line.slice(0, args) : line, file };
}

/** What Go runs between the failure and its report. */
function withoutThrowing(frames: Frame[]): Frame[] {
  const isMachinery = (frame: Frame) => /^(panic$|runtime\.|runtime\/debug\.)/.test(frame.function);
  const from = frames.findIndex((frame) => !isMachinery(frame));
  return from > 0 && frames.slice(0, from).every(({ file }) => /\.(go|s)$/.test(file))
    ? frames.slice(from)
    : frames;
}

function frameOf(line: string): Frame | undefined {
  if (line.startsWith('at ')) return atFrame(line.slice(3));
  return numberedFrame(line) ?? symbolFrame(line) ?? placedFrame(line);
}

/** JavaScript (V8), Java, C#, and the place of a call of Rust. */
function atFrame(line: string): Frame {
  const rest = line.replace(/^(async |new )+/, '');
  const inAt = rest.lastIndexOf(' in ');
  if (inAt > 0 && /:line \d+$/.test(rest)) {
    return { function: callee(rest.slice(0, inAt)), file: rest.slice(inAt + 4) };
  }
  const spaced = rest.indexOf(' (');
  const open = spaced >= 0 ? spaced + 1 : rest.indexOf('(');
  if (open < 0 || !rest.endsWith(')')) return { function: '', file: rest };
  const inside = rest.slice(open + 1, -1);
  const name = rest.slice(0, open).trim();
  if (/^(Native Method|Unknown Source|<anonymous>|native)$/.test(inside)) {
    return { function: name, file: '' };
  }
  const isPlace = /:\d/.test(inside) || /\.(java|kt|scala|groovy|clj)$/.test(inside);
  return { function: name, file: isPlace ? inside : '' };
}

/** gdb and sanitizers (`#0 0x1 in f (x=1) at f.c:3`), PHP (`#0 /a.php(3): f()`), Rust (`0: a::f`). */
function numberedFrame(line: string): Frame | undefined {
  const rust = /^\d+: (?:0x[0-9a-f]+ - )?(.+)$/.exec(line);
  if (rust) return { function: rust[1] ?? '', file: '' };
  const numbered = /^#\d+\s+(.*)$/.exec(line)?.[1];
  if (numbered === undefined) return undefined;
  const rest = numbered.replace(/^0x[0-9a-f]+\s+(in\s+)?/, '');
  const php = rest.indexOf('): ');
  if (php > 0 && /\(\d+$/.test(rest.slice(0, php))) {
    return {
      function: callee(rest.slice(php + 3)),
      file: rest.slice(0, rest.lastIndexOf('(', php)),
    };
  }
  for (const word of [' at ', ' from ']) {
    const at = rest.lastIndexOf(word);
    if (at > 0) return { function: callee(rest.slice(0, at)), file: rest.slice(at + word.length) };
  }
  const space = rest.lastIndexOf(' ');
  if (space > 0 && /[/\\.][^ ]*$/.test(rest.slice(space))) {
    return { function: callee(rest.slice(0, space)), file: rest.slice(space + 1) };
  }
  return { function: callee(rest), file: '' };
}

/** backtrace_symbols: `./a.out(_Z3foov+0x1d) [0x40059d]`. */
function symbolFrame(line: string): Frame | undefined {
  const match = /^([^\s(]+)\(([^()]*)\) ?\[0x[0-9a-f]+\]$/.exec(line);
  return match ? { function: match[2] ?? '', file: match[1] ?? '' } : undefined;
}

/** Firefox and Safari (`f@http://a/b.js:1:2`), Ruby (`a.rb:3:in 'f'`), and `file:line` alone. */
function placedFrame(line: string): Frame | undefined {
  if (/^[^\s@]*@\S+:\d+$/.test(line)) {
    const at = line.indexOf('@');
    return { function: line.slice(0, at), file: line.slice(at + 1) };
  }
  const ruby = line.indexOf(':in ');
  if (ruby > 0 && /:\d+$/.test(line.slice(0, ruby))) {
    const name = line.slice(ruby + 4).replace(/^[`']|'$/g, '');
    return { function: name, file: line.slice(0, ruby).replace(/^from /, '') };
  }
  return /^\S+\.\w+:\d+(:\d+)?$/.test(line) ? { function: '', file: line } : undefined;
}

/** A call without its arguments. */
function callee(text: string): string {
  const open = text.indexOf('(');
  return (open > 0 ? text.slice(0, open) : text).trim();
}

function normalised(frame: Frame): Frame {
  return { function: functionName(frame.function), file: fileName(frame.file) };
}

function functionName(text: string): string {
  return text
    .replace(/\+?0x[0-9a-f]+/gi, '')
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/ \[as [^\]]*\]/g, '')
    .replace(/(\$|__|\.func)\d+/g, '$1')
    .replace(/\(anonymous namespace\)/g, '')
    .replace(/:\d+(:\d+)?/g, '')
    .trim();
}

/** The last part of a path or address, without query, line, and what builds put into names. */
function fileName(text: string): string {
  const path = text
    .replace(/ \+0x[0-9a-f]+$/, '')
    .replace(/(:line \d+|(:\d+){1,2})$/, '')
    .replace(/[?#].*$/, '');
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name
    .replace(/[.\-_](?=[0-9a-f]*\d)[0-9a-f]{8,}(?=\.|$)/i, '')
    .replace(/[-_]v?\d+(\.\d+)+/, '')
    .replace(/:\d+$/, '')
    .trim();
}

function withoutRepeats(frames: Frame[]): Frame[] {
  return frames.filter((frame, i) => {
    const before = frames[i - 1];
    return before?.function !== frame.function || before.file !== frame.file;
  });
}
