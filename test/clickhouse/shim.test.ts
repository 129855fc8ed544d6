/** The official client against the shim, over real HTTP: everything that a store says to ClickHouse. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { type ClickHouse, startClickHouse } from './running.ts';

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(async () => {
  await clickhouse?.stop();
});

/** A database of its own with a table of readings; one insert with the same token counts once. */
async function makeTable(): Promise<{ client: ClickHouseClient; database: string }> {
  const database = `t_${randomUUID().replaceAll('-', '')}`;
  const client = connect(clickhouse.url, { database });
  await connect(clickhouse.url).command({ query: `CREATE DATABASE ${database}` });
  await client.command({
    query: `CREATE TABLE reading (id UInt64, value Float64, name String) ENGINE = MergeTree
      ORDER BY id SETTINGS non_replicated_deduplication_window = 100`,
  });
  return { client, database };
}

async function rowsOf<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return result.json<T>();
}

async function countOf(client: ClickHouseClient): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(client, 'SELECT toUInt32(count()) n FROM reading');
  return row!.n;
}

/** Questions with these words that run just now. */
async function runningOf(client: ClickHouseClient, words: string): Promise<number> {
  const result = await client.query({
    query: `SELECT query FROM system.processes
      WHERE query LIKE '%' || {words:String} || '%' AND query NOT LIKE '%system.processes%'`,
    query_params: { words },
    format: 'JSONEachRow',
  });
  return (await result.json()).length;
}

/** Rows of the table in RowBinary. */
function binaryRows(from: number, count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const row = Buffer.alloc(19);
      row.writeBigUInt64LE(BigInt(from + i), 0);
      row.writeDoubleLE((from + i) / 3, 8);
      // A name of two line breaks: where text formats would be cut, these bytes must not be.
      row.set([2, 10, 10], 16);
      return row;
    }),
  );
}

async function insertBinary(client: ClickHouseClient, rows: Buffer, settings = {}) {
  const { stream, ...result } = await client.exec({
    query: 'INSERT INTO reading (id, value, name) FORMAT RowBinary',
    values: Readable.from([rows], { objectMode: false }),
    clickhouse_settings: settings,
  });
  // Only then is the connection free for the next request.
  stream.resume();
  return result;
}

/** Waits for an error of ClickHouse and gives it. */
async function errorOf(asking: Promise<unknown>): Promise<ClickHouseError> {
  const error = await asking.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClickHouseError);
  return error as ClickHouseError;
}

