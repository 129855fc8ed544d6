/** What the documentation tests find in a page. */
import { describe, expect, it } from 'vitest';
import { blocksOf, examplesOf } from './markdown.ts';

const page = [
  'Text.',
  '```bash',
  'curl http://x',
  '```',
  '```json reply',
  '{"success": true}',
  '```',
  '```text',
  'not run',
  '```',
  '```json POST /api/sessions',
  `{"product": "it's"}`,
  '```',
].join('\n');

describe('blocksOf', () => {
  it('gives language, info, text and line of every block', () => {
    expect(blocksOf(page).map(({ language, info, line }) => [language, info, line])).toEqual([
      ['bash', '', 2],
      ['json', 'reply', 5],
      ['text', '', 8],
      ['json', 'POST /api/sessions', 11],
    ]);
    expect(blocksOf(page)[0]?.text).toBe('curl http://x\n');
  });

  it('refuses a block that is not closed', () => {
    expect(() => blocksOf('```bash\nls')).toThrow('line 1');
  });
});

describe('examplesOf', () => {
  it('joins replies to their commands and turns request bodies into curl commands', () => {
    const examples = examplesOf(page, 'http://s');
    expect(examples).toHaveLength(2);
    expect(examples[0]).toEqual({
      line: 2,
      command: 'curl http://x\n',
      reply: '{"success": true}\n',
    });
    expect(examples[1]?.command).toContain("curl -X POST 'http://s/api/sessions'");
    expect(examples[1]?.command).toContain(`{"product": "it'\\''s"}`);
  });

  it('refuses JSON that is none, a reply without example and an unknown marker', () => {
    expect(() => examplesOf('```json\n{\n```', '')).toThrow();
    expect(() => examplesOf('```json reply\n{}\n```', '')).toThrow('line 1');
    expect(() => examplesOf('```json answer\n{}\n```', '')).toThrow('line 1');
  });
});
