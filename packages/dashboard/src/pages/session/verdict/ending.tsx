/** The steps of an ending: up to five moments, each of which puts the cursor there. */

import { useEffect, useRef } from 'preact/hooks';
import { clock, full, ms, offset } from '../../../format/time.ts';
import { isRunning, outcomeOfRow } from '../../../outcome.ts';
import { Glyph, type GlyphName } from '../../../parts/glyph.tsx';
import { useRow, useSession } from '../model.ts';
import { endName } from '../recorder/ending.ts';
import { stepAt, stepsOf } from './ending.ts';
import { causeWords, type Moment } from './sentence.ts';

/** The chosen ones of these moments. */
export function Ending({ moments }: { moments: readonly Moment[] }) {
  const model = useSession();
  const row = useRow();
  const list = useRef<HTMLOListElement>(null);
  const steps = stepsOf(moments);
  const at = stepAt(steps, model.cursorMs.value);
  const endMs = model.endMs.value;
  useEffect(() => {
    // On a phone the list is wider than the screen, and its end is what people came for.
    if (list.current !== null) list.current.scrollLeft = list.current.scrollWidth;
  }, [steps.length]);
  if (steps.length === 0) return null;
  return (
    <ol
      class="ending"
      aria-label={isRunning(row) ? 'What happened' : 'How it ended'}
      ref={list}
      style={{ '--steps': String(steps.length) }}
    >
      {steps.map((step, i) => {
        const atMs = ms(step.timestamp);
        const glyph = glyphOf(step, outcomeOfRow(row));
        return (
          <li key={step.kind} class={i === at ? 'at' : ''}>
            <button
              type="button"
              aria-current={i === at ? 'true' : undefined}
              title={[wordsOf(step, step.title), step.detail, full(atMs)].join('\n')}
              onClick={() => model.setCursor(atMs, { pin: true })}
            >
              <span class="when">
                {glyph === undefined ? <i /> : <Glyph name={glyph} size={12} />}
                <b>{clock(atMs)}</b>
                <span>{step.kind === 'death' ? endName(row) : offset(atMs - endMs)}</span>
              </span>
              <span class="what">
                {step.kind === 'death' ? deathWords(step) : wordsOf(step, step.title)}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );

  function deathWords(step: Moment): string {
    const words = causeWords(row, endMs);
    return words === undefined ? step.title : words[0]?.toUpperCase() + words.slice(1);
  }
}

function wordsOf({ kind, detail }: Moment, title: string): string {
  return kind === 'hang' && detail !== '' ? `${title}: ${detail}` : title;
}

function glyphOf({ kind }: Moment, outcome: GlyphName): GlyphName | undefined {
  if (kind === 'death') return outcome;
  if (kind === 'hang') return 'hung';
  return kind === 'exception' ? 'error' : undefined;
}
