/** Addresses of ClickHouse: what they say, and that no message shows a password. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../failure.ts';
import { parseAddress } from './address.ts';

/** What a bad address is told. */
function complaint(text: string): string {
  try {
    parseAddress(text);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return (error as Failure).message;
  }
  throw new Error(`${text} was taken`);
}

describe('an address of ClickHouse', () => {
  it('needs no more than a host', () => {
    expect(parseAddress('clickhouse://box')).toEqual({
      shards: [['http://box:8123']],
      database: 'tacho',
      user: 'default',
      password: '',
    });
  });

  it('says user, password, host, port, database and cluster', () => {
    expect(parseAddress('clickhouse://me:secret@db.lan:9000/runs-2?cluster=all_1')).toEqual({
      shards: [['http://db.lan:9000']],
      database: 'runs-2',
      user: 'me',
      password: 'secret',
      cluster: 'all_1',
    });
  });

  it.each([
    ['a user without a password', 'clickhouse://me@a', { user: 'me', password: '' }],
    ['a password without a user', 'clickhouse://:p@a', { user: 'default', password: 'p' }],
    ['an empty database', 'clickhouse://a/', { database: 'tacho' }],
    ['a database escaped', 'clickhouse://a/%72uns', { database: 'runs' }],
  ])('may have %s', (_, text, parts) => {
    expect(parseAddress(text)).toMatchObject(parts);
  });

  it('has no cluster where that is empty', () => {
    expect(parseAddress('clickhouse://a?cluster=')).not.toHaveProperty('cluster');
  });

  it('names shards after commas and replicas of one after |', () => {
    expect(parseAddress('clickhouse://a:1|b:2,c,[::1]:3|[fe80::2]/x').shards).toEqual([
      ['http://a:1', 'http://b:2'],
      ['http://c:8123'],
      ['http://[::1]:3', 'http://[fe80::2]:8123'],
    ]);
  });

  it('is asked over TLS with clickhouses', () => {
    expect(parseAddress('clickhouses://a|b:1').shards).toEqual([['https://a:8443', 'https://b:1']]);
  });

  it('gives back any user and password that were escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (user, password) => {
        const [a, b] = [user, password].map(encodeURIComponent);
        expect(parseAddress(`clickhouse://${a}:${b}@host/base`)).toEqual({
          shards: [['http://host:8123']],
          database: 'base',
          user: user || 'default',
          password,
        });
      }),
    );
  });
});

describe('a bad address of ClickHouse', () => {
  it.each([
    ['clickhouse://', 'store is no address of ClickHouse: ""'],
    ['http://a', 'store is no address of ClickHouse'],
    ['clickhouse://a,,b', 'store is no address of ClickHouse: ""'],
    ['clickhouse://a|', 'store is no address of ClickHouse: ""'],
    ['clickhouse://a b', 'store is no address of ClickHouse: "a b"'],
    ['clickhouse://a:http', 'store is no address of ClickHouse: "a:…"'],
    ['clickhouse://a:123456', 'store is no address of ClickHouse: "a:…"'],
    ['clickhouse://a/b/c', 'store is no address of ClickHouse'],
    ['clickhouse://a/b c', 'store has the database "b c"; expected letters, digits, _ and -'],
    ['clickhouse://a/x%22', 'store has the database "x\\""'],
    ["clickhouse://a?cluster=x'", 'store has the cluster "x\'"'],
    ['clickhouse://me:p/w@a/b', 'store has an @ that is not the end of user and password'],
    ['clickhouse://a?shard=1', 'store has the unknown option shard'],
    ['clickhouse://a/%', 'store has a % that begins no escaped character'],
    ['clickhouse://%zz@a', 'store has a % that begins no escaped character'],
    ['clickhouse://me:p/w@a', 'store has an @ that is not the end of user and password'],
  ])('%s: %s', (text, message) => {
    expect(complaint(text)).toContain(message);
  });

  it('says what is expected', () => {
    expect(complaint('clickhouse://a b')).toContain(
      'clickhouse://USER:PASSWORD@HOST:PORT/DATABASE',
    );
  });

  const hosts = ['host', 'host:8123/base', 'host/base?cluster=all', 'a|b,c', ''];

  it.each(hosts)('at %s never shows its password, whatever was not escaped', (host) => {
    const unescaped = fc.string({
      unit: fc.constantFrom('/', '@', ':', '?', '#', '%', '=', '&', ',', '|', ' ', '7', 'q'),
      minLength: 3,
    });
    fc.assert(
      fc.property(fc.constantFrom('', 'me'), unescaped, (user, middle) => {
        const password = `ZXY${middle}ZXY`;
        let message = '';
        try {
          const { password: found } = parseAddress(`clickhouse://${user}:${password}@${host}`);
          expect(found).toContain('ZXY');
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          message = error.message;
        }
        expect(message).not.toContain('ZXY');
      }),
      { numRuns: 2_000 },
    );
  });

  it('never shows a password whose host was forgotten', () => {
    expect(complaint('clickhouse://me:secret/base')).not.toContain('secret');
  });
});
