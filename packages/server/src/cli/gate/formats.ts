/** A gate's report as text for people, as Markdown, as JUnit XML and as JSON. */
import type { JsonObject } from '@tacho/protocol';
import { counted, type Look, type Paint, paint } from '../look.ts';
import { harmless, wrap } from '../text.ts';
import type { GateReport } from './gate.ts';
import { type Judgement, power, type Standing } from './judge.ts';
import {
  changeWords,
  outcomes,
  passes,
  powerWords,
  sentenceOf,
  standings,
  testWords,
  valueText,
} from './words.ts';

/** Formats of a report, as options name them. */
export const formats = ['text', 'md', 'junit', 'json'] as const;

const signs: Readonly<Record<Standing, { sign: string; how: Paint }>> = {
  broken: { sign: '✗', how: 'bad' },
  kept: { sign: '✓', how: 'good' },
  open: { sign: '~', how: 'warning' },
  unjudged: { sign: '?', how: 'warning' },
};

/** Lines for people. */
export function textLines(look: Look, report: GateReport): string[] {
  const { product, base, candidate, sessions, judgements, exit } = report;
  const side = (version: string, count: number): string =>
    `${harmless(version)} (${counted(count, 'session')})`;
  const head = `${side(base, sessions.base)} → ${side(candidate, sessions.candidate)}`;
  const end = paint(look, exit === 'done' ? 'good' : 'bad', outcomes[exit]);
  return [
    `${paint(look, 'strong', harmless(product))} ${head}: ${end}`,
    ...judgements.flatMap((judgement) => {
      const { sign, how } = signs[judgement.standing];
      const [first = '', ...rest] = wrap(harmless(sentenceOf(judgement)), look.width - 2);
      return [paint(look, how, `${sign} ${first}`), ...rest.map((line) => `  ${line}`)];
    }),
    ...wrap(testWords(report), look.width).map((line) => paint(look, 'faint', line)),
  ];
}

/** A comment for a pull request. */
export function markdownLines(report: GateReport): string[] {
  const { product, base, candidate, sessions, judgements, exit, isStrict } = report;
  const rows = judgements.map((judgement) => {
    const { rule, standing } = judgement;
    const mark = standing === 'unjudged' ? '❔' : passes(judgement, report) ? '✅' : '❌';
    const what = judgement.reason === undefined ? standings[standing] : judgement.reason;
    return [
      `${mark} ${code(rule.text)}`,
      valueText(judgement, judgement.base.value),
      valueText(judgement, judgement.candidate.value),
      changeWords(judgement),
      escaped(what),
      judgement.standing === 'unjudged' ? '' : powerWords(judgement),
    ];
  });
  return [
    `### ${exit === 'done' ? '✅' : '❌'} ${escaped(product)} ${code(base)} → ${code(candidate)}: ${outcomes[exit]}`,
    '',
    '| Rule | Base | Candidate | Change | Verdict | Power |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `${counted(sessions.base, 'session')} → ${counted(sessions.candidate, 'session')}. ${testWords(report)}${isStrict ? ' What is not proven to be kept fails.' : ''}`,
  ];
}

/** JUnit XML, one test case for each rule, as Ant's schema of it asks. */
export function junitLines(report: GateReport, at: Date): string[] {
  const { product, base, candidate, judgements } = report;
  const count = (meets: (judgement: Judgement) => boolean): number =>
    judgements.filter(meets).length;
  const isError = ({ standing }: Judgement): boolean => standing === 'unjudged';
  const isFailure = (one: Judgement): boolean => !isError(one) && !passes(one, report);
  const name = xml(`${product} ${base} → ${candidate}`);
  const counts = `tests="${judgements.length}" failures="${count(isFailure)}" errors="${count(isError)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite id="0" package="tacho.compare" name="${name}" timestamp="${at.toISOString().slice(0, 19)}" hostname="localhost" ${counts} time="0">`,
    '    <properties/>',
    ...judgements.flatMap((judgement) => {
      const head = `    <testcase classname="tacho.compare" name="${xml(judgement.rule.text)}" time="0"`;
      const kind = isError(judgement) ? 'error' : isFailure(judgement) ? 'failure' : undefined;
      if (kind === undefined) return [`${head}/>`];
      const text = xml(sentenceOf(judgement));
      return [
        `${head}>`,
        `      <${kind} type="${judgement.standing}" message="${text}">${text}</${kind}>`,
        '    </testcase>',
      ];
    }),
    `    <system-out>${xml([...judgements.map(sentenceOf), testWords(report)].join('\n'))}</system-out>`,
    '    <system-err/>',
    '  </testsuite>',
    '</testsuites>',
  ];
}

/** The same as JSON; changes are as in the limit of their rule: 0.05 for +5 %, -0.005 for -0.5pp. */
export function reportJson(report: GateReport): JsonObject {
  const { product, base, candidate, sessions, judgements, exit, alpha, level, isStrict } = report;
  return {
    product,
    base: { version: base, sessions: sessions.base },
    candidate: { version: candidate, sessions: sessions.candidate },
    outcome: outcomes[exit].replace(' ', '_'),
    passed: exit === 'done',
    strict: isStrict,
    alpha,
    level,
    power,
    rules: judgements.map((judgement) => ({
      rule: judgement.rule.text,
      standing: judgement.standing,
      passed: passes(judgement, report),
      sentence: sentenceOf(judgement),
      test: judgement.rule.kind === 'metric' ? 'mann_whitney' : 'farrington_manning',
      scale: judgement.rule.limit.scale,
      limit: judgement.rule.limit.change,
      base: { ...judgement.base },
      candidate: { ...judgement.candidate },
      change: judgement.change,
      low: judgement.low,
      high: judgement.high,
      p_value: judgement.chance,
      detectable: judgement.detectable,
    })),
  };
}

function code(text: string): string {
  return `\`${harmless(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

/** Text that is nothing but text in Markdown. */
function escaped(text: string): string {
  return harmless(text).replace(/[\\`*_{}[\]<>()#+!|@~&]/g, '\\$&');
}

/** Text of an attribute or an element; what XML cannot hold at all is shown as harmless text. */
function xml(text: string): string {
  const held = text.split('\n').map(harmless).join('\n');
  return held
    .replace(/[\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
