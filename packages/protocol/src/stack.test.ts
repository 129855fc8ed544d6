/** Stack traces of many languages come down to the same calls, whatever machine and version they ran on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stackFrames } from './stack.ts';

/** Frames as `function file`. */
function calls(...lines: string[]): string[] {
  return stackFrames(lines).map((frame) => `${frame.function} ${frame.file}`.trim());
}

describe('the calls of a stack trace', () => {
  it('are read from Python, innermost last, several lines in one element', () => {
    expect(
      calls(
        'Traceback (most recent call last):\n',
        '  File "/srv/app-2.4/main.py", line 10, in <module>\n    run()\n',
        '  File "/srv/app-2.4/jobs/run.py", line 52, in run\n    load(x)\n    ^^^^^^^\n',
        'ValueError: no such thing\n',
      ),
    ).toEqual(['run run.py', '<module> main.py']);
  });

  it('are those of the last exception of a Python chain', () => {
    expect(
      calls(
        'Traceback (most recent call last):\n  File "a.py", line 1, in first\nKeyError: 1\n',
        'During handling of the above exception, another exception occurred:\n',
        'Traceback (most recent call last):\n  File "b.py", line 2, in second\nValueError: 2\n',
      ),
    ).toEqual(['second b.py']);
  });

  it('are read from V8, with classes, aliases, async and places without a name', () => {
    expect(
      calls(
        'TypeError: x is not a function',
        '    at Cart.total [as sum] (/srv/shop/src/cart.js:10:5)',
        '    at async Promise.all (index 0)',
        '    at new Shop (file:///srv/shop/dist/main.3f9a2b7c1d.js:2:77)',
        '    at C:\\Program Files (x86)\\shop\\run.js:7:1',
      ),
    ).toEqual(['Cart.total cart.js', 'Promise.all', 'Shop main.js', 'run.js']);
  });

  it('are read from Firefox and Safari', () => {
    expect(
      calls('total@https://a.example/js/cart.js?v=12:10:5', '@https://a.example/:3:1'),
    ).toEqual(['total cart.js']);
  });

  it('are read from Java, up to the first cause', () => {
    expect(
      calls(
        'java.lang.IllegalStateException: closed',
        '\tat com.shop.Cart.lambda$total$3(Cart.java:88)',
        '\tat java.base/java.lang.Thread.run(Thread.java:833)',
        '\tat sun.reflect.Native.invoke0(Native Method)',
        'Caused by: java.io.IOException: gone',
        '\tat com.shop.Disk.read(Disk.java:5)',
      ),
    ).toEqual([
      'com.shop.Cart.lambda$total$ Cart.java',
      'java.base/java.lang.Thread.run Thread.java',
      'sun.reflect.Native.invoke0',
    ]);
  });

  it('are read from C#, with and without files', () => {
    expect(
      calls(
        'System.InvalidOperationException: no',
        '   at Shop.Cart.<Total>b__12_3(Item item, Int32 n) in C:\\src\\Cart.cs:line 12',
        '   at Shop.Program.Main(String[] args)',
      ),
    ).toEqual(['Shop.Cart.<Total>b___3 Cart.cs', 'Shop.Program.Main']);
  });

  it('are read from Go, without what runs between failure and report', () => {
    expect(
      calls(
        'goroutine 1 [running]:\nruntime/debug.Stack()\n\t/usr/go/src/runtime/debug/stack.go:24 +0x5e\n' +
          'panic({0x48e1a0?, 0x4b9f28?})\n\t/usr/go/src/runtime/panic.go:884 +0x213\n' +
          'main.(*Cart).Total(0xc000012345)\n\t/srv/shop/cart.go:12 +0x1d\n' +
          'main.main.func2()\n\t/srv/shop/main.go:8 +0x20\n' +
          'created by main.main in goroutine 1\n\t/srv/shop/main.go:5 +0x65',
      ),
    ).toEqual(['main.(*Cart).Total cart.go', 'main.main.func main.go']);
  });

  it('are read from gdb, sanitizers, backtrace_symbols, Rust, Ruby and PHP', () => {
    expect(
      calls(
        '#0  0x00007ffff7a in Cart::total (this=0x7ffe, n=3) at /src/cart.cc:12',
        '#1  0x00007ffff7b in __libc_start_main () from /lib/libc.so.6',
        '    #2 0x4f2 in main /src/main.cc:3:5',
        './shop(_ZN4Cart5totalEv+0x1d) [0x40059d]',
      ),
    ).toEqual([
      'Cart::total cart.cc',
      '__libc_start_main libc.so.6',
      'main main.cc',
      '_ZN4Cart5totalEv shop',
    ]);
    expect(
      calls(
        '   0: shop::cart::total::h0123456789abcdef',
        '             at /rustc/9fc6/library/cart.rs:12:5',
        '   1: core::ops::call',
      ),
    ).toEqual(['shop::cart::total cart.rs', 'core::ops::call']);
    expect(calls("/srv/cart.rb:3:in 'Cart#total'", 'from /srv/run.rb:9:in `<main>')).toEqual([
      'Cart#total cart.rb',
      '<main> run.rb',
    ]);
    expect(calls('#0 /srv/cart.php(12): Cart->total(3)', '#1 {main}')).toEqual([
      'Cart->total cart.php',
      '{main}',
    ]);
  });

  it('are the lines themselves where no form is known', () => {
    expect(calls('outer step', 'inner step')).toEqual(['outer step', 'inner step']);
  });

  it('count once in a recursion', () => {
    const line = (n: number) => `    at walk (/srv/tree.js:${n}:1)`;
    expect(calls(line(1), line(2), line(3), '    at main (/srv/a.js:1:1)')).toEqual([
      'walk tree.js',
      'main a.js',
    ]);
  });

  it('do not depend on folders, lines and columns', () => {
    const dir = fc.stringMatching(/^(\/[a-z0-9.]{1,8}){0,4}\/$/);
    const line = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(dir, line, line, (folder, row, column) => {
        expect(calls(`    at f (${folder}a.js:${row}:${column})`)).toEqual(['f a.js']);
        expect(calls(`  File "${folder}a.py", line ${row}, in f`)).toEqual(['f a.py']);
        expect(calls(`main.f(0x${row.toString(16)})`, `\t${folder}a.go:${row} +0x1`)).toEqual([
          'main.f a.go',
        ]);
      }),
    );
  });

  it('can be asked of any lines, however long', () => {
    const piece = fc.constantFrom('at ', '(', ')', ':1', '@', ' in ', '#0 ', '0x1f', '/a.js', '\n');
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 5 }))).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (lines) => {
        for (const frame of stackFrames(lines)) {
          expect(frame.function !== '' || frame.file !== '').toBe(true);
        }
      }),
    );
    for (const piece of ['(', 'a ', '0x1 in ', ':1', 'at (', '-a1']) {
      expect(stackFrames([piece.repeat(8_000 / piece.length)]).length).toBeLessThanOrEqual(1);
    }
  });
});
