/** Stack traces for people: calls with their places, innermost first, whatever language printed them. */

/** One call. */
export interface StackFrame {
  kind: 'frame';
  /** From 0, innermost first. */
  number: number;
  /** The call without its arguments; '' where only a place is known. */
  name: string;
  /** Arguments as they were printed, with their brackets. */
  args: string;
  /** Path, address or library; '' = unknown. */
  file: string;
  line?: number;
  column?: number;
  /** The line of code, where the language prints it. */
  source?: string;
  /** Whose code it is when it is not the program's own: `libstdc++`. */
  library?: string;
}

/** A line that is no call, such as the headline of a cause. */
interface StackNote {
  kind: 'note';
  text: string;
}

/** A line of a stack trace. */
export type StackLine = StackFrame | StackNote;

/** Calls into code of others, one after the other, folded into one line. */
export interface StackFold {
  kind: 'fold';
  frames: StackFrame[];
  /** `3 frames in libstdc++ and libc`. */
  text: string;
}

type Call = Omit<StackFrame, 'kind' | 'number'>;

/** Longer lines are cut: no language needs more to name a call. */
const lineLengthMax = 2_000;

/** Lines of a trace that are looked at. */
const linesMax = 2_000;

/** The lines of a trace. What is in no form that is known stays as a note. */
export function parseStack(stacktrace: readonly string[]): StackLine[] {
  const lines = stacktrace
    .flatMap((element) => element.split(/[\r\n]+/))
    .slice(0, linesMax)
    .map((line) => line.slice(0, lineLengthMax))
    .filter((line) => line.trim() !== '');
  const found: (Call | string)[] = [];
  let isPython = false;
  for (const text of lines) {
    const last = found.at(-1);
    const call = callOf(text);
    if (call === undefined) {
      const isBelow = /^\s{2,}/.test(text) && typeof last === 'object';
      if (isPython && isBelow && last.source === undefined) last.source = text.trim();
      else found.push(text.trim());
    } else if (call.name === '' && typeof last === 'object' && last.file === '') {
      // Go and Rust print the place of a call on the line after it.
      found[found.length - 1] = { ...last, ...call, name: last.name, args: last.args };
    } else found.push(call);
    isPython ||= /^\s*File "/.test(text);
  }
  return numbered(isPython ? innermostFirst(found) : found);
}

/** The lines with runs of foreign calls folded; a trace of nothing else stays as it is. */
export function folded(lines: readonly StackLine[]): (StackLine | StackFold)[] {
  const isOwn = (line: StackLine): boolean => line.kind === 'frame' && line.library === undefined;
  if (!lines.some(isOwn)) return [...lines];
  const result: (StackLine | StackFold)[] = [];
  let run: StackFrame[] = [];
  const close = (): void => {
    if (run.length === 1) result.push(...run);
    else if (run.length > 1) result.push({ kind: 'fold', frames: run, text: foldText(run) });
    run = [];
  };
  for (const line of lines) {
    if (line.kind === 'frame' && line.library !== undefined) run.push(line);
    else {
      close();
      result.push(line);
    }
  }
  close();
  return result;
}

/** A place as it is shown and copied: `src/a.ts:12:3`. */
export function placeOf({ file, line, column }: StackFrame): string {
  return [file, line, column].filter((part) => part !== undefined && part !== '').join(':');
}

function foldText(frames: readonly StackFrame[]): string {
  const names = [...new Set(frames.map(({ library }) => library))];
  const shown = names.length > 2 ? [...names.slice(0, 2), 'others'] : names;
  const last = shown.pop();
  const words = shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
  return `${frames.length} frames in ${words}`;
}

/** Python prints the innermost call last; of chained tracebacks each keeps its place. */
function innermostFirst(found: readonly (Call | string)[]): (Call | string)[] {
  const result: (Call | string)[] = [];
  let run: Call[] = [];
  for (const each of found) {
    if (typeof each === 'object') run.push(each);
    else {
      result.push(...run.reverse(), each);
      run = [];
    }
  }
  return [...result, ...run.reverse()];
}

