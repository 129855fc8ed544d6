/** The log: who reads it decides how it looks, and nobody who does not read it can stop the server. */
import { describe, expect, it } from 'vitest';
import { type LogStream, openLog } from './log.ts';

/** A stream that keeps what it gets; `unread` is what it claims to hold back. */
class Reader implements LogStream {
  text = '';
  writableLength = 0;
  isTTY: boolean;
  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }
  write(line: string, written?: () => void): void {
    this.text += line;
    written?.();
  }
}

describe('the log', () => {
  it('is JSON lines with an ISO time where no person looks', async () => {
    const reader = new Reader();
    const { log } = await openLog({ level: 'info', format: 'auto' }, reader);
    log.info({ port: 1 }, 'ready');
    expect(reader.text.endsWith('\n')).toBe(true);
    const line = JSON.parse(reader.text);
    expect(line).toMatchObject({ level: 30, port: 1, msg: 'ready' });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it('is readable on a terminal, and where that is asked for', async () => {
    for (const [format, isTTY] of [
      ['auto', true],
      ['pretty', false],
    ] as const) {
      const reader = new Reader(isTTY);
      const { log } = await openLog({ level: 'info', format }, reader);
      log.warn({ port: 1 }, 'careful');
      expect(reader.text).toContain('WARN');
      expect(reader.text).toContain('careful');
      expect(reader.text.startsWith('{')).toBe(false);
      expect(reader.text.includes('\u001b[')).toBe(isTTY);
    }
  });

  it('leaves out what is below its level', async () => {
    const reader = new Reader();
    const { log } = await openLog({ level: 'warn', format: 'json' }, reader);
    log.info('no');
    log.warn('yes');
    expect(reader.text.trim().split('\n')).toHaveLength(1);
  });

  it('drops and counts lines while nobody reads, and says so afterwards', async () => {
    const reader = new Reader();
    const { log } = await openLog({ level: 'info', format: 'json' }, reader);
    reader.writableLength = 2 * 1024 * 1024;
    log.info('lost');
    log.info('lost');
    expect(reader.text).toBe('');
    reader.writableLength = 0;
    log.info('back');
    const lines = reader.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ level: 40, dropped: 2 });
    expect(lines[1]).toMatchObject({ msg: 'back' });
  });

  it('keeps secrets of request headers to itself', async () => {
    const reader = new Reader();
    const { log } = await openLog({ level: 'info', format: 'json' }, reader);
    log.info({ req: { headers: { authorization: 'Bearer sesame', cookie: 'sesame' } } }, 'request');
    log.info({ headers: { authorization: 'Bearer sesame' } }, 'request');
    expect(reader.text).not.toContain('sesame');
  });

  it('flushes when the reader took everything, and does not wait for ever', async () => {
    const reader = new Reader();
    const { flush } = await openLog({ level: 'info', format: 'json' }, reader);
    await flush(60_000);
    reader.writableLength = 1;
    await flush(60_000);
    reader.write = () => {};
    await flush(1);
  });
});
