/** Naming advice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namingAdvice, namingRules } from './naming.ts';

const ids = (name: string, unit = '', tags: string[] = []) =>
  namingAdvice(name, unit, tags).map(({ id }) => id);

describe('naming advice', () => {
  it.each([
    'response_time_ms',
    'memory_usage_mb',
    'transactions_processed',
    'error_count',
    'api_response_time_ms',
    'database_query_time_ms',
    'duration_seconds',
    'file_size_bytes',
    'temperature_celsius',
    'http_requests',
    'queue_size',
    'disk_usage_gb',
    'cpu_usage_percent',
    'cpu_percent',
    'memory_mb',
    'items_processed',
    'error_rate_percent',
    'api_latency_ms',
    'job_count',
    'http_requests_total',
    'process_cpu_seconds_total',
    'http.server.duration_ms',
    'cache_get_ms',
    'requests_per_second',
    'batch_length',
    '温度_celsius',
  ])('has nothing to say about %s', (name) => {
    expect(namingAdvice(name, '', ['endpoint:users', 'method:GET', 'v2', 'batch_id:123'])).toEqual(
      [],
    );
  });

  it.each([
    ['duration', ['unit-missing']],
    ['size', ['unit-missing']],
    ['upload_file_size', ['unit-missing']],
    ['heap', ['unit-missing']],
    ['time', ['unit-missing', 'name-vague']],
    ['mem', ['unit-missing', 'name-vague', 'name-abbreviated']],
    ['db_ms', ['name-vague']],
    ['ms', ['name-vague']],
    ['', ['name-vague']],
    ['http_requests_users_get', ['tag-in-name']],
    ['http_requests_posts_post', ['tag-in-name']],
    ['http_responses_500_total', ['tag-in-name']],
    ['get_requests', ['tag-in-name']],
    ['user_12345_logins', ['id-in-name']],
    ['responseTimeMs', ['name-style']],
    ['cache hits', ['name-style']],
    ['queue_gauge', ['type-in-name']],
    ['req_count', ['name-abbreviated']],
  ])('for %s is %j', (name, expected) => {
    expect(ids(name)).toEqual(expected);
  });

  it('says what to do instead', () => {
    const message = (name: string, unit = '', tags: string[] = []) =>
      namingAdvice(name, unit, tags)[0]?.message;
    expect(message('duration')).toBe(
      'Add a unit to duration: call it duration_seconds or duration_ms, or send the unit field.',
    );
    expect(message('http_requests_users_get')).toBe(
      'Use a tag: call it http_requests with the tags endpoint:users, method:GET.',
    );
    expect(message('http_2xx_responses')).toBe(
      'Use a tag: call it http_responses with the tag status:2xx.',
    );
    expect(message('response_time_ms', 'seconds')).toBe(
      'The name response_time_ms says milliseconds and the unit field says seconds: make them agree.',
    );
    expect(message('HTTPServer.requestTime', 's')).toBe(
      'Write http_server.request_time: lower-case words joined by underscores or dots.',
    );
  });

  it('is content with a unit in the field', () => {
    expect(ids('duration', 'ms')).toEqual([]);
    expect(ids('response_time_ms', 'milliseconds')).toEqual([]);
    expect(ids('requests_total', 'requests')).toEqual([]);
    expect(ids('response_time_ms', 'bytes')).toEqual(['unit-conflict']);
  });

  it.each([
    'user:550e8400-e29b-41d4-a716-446655440000',
    'id:123456789',
    'at:2024-01-01T00:00:00Z',
    'user:someone@example.org',
    'commit:0a1b2c3d4e5f6a7b8c9d',
    '123456',
  ])('warns of the tag %s', (tag) => {
    expect(ids('http_requests', '', ['method:GET', tag])).toEqual(['tag-unbounded']);
  });

  it('is made of known rules, each at most once and in their order, and never throws', () => {
    const order = Object.keys(namingRules);
    const word = fc.constantFrom(
      'http',
      'requests',
      'get',
      '500',
      'mem',
      'time',
      'ms',
      'total',
      'gauge',
      'X',
      '12345',
      '.',
      'ß',
    );
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 5 }).map((words) => words.join('_')),
    );
    fc.assert(
      fc.property(name, fc.string(), fc.array(name), (text, unit, tags) => {
        const advice = namingAdvice(text, unit, tags);
        const positions = advice.map(({ id }) => order.indexOf(id));
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
        for (const { message } of advice) expect(message).toMatch(/\.$/);
        expect(namingAdvice(text, unit, tags)).toEqual(advice);
      }),
      { numRuns: 1000 },
    );
  });

  it('suggests names that need no further advice of the same kind', () => {
    const known = fc.constantFrom('Response Time', 'heapSize', 'HTTP-Latency', 'queue wait');
    fc.assert(
      fc.property(known, (name) => {
        for (const { id, message } of namingAdvice(name)) {
          const better = /(?:call it|Write) ([^ :]+)/.exec(message)?.[1] as string;
          expect(ids(better)).not.toContain(id);
        }
      }),
    );
  });
});