function numbered(found: readonly (Call | string)[]): StackLine[] {
  let number = 0;
  return found.map((each) => {
    if (typeof each === 'string') return { kind: 'note', text: each };
    const library = libraryOf(each);
    const call = { ...each, kind: 'frame' as const, number: number++ };
    return library === undefined ? call : { ...call, library };
  });
}

function callOf(text: string): Call | undefined {
  const line = text.trim();
  return (
    pythonCall(line) ??
    atCall(line) ??
    numberedCall(line) ??
    symbolCall(line) ??
    goPlace(text) ??
    placedCall(line) ??
    goCall(line)
  );
}

function pythonCall(line: string): Call | undefined {
  const match = /^File "([^"]*)", line (\d+)(?:, in (.*))?$/.exec(line);
  if (match === null) return undefined;
  return { name: match[3] ?? '', args: '', file: match[1] ?? '', line: Number(match[2]) };
}

/** JavaScript of V8, Java, C#, and the place of a call of Rust. */
function atCall(line: string): Call | undefined {
  if (!line.startsWith('at ')) return undefined;
  const rest = line.slice(3);
  const csharp = /^(.+?)(\([^)]*\))? in (.+):line (\d+)$/.exec(rest);
  if (csharp) {
    const [, name = '', args = '', file = '', number] = csharp;
    return { name, args, file, line: Number(number) };
  }
  const bracket = /^(.*?)\s?\(([^()]*(?:\([^()]*\)[^()]*)*)\)$/.exec(rest);
  if (bracket === null) return { name: '', args: '', ...placeIn(rest) };
  const [, name = '', inside = ''] = bracket;
  if (/:\d+$|\.(java|kt|scala|groovy|clj)$/.test(inside)) {
    return { name, args: '', ...placeIn(inside) };
  }
  if (/^(Native Method|Unknown Source|<anonymous>|native|index \d+)$/.test(inside)) {
    return { name, args: '', file: '' };
  }
  return { name, args: `(${inside})`, file: '' };
}

/** gdb and sanitizers (`#0 0x1 in f (x=1) at f.c:3`), PHP (`#0 /a.php(3): f()`), Rust (`0: a::f`). */
function numberedCall(line: string): Call | undefined {
  const rust = /^\d+:\s+(?:0x[0-9a-f]+ - )?(\S.*)$/.exec(line);
  if (rust) return { ...nameAndArgs(rust[1] as string), file: '' };
  const match = /^#\d+:?\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const rest = (match[1] as string).replace(/^0x[0-9a-f]+\s+(in\s+)?/i, '');
  const php = /^(.+)\((\d+)\): (.+)$/.exec(rest);
  if (php) {
    return {
      ...nameAndArgs(php[3] as string),
      ...{ file: php[1] as string, line: Number(php[2]) },
    };
  }
  const placed = /^(.*\S)\s+(?:at|from)\s+(\S.*)$/.exec(rest);
  if (placed) return { ...nameAndArgs(placed[1] as string), ...placeIn(placed[2] as string) };
  const library = /^\(([^()\s]+?)(\+0x[0-9a-f]+)?\)$/i.exec(rest);
  if (library) return { name: '??', args: '', file: library[1] as string };
  const beside = /^(.*\S)\s+(\(?[^\s()]*[/\\.][^\s()]*\)?)$/.exec(rest);
  if (beside) {
    const place = (beside[2] as string).replace(/^\(|\)$/g, '').replace(/\+0x[0-9a-f]+$/i, '');
    return { ...nameAndArgs(beside[1] as string), ...placeIn(place) };
  }
  return { ...nameAndArgs(rest), file: '' };
}

