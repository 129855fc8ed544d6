/** What the sessions of a product died of in the range. */
import type { CauseKind } from '@tacho/protocol';
import { href } from '../../address.ts';
import type { Answered } from '../../answer.ts';
import { count, counted } from '../../format/number.ts';
import { causeLabels, outcomeOfCause, troubles } from '../../outcome.ts';
import '../../releases/health-bars.css';
import { Glyph } from '../../parts/glyph.tsx';
import { Loaded } from '../../parts/waiting.tsx';
import { type ProductBars, since } from './data.ts';
import type { CountGroup } from './health.ts';
import type { Window } from './range.ts';

/** Rows that fit into the panel. */
const rowsMax = 7;

/** The panel; `answer` is that of the bars. */
export function Causes({
  product,
  answer,
  window,
  range,
}: {
  product: string;
  answer: Answered<ProductBars>;
  window: Window;
  /** `7 days`. */
  range: string;
}) {
  const { causes, sessions } = causesIn(answer.value?.groups ?? [], window.fromMs);
  const dead = causes.reduce((all, cause) => all + cause.sessions, 0);
  return (
    <section class="panel ov-panel" aria-labelledby="ov-causes">
      <header>
        <h2 id="ov-causes">Causes of death</h2>
        {answer.value !== undefined && (
          <span class="micro t3 ov-aside">
            {count(dead)} of {counted(sessions, 'session')}
          </span>
        )}
      </header>
      <Loaded answer={answer} rows={6}>
        {() =>
          causes.length === 0 ? (
            <p class="ov-none">Nothing died in {range}.</p>
          ) : (
            causes
              .slice(0, rowsMax)
              .map((cause) => (
                <Death
                  key={cause.kind}
                  cause={cause}
                  greatest={causes[0]?.sessions ?? 1}
                  link={href('sessions', { product, cause: cause.kind, ...since(window) })}
                />
              ))
          )
        }
      </Loaded>
    </section>
  );
}

interface CauseCount {
  kind: CauseKind;
  sessions: number;
}

function Death({
  cause: { kind, sessions },
  greatest,
  link,
}: {
  cause: CauseCount;
  greatest: number;
  link: string;
}) {
  const outcome = outcomeOfCause(kind);
  return (
    <a class="ov-death" href={link}>
      <Glyph name={outcome} />
      <span class="clip">{causeLabels[kind]}</span>
      <span class="ov-death-bar">
        <i
          class={`hb-${outcome}`}
          style={{ width: `${Math.max(2, (sessions / greatest) * 100)}%` }}
        />
      </span>
      <span class="num">{count(sessions)}</span>
    </a>
  );
}

/** Bad ends with how many sessions had them, the most frequent first. */
function causesIn(
  groups: readonly CountGroup[],
  fromMs: number,
): { causes: CauseCount[]; sessions: number } {
  const found = new Map<CauseKind, number>();
  let all = 0;
  for (const { by, time, sessions } of groups) {
    if (Date.parse(time ?? '') < fromMs) continue;
    all += sessions;
    const kind = by.cause as CauseKind | null;
    const isBad = (troubles as readonly string[]).includes(outcomeOfCause(kind));
    if (kind !== null && isBad) found.set(kind, (found.get(kind) ?? 0) + sessions);
  }
  const causes = [...found].map(([kind, sessions]) => ({ kind, sessions }));
  return { causes: causes.sort((a, b) => b.sessions - a.sessions), sessions: all };
}
