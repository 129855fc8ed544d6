/** A sentence in parts, as it is shown: facts bold, what is bad red, joints grey. */
import type { Part } from './sentence.ts';

/** The parts one after the other. */
export function Sentence({ parts }: { parts: readonly Part[] }) {
  return (
    <>
      {parts.map(({ text, tone }, i) =>
        tone === undefined ? (
          text
        ) : (
          <b key={`${i} ${text}`} class={tone}>
            {text}
          </b>
        ),
      )}
    </>
  );
}
