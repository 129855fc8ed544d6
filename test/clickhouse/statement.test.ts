/** The grammar of the shim: where data begin and rows go, whatever stands in texts, names and comments. */
import { describe, expect, it } from 'vitest';
import {
  formatOf,
  kindOf,
  refuseSeveral,
  splitData,
  withDataFrom,
  withRowsTo,
} from './statement.ts';

describe('a statement', () => {
  it.each([
    ['SELECT 1', 'rows'],
    ['-- why\n/* and\nwhat */ with x AS (SELECT 1) SELECT 2', 'rows'],
    ['(SELECT 1)', 'rows'],
    ['explain SELECT 1', 'rows'],
    ['Insert INTO t VALUES (1)', 'insert'],
    ['ALTER TABLE t DELETE WHERE 1', 'other'],
    ['', 'other'],
  ])('%j is of the kind %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it.each([
    'SELECT 1; SELECT 2',
    "SELECT '\\''; SELECT 2",
    'INSERT INTO t VALUES (1); DROP TABLE t',
  ])('is not two: %j', (text) => {
    expect(() => refuseSeveral(text)).toThrow('Multi-statements are not allowed');
  });

  it.each([
    'SELECT 1;',
    "SELECT ';', 'it''s; \\'; ', \"a;b\", `c;d`, $x$;$x$ -- ; SELECT 2\n; /* ; */",
    'SELECT 1 # ; SELECT 2',
  ])('is one: %j', (text) => {
    expect(() => refuseSeveral(text)).not.toThrow();
  });
});

describe('an insert', () => {
  it.each([
    ['INSERT INTO t FORMAT JSONEachRow {"a":1}', 'INSERT INTO t FORMAT JSONEachRow ', '{"a":1}'],
    [
      'INSERT INTO t FORMAT RowBinary\n\n\x00\xff;',
      'INSERT INTO t FORMAT RowBinary\n',
      '\n\x00\xff;',
    ],
    ['INSERT INTO t (a) FORMAT CSV\r\n1\r\n', 'INSERT INTO t (a) FORMAT CSV\r\n', '1\r\n'],
    ['INSERT INTO `é FORMAT` FORMAT CSV\n1', 'INSERT INTO `é FORMAT` FORMAT CSV\n', '1'],
  ])('is cut before its data: %j', (request, text, data) => {
    const bytes = Buffer.from(request, request.includes('é') ? 'utf8' : 'latin1');
    const cut = splitData(bytes, false);
    expect([cut.text, cut.data?.toString('latin1')]).toEqual([text, data]);
  });

  it.each([
    "INSERT INTO t VALUES (1, 'FORMAT CSV')",
    'INSERT INTO t SELECT a FROM u FORMAT Null',
    'SELECT a AS format FROM t FORMAT CSV',
  ])('has no data apart from it: %j', (text) => {
    expect(splitData(Buffer.from(text), false)).toEqual({ text, data: undefined });
  });

  it('takes values from the body when more come', () => {
    const { text, data } = splitData(Buffer.from('INSERT INTO t VALUES (1),'), true);
    expect([withDataFrom(text, 'F'), data?.toString()]).toEqual([
      "INSERT INTO t  FROM INFILE 'F'  FORMAT Values",
      ' (1),',
    ]);
  });

  it.each([
    [
      'INSERT INTO d.t (a, "format") FORMAT RowBinary\n',
      `INSERT INTO d.t (a, "format")  FROM INFILE 'F'  FORMAT RowBinary`,
    ],
    [
      "INSERT INTO t SETTINGS x = 1, y = 'FORMAT CSV' FORMAT TSV",
      `INSERT INTO t  FROM INFILE 'F' SETTINGS x = 1, y = 'FORMAT CSV'  FORMAT TSV`,
    ],
    [
      "INSERT INTO t SELECT a + 1 FROM input('a Array(UInt8), b String') WHERE a > 0 FORMAT CSV",
      "INSERT INTO t SELECT a + 1 FROM file('F', CSV, 'a Array(UInt8), b String') WHERE a > 0 ",
    ],
  ])('reads a file instead: %j', (text, expected) => {
    expect(withDataFrom(text, 'F')).toBe(expected);
  });
});

describe('a question', () => {
  it.each([
    ['SELECT 1', undefined, "SELECT 1\nINTO OUTFILE 'F' TRUNCATE FORMAT Other"],
    ['SELECT 1 ; -- x', undefined, "SELECT 1\nINTO OUTFILE 'F' TRUNCATE FORMAT Other"],
    ['SELECT 1\nFORMAT CSV', 'CSV', "SELECT 1\n\nINTO OUTFILE 'F' TRUNCATE FORMAT CSV"],
    [
      'SELECT a format FROM t FORMAT CSV SETTINGS x = 1;',
      'CSV',
      "SELECT a format FROM t \nINTO OUTFILE 'F' TRUNCATE FORMAT CSV SETTINGS x = 1",
    ],
    [
      'SELECT (SELECT 1 FORMAT CSV), 2 AS x',
      undefined,
      "SELECT (SELECT 1 FORMAT CSV), 2 AS x\nINTO OUTFILE 'F' TRUNCATE FORMAT Other",
    ],
  ])('writes to a file: %j', (text, format, expected) => {
    expect(formatOf(text)).toBe(format);
    expect(withRowsTo(text, 'F', 'Other')).toBe(expected);
  });
});