/** backtrace_symbols: `./a.out(_Z3foov+0x1d) [0x40059d]`. */
function symbolCall(line: string): Call | undefined {
  const match = /^([^\s(]+)\(([^()]*)\) ?\[0x[0-9a-f]+\]$/i.exec(line);
  if (match === null) return undefined;
  const name = (match[2] as string).replace(/\+0x[0-9a-f]+$/i, '');
  return { name: name === '' ? '??' : name, args: '', file: match[1] as string };
}

/** `\t/app/main.go:12 +0x1d`. */
function goPlace(text: string): Call | undefined {
  const match = /^\s+(\S.*\.(?:go|s):\d+)(?: \+0x[0-9a-f]+)?$/.exec(text);
  return match === null ? undefined : { name: '', args: '', ...placeIn(match[1] as string) };
}

/**
 * Firefox and Safari (`f@http://a/b.js:1:2`), Ruby (`a.rb:3:in 'f'`), handlers of signals that print
 * like gdb without its numbers (`f(int) at a.cpp:3`), and `file:line` alone.
 */
function placedCall(line: string): Call | undefined {
  const plain = /^(\S.*\)(?: const)?|\S+) at (\S+:\d+)$/.exec(line);
  if (plain) return { ...nameAndArgs(plain[1] as string), ...placeIn(plain[2] as string) };
  const web = /^([^\s@]*)@(\S+:\d+)$/.exec(line);
  if (web) return { name: web[1] as string, args: '', ...placeIn(web[2] as string) };
  const ruby = /^(?:from )?(\S+:\d+):in [`'](.+)'$/.exec(line);
  if (ruby) return { name: ruby[2] as string, args: '', ...placeIn(ruby[1] as string) };
  return /^\S+\.\w+:\d+(:\d+)?$/.test(line) ? { name: '', args: '', ...placeIn(line) } : undefined;
}

/** `main.handle(0xc000, {0x1})`: a name with dots or slashes and brackets, and nothing else. */
function goCall(line: string): Call | undefined {
  const match = /^([\w./*()[\]-]+\.[\w.*()[\]-]+)(\([^()]*\))$/.exec(line);
  return match === null
    ? undefined
    : { name: match[1] as string, args: match[2] as string, file: '' };
}

function nameAndArgs(text: string): Pick<Call, 'name' | 'args'> {
  const open = text.replace('operator()', 'operator__').search(/\(/);
  if (open <= 0 || text.startsWith('(anonymous')) return { name: text.trim(), args: '' };
  return { name: text.slice(0, open).trim(), args: text.slice(open) };
}

function placeIn(text: string): Pick<Call, 'file' | 'line' | 'column'> {
  const match = /^(.+?):(\d+)(?::(\d+))?$/.exec(text.trim());
  if (match === null) return { file: text.trim() };
  const place = { file: match[1] as string, line: Number(match[2]) };
  return match[3] === undefined ? place : { ...place, column: Number(match[3]) };
}

/** Whose code a call is in; undefined for the program's own. */
function libraryOf({ name, file }: Call): string | undefined {
  const packages = [
    ...file.matchAll(/(?:node_modules|(?:site|dist)-packages)\/((?:@[^/]+\/)?[^/]+)/g),
  ];
  const last = packages.at(-1)?.[1];
  if (last !== undefined) return last.replace(/\.py$/, '');
  if (/^(node:|internal\/)/.test(file)) return 'node';
  if (/\/lib\/python\d|^<frozen /.test(file)) return 'Python';
  if (/\/include\/c\+\+\//.test(file)) return 'libstdc++';
  if (/^\/rustc\/|\/rustlib\/src\//.test(file)) return 'std';
  if (/\/go\/src\/(runtime|net|sync|reflect)\//.test(file)) return 'Go';
  const library =
    /(?:^|\/)(?:lib(?:c|m|dl|pthread|stdc\+\+|gcc_s|rt)|ld-linux[^/]*|libsystem[^/]*)(?=[.-])/.exec(
      file,
    );
  if (library) return library[0].replace(/^.*\//, '');
  if (/^\/(usr\/|System\/|lib\d*\/).*\.(so|dylib)/.test(file)) {
    return file.slice(file.lastIndexOf('/') + 1).replace(/\.(so|dylib).*$/, '');
  }
  if (/(?:^|\\)(ntdll|kernel32|kernelbase|ucrtbase|msvcrt)\.dll/i.test(file)) return 'Windows';
  if (/^(java|javax|jdk|sun|kotlin|scala)\./.test(name)) return 'the JDK';
  if (/^(System|Microsoft)\./.test(name)) return '.NET';
  return undefined;
}
