/** Messages for chats that take what Slack does: a sentence, and the facts below it. */
import type { JsonObject } from '@tacho/protocol';
import type { Notice } from './notice.ts';

/** Facts of a message that are shown below its sentence; the rest is for programs. */
const shownFacts = ['product', 'version', 'machine', 'session', 'value', 'bound', 'window'];

/** Slack's own bound of a section is 3,000 characters. */
const marks: Record<string, string> = { 'metric.recovered': '✅', test: '👋' };

/** The body for Slack. */
export function slackBody({ type, summary, data, webhook }: Notice['message']): JsonObject {
  const mark = marks[type] ?? '🔴';
  const text = `${mark} ${escaped(summary)}`;
  const facts = Object.entries(data as JsonObject)
    .filter(([name, value]) => shownFacts.includes(name) && value !== null && value !== '')
    .map(([name, value]) => `${name}: ${escaped(String(value))}`);
  const from = `Tacho, ${escaped(String((webhook as JsonObject).name))}`;
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: [...facts, from].join(' · ') }] },
    ],
  };
}

/** What a program said is no link and mentions nobody. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
