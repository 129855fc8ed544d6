/** The reader of answers finds the same answers however they are cut into pieces. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerReader, requestBytes } from './wire.ts';

const known = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
const chunked = Buffer.from(
  'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
);
const interim = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

it('reads answers that arrive in any pieces', () => {
  const all = Buffer.concat([known, interim, chunked, known]);
  const cuts = fc.array(fc.nat(all.length), { maxLength: 20 });
  fc.assert(
    fc.property(cuts, (at) => {
      const reader = new AnswerReader();
      const found: string[] = [];
      const bounds = [0, ...at.sort((a, b) => a - b), all.length];
      for (let i = 1; i < bounds.length; i += 1) {
        let piece = all.subarray(bounds[i - 1], bounds[i]);
        for (;;) {
          const answer = reader.push(piece);
          if (!answer) break;
          found.push(`${answer.status} ${answer.body}`);
          piece = Buffer.alloc(0);
        }
      }
      expect(found).toEqual(['200 hello', '404 abc0123456789', '200 hello']);
      expect(reader.pending).toBe(0);
    }),
  );
});

it('reads an answer to HEAD without its body, and one that ends with the connection', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
  expect(new AnswerReader().push(head, true)?.status).toBe(200);
  const reader = new AnswerReader();
  expect(reader.push(Buffer.from('HTTP/1.0 400 Bad\r\n\r\nall of it'))).toBeUndefined();
  expect(reader.finish()?.body.toString()).toBe('all of it');
});

it('counts the bytes of a body, not its characters', () => {
  const text = requestBytes('POST', '/', {}, '"ü"').toString('utf8');
  expect(text).toBe('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 4\r\n\r\n"ü"');
});