describe('statements', () => {
  it('answers pings', async () => {
    const client = connect(clickhouse.url);
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  it('knows the database of a request, of none and of one that is not there', async () => {
    const { client, database } = await makeTable();
    const query = 'SELECT currentDatabase() AS name';
    expect(await rowsOf(client, query)).toEqual([{ name: database }]);
    expect(await rowsOf(connect(clickhouse.url), query)).toEqual([{ name: 'default' }]);
    const lost = connect(clickhouse.url, { database: 'nowhere' });
    expect(await errorOf(lost.query({ query }))).toMatchObject({ code: '81' });
  });

  it('binds parameters of every kind, many at once too, and forgets them', async () => {
    const client = connect(clickhouse.url);
    const values = {
      text: `it's a \\ "test"\n\twith {braces:String}; -- and more`,
      number: 7,
      list: ['a', "b'c", 'd,e'],
      nothing: null,
      table: 'one',
    };
    const ask = (query_params: Record<string, unknown>, more = {}) =>
      client.query({
        query: `SELECT {text:String} AS text, {number:UInt32} AS number, {list:Array(String)} AS list,
          {nothing:Nullable(String)} AS nothing FROM system.{table:Identifier}`,
        query_params,
        format: 'JSONEachRow',
        ...more,
      });
    const { table: _, ...row } = values;
    expect(await (await ask(values)).json()).toEqual([row]);
    expect(await (await ask(values, { use_multipart_params: true })).json()).toEqual([row]);
    await expect(ask({ number: 1 })).rejects.toMatchObject({ code: '456' });
  });

  it('takes as many values as a server does: half a mebibyte in the address, more in a form', async () => {
    const client = connect(clickhouse.url);
    const ask = (length: number, use_multipart_params: boolean) =>
      client.query({
        query: 'SELECT toUInt32(length({ids:Array(String)})) AS n',
        query_params: { ids: Array.from({ length }, (_, i) => `session ${i}`) },
        use_multipart_params,
        format: 'JSONEachRow',
      });
    expect(await (await ask(20_000, false)).json()).toEqual([{ n: 20_000 }]);
    expect(await (await ask(100_000, true)).json()).toEqual([{ n: 100_000 }]);
    const text = `SELECT '${'x'.repeat(300_000)}'`;
    expect(await errorOf(client.command({ query: text }))).toMatchObject({ code: '62' });
  });

  it('obeys settings for the one statement that has them', async () => {
    const client = connect(clickhouse.url);
    const ask = async (clickhouse_settings = {}, tail = '') => {
      const query = `SELECT getSetting('max_block_size') AS size ${tail}`;
      const result = await client.query({ query, clickhouse_settings, format: 'JSONEachRow' });
      const [row] = await result.json<{ size: number }>();
      return row!.size;
    };
    const usual = await ask();
    expect(await ask({ max_block_size: '77' })).toBe(77);
    expect(await ask()).toBe(usual);
    expect(await ask({}, 'SETTINGS max_block_size = 78')).toBe(78);
    expect(await ask()).toBe(usual);
    await client.command({ query: 'SET max_block_size = 79' });
    expect(await ask()).toBe(usual);
  });

  it('stops a question at its time limit', async () => {
    const slow = connect(clickhouse.url).query({
      query: 'SELECT max(sipHash64(number)) FROM numbers(100000000000)',
      clickhouse_settings: { max_execution_time: 0.2 },
    });
    expect(await errorOf(slow)).toMatchObject({ code: '159', type: 'TIMEOUT_EXCEEDED' });
  });

  it('takes one statement per request and changes nothing on GET', async () => {
    const client = connect(clickhouse.url);
    expect(await errorOf(client.command({ query: 'SELECT 1; SELECT 2' }))).toMatchObject({
      code: '62',
    });
    expect(await rowsOf(client, `SELECT ';' AS x -- ; ; '`)).toEqual([{ x: ';' }]);
    const changing = await fetch(`${clickhouse.url}/?query=CREATE+DATABASE+no`);
    expect(changing.headers.get('X-ClickHouse-Exception-Code')).toBe('164');
    const asking = await fetch(`${clickhouse.url}/?query=SELECT+1+FORMAT+CSV`);
    expect(await asking.text()).toBe('1\n');
  });
});

describe('inserts', () => {
  it('takes rows as JSON and says what it wrote', async () => {
    const { client } = await makeTable();
    const rows = [
      { id: 1, value: 1.5, name: 'a\n\nb; "c"' },
      { id: 2, value: -0.25, name: "INSERT INTO x FORMAT CSV 'é" },
    ];
    const { summary } = await client.insert({
      table: 'reading',
      values: rows,
      format: 'JSONEachRow',
    });
    expect(summary).toMatchObject({ written_rows: '2' });
    expect(await rowsOf(client, 'SELECT * FROM reading ORDER BY id')).toEqual(rows);
  });

  it('takes rows as RowBinary, whatever bytes they have', async () => {
    const { client } = await makeTable();
    const { summary } = await insertBinary(client, binaryRows(0, 5000));
    expect(summary).toMatchObject({ written_rows: '5000' });
    const query = `SELECT count() = 5000 AND sum(id) = 12497500 AND min(name) = '\\n\\n' AS whole,
      toUInt32(countIf(value = id / 3)) AS exact FROM reading`;
    expect(await rowsOf(client, query)).toEqual([{ whole: 1, exact: 5000 }]);
  });

  it('takes values in the statement, none at all, and what a statement makes of the data', async () => {
    const { client } = await makeTable();
    await client.command({
      query: "INSERT INTO reading VALUES (1, 2, 'x\n\n;y'), (2, 1 + 1, 'z')",
    });
    await client.command({ query: 'INSERT INTO reading SELECT id + 10, value, name FROM reading' });
    const { stream } = await client.exec({
      query: `INSERT INTO reading SELECT id * 100, 0, name
        FROM input('id UInt64, name String') FORMAT JSONEachRow`,
      values: Readable.from(['{"id":7,"name":"later"}\n'], { objectMode: false }),
    });
    stream.resume();
    await insertBinary(client, Buffer.alloc(0));
    expect(await rowsOf(client, 'SELECT toUInt32(id) id, name FROM reading ORDER BY id')).toEqual([
      { id: 1, name: 'x\n\n;y' },
      { id: 2, name: 'z' },
      { id: 11, name: 'x\n\n;y' },
      { id: 12, name: 'z' },
      { id: 700, name: 'later' },
    ]);
  });

  it('counts a token once, by the insert and not by the connection', async () => {
    const { client } = await makeTable();
    const token = { insert_deduplication_token: 'spool-1:7' };
    await insertBinary(client, binaryRows(0, 10), token);
    await insertBinary(client, binaryRows(0, 10), token);
    await insertBinary(client, binaryRows(500, 99), token);
    expect(await countOf(client)).toBe(10);
    await insertBinary(client, binaryRows(0, 20), { insert_deduplication_token: 'spool-1:8' });
    expect(await countOf(client)).toBe(30);
    await insertBinary(client, binaryRows(0, 15));
    expect(await countOf(client)).toBe(45);
  });

  it('refuses a batch with a broken row as a whole, and takes the next one', async () => {
    const { client } = await makeTable();
    const broken = insertBinary(client, binaryRows(0, 10).subarray(0, 180));
    expect(await errorOf(broken)).toMatchObject({ code: '33', type: 'CANNOT_READ_ALL_DATA' });
    const wrong = client.insert({
      table: 'reading',
      values: [{ id: 1 }, { id: 'many' }],
      format: 'JSONEachRow',
    });
    expect(await errorOf(wrong)).toMatchObject({ code: '27' });
    await insertBinary(client, binaryRows(0, 3));
    expect(await countOf(client)).toBe(3);
  });

  it('writes 100,000 rows as one part and streams them back', async () => {
    const { client } = await makeTable();
    const values = Array.from({ length: 100_000 }, (_, id) => ({
      id,
      value: id / 7,
      name: `n${id}`,
    }));
    await client.insert({ table: 'reading', values, format: 'JSONEachRow' });
    const parts = await rowsOf(
      client,
      `SELECT toUInt32(rows) AS rows FROM system.parts
        WHERE database = currentDatabase() AND table = 'reading' AND active`,
    );
    expect(parts).toEqual([{ rows: 100_000 }]);
    const result = await client.query({
      query: 'SELECT toUInt32(id) AS id, value FROM reading ORDER BY id',
      format: 'JSONEachRow',
    });
    let next = 0;
    let chunks = 0;
    for await (const rows of result.stream<{ id: number; value: number }>()) {
      chunks++;
      for (const row of rows) {
        const { id, value } = row.json();
        if (id !== next || value !== id / 7) throw new Error(`row ${next} is ${row.text}`);
        next++;
      }
    }
    expect(next).toBe(100_000);
    expect(chunks).toBeGreaterThan(1);
  });
});

describe('answers', () => {
  it('has every format, and those with a head and a foot only once', async () => {
    const client = connect(clickhouse.url);
    const query = 'SELECT toUInt32(number) AS n FROM numbers(200000)';
    const result = await client.query({ query, format: 'JSON' });
    const { data, rows } = await result.json<{ n: number }>();
    expect([data.length, rows, data[199_999]]).toEqual([200_000, 200_000, { n: 199_999 }]);
    const text = await (await client.query({ query, format: 'TabSeparatedWithNames' })).text();
    expect(text.split('\n').length).toBe(200_002);
  });

  it('packs requests and answers when it is asked to', async () => {
    const { client: plain, database } = await makeTable();
    const client = connect(clickhouse.url, {
      database,
      compression: { request: true, response: true },
    });
    await client.insert({
      table: 'reading',
      values: Array.from({ length: 1000 }, (_, id) => ({ id, value: 1, name: 'same' })),
      format: 'JSONEachRow',
    });
    expect(await countOf(plain)).toBe(1000);
    const result = await client.query({ query: 'SELECT * FROM reading', format: 'JSONEachRow' });
    expect(result.response_headers['content-encoding']).toBe('gzip');
    expect((await result.json()).length).toBe(1000);
    expect(await errorOf(client.query({ query: 'SELECT * FROM no' }))).toMatchObject({
      code: '60',
    });
  });

  it('carries the id of the request and the figures of the work', async () => {
    const result = await connect(clickhouse.url).query({
      query: 'SELECT number FROM numbers(1000)',
      query_id: 'mine',
    });
    expect(result.query_id).toBe('mine');
    expect(result.response_headers).toMatchObject({
      'x-clickhouse-query-id': 'mine',
      'x-clickhouse-summary': expect.stringContaining('"result_rows":"1000"'),
    });
  });

  it.each([
    ['SELECT 1 1', 62, 'SYNTAX_ERROR', 400],
    ['SELECT * FROM nowhere', 60, 'UNKNOWN_TABLE', 404],
    ['SELECT no_such_column', 47, 'UNKNOWN_IDENTIFIER', 404],
    ["SELECT toUInt8('x')", 6, 'CANNOT_PARSE_TEXT', 400],
    ['SELECT 1 SETTINGS no_such_setting = 1', 115, 'UNKNOWN_SETTING', 404],
    ["SELECT throwIf(1, 'oh')", 395, 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 500],
    ['CREATE DATABASE default', 82, 'DATABASE_ALREADY_EXISTS', 500],
  ])('tells errors as a server does: %s', async (query, code, type, status) => {
    const error = await errorOf(connect(clickhouse.url).command({ query }));
    expect(error).toMatchObject({ code: String(code), type });
    const answer = await fetch(clickhouse.url, { method: 'POST', body: query });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('X-ClickHouse-Exception-Code')).toBe(String(code));
    expect(await answer.text()).toMatch(
      new RegExp(
        `^Code: ${code}\\. DB::Exception: [\\s\\S]*\\(${type}\\) \\(version 26\\..*\\)\\n$`,
      ),
    );
  });

  it('tells an error that comes after the first rows, and never ends such an answer well', async () => {
    const query = "SELECT number, throwIf(number = 300000, 'late') FROM numbers(400000)";
    const client = connect(clickhouse.url);
    const late = await client.query({ query, format: 'JSONEachRow' });
    expect(await errorOf(late.json())).toMatchObject({ code: '395' });
    const packed = connect(clickhouse.url, { compression: { response: true } });
    const latePacked = await packed.query({ query, format: 'JSONEachRow' });
    await expect(latePacked.json()).rejects.toThrow();
    const whole = client.query({ query, clickhouse_settings: { wait_end_of_query: 1 } });
    expect(await errorOf(whole)).toMatchObject({ code: '395' });
    const answer = await fetch(clickhouse.url, { method: 'POST', body: `${query} FORMAT CSV` });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('stops what nobody waits for any more', async () => {
    const client = connect(clickhouse.url);
    const gone = new AbortController();
    const endless = await client.query({
      query: 'SELECT number FROM system.numbers',
      format: 'JSONEachRow',
      abort_signal: gone.signal,
    });
    for await (const rows of endless.stream()) if (rows.length > 0) break;
    gone.abort();
    await expect.poll(() => runningOf(client, 'system.numbers '), { timeout: 20_000 }).toBe(0);
  });

  it('stops a question without rows only when that is asked for', async () => {
    const client = connect(clickhouse.url);
    const ask = (cancel_http_readonly_queries_on_client_close: 0 | 1) => {
      const gone = new AbortController();
      const asking = client.query({
        query: 'SELECT max(sipHash64(number)) FROM numbers(100000000000)',
        clickhouse_settings: {
          cancel_http_readonly_queries_on_client_close,
          max_execution_time: 6,
        },
        abort_signal: gone.signal,
      });
      asking.catch(() => {});
      return gone;
    };
    const questions = [ask(0), ask(1)];
    const running = () => runningOf(client, 'numbers(100000000000)');
    await expect.poll(running, { timeout: 20_000 }).toBe(2);
    for (const gone of questions) gone.abort();
    await expect.poll(running, { timeout: 20_000 }).toBe(1);
    await client.command({ query: "KILL QUERY WHERE query LIKE '%numbers(1000%' SYNC" });
    expect(await running()).toBe(0);
  });
});

describe('many at once', () => {
  it('keeps settings, parameters and tokens of requests apart', async () => {
    const { client } = await makeTable();
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        await insertBinary(client, binaryRows(i * 100, 100), {
          insert_deduplication_token: `token-${i % 30}`,
        });
        const result = await client.query({
          query: "SELECT {n:UInt32} AS n, getSetting('max_block_size') AS size",
          query_params: { n: i },
          clickhouse_settings: { max_block_size: String(1000 + i) },
          format: 'JSONEachRow',
        });
        expect(await result.json()).toEqual([{ n: i, size: 1000 + i }]);
      }),
    );
    expect(await countOf(client)).toBe(3000);
  });

  it('answers a short question while long ones run', async () => {
    const client = connect(clickhouse.url);
    const long = new AbortController();
    const slow = [1, 2, 3].map((n) =>
      client.query({
        query: `SELECT ${n}, sum(sleepEachRow(1)) FROM numbers(60) SETTINGS max_block_size = 1`,
        clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
        abort_signal: long.signal,
      }),
    );
    let ended = 0;
    for (const one of slow) one.then(() => ended++).catch(() => {});
    expect(await rowsOf(client, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(ended).toBe(0);
    long.abort();
  });
});
