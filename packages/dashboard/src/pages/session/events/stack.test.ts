/** Stack traces of many languages as lines for people. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folded, parseStack, placeOf, type StackFrame } from './stack.ts';

function calls(...lines: string[]): string[] {
  return parseStack(lines).map((line) =>
    line.kind === 'note' ? `# ${line.text}` : `${line.name}${line.args} | ${placeOf(line)}`,
  );
}

describe('the calls of a trace', () => {
  test('of gdb and sanitizers', () => {
    expect(
      calls(
        '#0  0x00005583a1 in MeshCooker::Weld(Span<Vertex>, float) at src/mesh_cooker.cpp:412',
        '#1 0x7f12 in std::thread::_M_run() from /usr/lib/libstdc++.so.6',
        '#2 0x4a in main /app/main.c:3:5',
        '#3 0x4b  (/lib/x86_64-linux-gnu/libc.so.6+0x29d8f)',
      ),
    ).toEqual([
      'MeshCooker::Weld(Span<Vertex>, float) | src/mesh_cooker.cpp:412',
      'std::thread::_M_run() | /usr/lib/libstdc++.so.6',
      'main | /app/main.c:3:5',
      '?? | /lib/x86_64-linux-gnu/libc.so.6',
    ]);
  });

  test('of a handler of signals, which numbers nothing', () => {
    const lines = [
      'MeshCooker::Weld(Span<Vertex>, float) at src/mesh_cooker.cpp:412',
      'Job::Run() const at src/job.cpp:9',
      'std::thread::_Invoker<Job::Start> at /usr/include/c++/13/bits/std_thread.h:292',
    ];
    expect(calls(...lines)).toEqual([
      'MeshCooker::Weld(Span<Vertex>, float) | src/mesh_cooker.cpp:412',
      'Job::Run() const | src/job.cpp:9',
      'std::thread::_Invoker<Job::Start> | /usr/include/c++/13/bits/std_thread.h:292',
    ]);
    expect((parseStack(lines)[2] as StackFrame).library).toBe('libstdc++');
    expect(calls('Waiting for a lock at home')).toEqual(['# Waiting for a lock at home']);
  });

  test('of JavaScript', () => {
    expect(
      calls(
        'TypeError: x is not a function',
        '    at async Loader.load (/srv/src/loader.ts:40:5)',
        '    at file:///srv/main.js:3:1',
        'render@http://localhost/a.js:1:2',
      ),
    ).toEqual([
      '# TypeError: x is not a function',
      'async Loader.load | /srv/src/loader.ts:40:5',
      ' | file:///srv/main.js:3:1',
      'render | http://localhost/a.js:1:2',
    ]);
  });

  test('of Python, innermost first, with their code', () => {
    const lines = parseStack([
      'Traceback (most recent call last):\n  File "/app/a.py", line 12, in main\n    run()',
      '  File "/app/b.py", line 44, in load',
      '    return bank[key]',
      "KeyError: 'x'",
    ]);
    const frames = lines.filter((line): line is StackFrame => line.kind === 'frame');
    expect(frames.map(({ number, name, source }) => [number, name, source])).toEqual([
      [0, 'load', 'return bank[key]'],
      [1, 'main', 'run()'],
    ]);
    expect(lines[0]).toEqual({ kind: 'note', text: 'Traceback (most recent call last):' });
  });

  test('of Java and C#', () => {
    expect(
      calls(
        '  at com.shop.Cart.pay(Cart.java:31)',
        '  at java.base/java.lang.Thread.run(Native Method)',
        'Caused by: java.io.IOException: gone',
        '   at Shop.Cart.Pay(String card, Int32 n) in /src/Cart.cs:line 12',
      ),
    ).toEqual([
      'com.shop.Cart.pay | Cart.java:31',
      'java.base/java.lang.Thread.run | ',
      '# Caused by: java.io.IOException: gone',
      'Shop.Cart.Pay(String card, Int32 n) | /src/Cart.cs:12',
    ]);
  });

  test('of Go, Rust, Ruby, PHP and backtrace_symbols', () => {
    expect(calls('main.handle(0xc000)', '\t/app/main.go:12 +0x1d')).toEqual([
      'main.handle(0xc000) | /app/main.go:12',
    ]);
    expect(calls('   4: shop::pay', '             at ./src/cart.rs:3:5')).toEqual([
      'shop::pay | ./src/cart.rs:3:5',
    ]);
    expect(calls("cart.rb:3:in `pay'")).toEqual(['pay | cart.rb:3']);
    expect(calls('#0 /app/cart.php(7): pay(1)')).toEqual(['pay(1) | /app/cart.php:7']);
    expect(calls('./a.out(_Z3foov+0x1d) [0x40059d]')).toEqual(['_Z3foov | ./a.out']);
  });
});

test('calls of others are folded, one alone is not, and not when there is nothing else', () => {
  const lines = parseStack([
    ...['#0 0x1 in own() at a.cpp:1', '#1 0x2 in f() from /usr/lib/libstdc++.so.6'],
    ...['#2 0x3 in g() from /lib/libc.so.6', '#3 0x4 in main() at a.cpp:9'],
    '#4 0x5 in start() from /lib/libc.so.6',
  ]);
  const shown = folded(lines).map((line) => (line.kind === 'frame' ? line.name : line.text));
  expect(shown).toEqual(['own', '2 frames in libstdc++ and libc', 'main', 'start']);
  expect(folded(lines.slice(1, 3))).toEqual(lines.slice(1, 3));
});

test.each([
  ['/srv/node_modules/@scope/queue/index.js', '@scope/queue'],
  ['/srv/node_modules/a/node_modules/b/i.js', 'b'],
  ['node:internal/process', 'node'],
  ['/usr/lib/python3.11/asyncio/runners.py', 'Python'],
  ['/app/venv/site-packages/flask/app.py', 'flask'],
  ['/srv/src/liberty.ts', undefined],
])('%s belongs to %s', (file, library) => {
  const [line] = parseStack([`at f (${file}:1:2)`]);
  expect((line as StackFrame).library).toBe(library);
});

test('any text is lines, none of them lost', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (texts) => {
      const lines = parseStack(texts);
      expect(lines.length).toBeLessThanOrEqual(
        texts.flatMap((text) => text.split(/[\r\n]+/)).filter((line) => line.trim() !== '').length,
      );
      folded(lines);
    }),
  );
});
