/** A stack trace on screen: calls with their places, what is not the program's own folded away. */
import { useState } from 'preact/hooks';
import { editorChoice, editorLink } from '../../../editor.ts';
import { CopyButton } from '../../../parts/copy.tsx';
import { folded, placeOf, type StackFold, type StackFrame, type StackLine } from './stack.ts';

/** Lines that are shown at first; recursion makes thousands. */
const linesShown = 60;

/** The lines of a trace; the innermost call of what ended the session is washed. */
export function Stack({ lines, isFatal }: { lines: readonly StackLine[]; isFatal: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const all = folded(lines);
  const shown = isWhole ? all : all.slice(0, linesShown);
  const top = lines.find((line) => line.kind === 'frame' && line.library === undefined);
  return (
    <div class="stack">
      {shown.map((line, i) => {
        if (line.kind === 'note') {
          return (
            <p key={i} class="note">
              {line.text}
            </p>
          );
        }
        if (line.kind === 'fold') return <Fold key={i} fold={line} />;
        return <Frame key={i} frame={line} isTop={isFatal && line === top} />;
      })}
      {shown.length < all.length && (
        <button type="button" class="btn btn-s btn-quiet" onClick={() => setWhole(true)}>
          {all.length - shown.length} more lines
        </button>
      )}
    </div>
  );
}

function Fold({ fold }: { fold: StackFold }) {
  const [isOpen, setOpen] = useState(false);
  if (isOpen) {
    return fold.frames.map((frame) => <Frame key={frame.number} frame={frame} isTop={false} />);
  }
  return (
    <button type="button" class="frame lib" aria-expanded={false} onClick={() => setOpen(true)}>
      <span class="no">{fold.frames[0]?.number}</span>
      <span class="fn">{fold.text}</span>
    </button>
  );
}

function Frame({ frame, isTop }: { frame: StackFrame; isTop: boolean }) {
  const { number, name, args, source, library } = frame;
  const looks = ['frame', isTop ? 'top' : '', library === undefined ? '' : 'lib'];
  return (
    <div class={looks.join(' ')}>
      <span class="no">{number}</span>
      <span class="fn" title={name + args}>
        {name === '' ? <i>(anonymous)</i> : name}
        <i>{args}</i>
      </span>
      <Source frame={frame} />
      {source !== undefined && <code class="code">{source}</code>}
    </div>
  );
}

function Source({ frame }: { frame: StackFrame }) {
  const place = placeOf(frame);
  if (place === '') return <span class="src" />;
  const link = editorLink(editorChoice.value, frame.file, frame.line);
  const short = shortPlace(place);
  return (
    <span class="src">
      {link === undefined ? (
        <span class="clip" title={place}>
          {short}
        </span>
      ) : (
        <a class="clip" href={link} title={`Open ${place}`}>
          {short}
        </a>
      )}
      <CopyButton text={place} label={`Copy ${place}`} class="iconbtn" />
    </span>
  );
}

/** The end of a long path says more than its beginning. */
function shortPlace(place: string): string {
  return place.length > 44 ? `…${place.slice(-43)}` : place;
}
