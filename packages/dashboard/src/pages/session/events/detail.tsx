/** What an open event shows: its message in full, its exception and stack, its data, and facts about it. */
import { useMemo } from 'preact/hooks';
import { ms } from '../../../format/time.ts';
import { CopyButton } from '../../../parts/copy.tsx';
import { useSession } from '../model.ts';
import { LabelButton } from './event-row.tsx';
import { ExceptionFacts } from './exception-facts.tsx';
import { JsonTree } from './json-tree.tsx';
import type { SessionEvent } from './rows.ts';
import { parseStack } from './stack.ts';
import { Stack } from './stack-view.tsx';
import { toggleValue } from './tools.tsx';

/** Characters of a message that are shown. */
const messageLengthMax = 10_000;

/** The part below the row of an event. */
export function Detail({ event, isFatal }: { event: SessionEvent; isFatal: boolean }) {
  const { exception_type: type, exception_msg: said, message, stacktrace, data } = event;
  const lines = useMemo(() => parseStack(stacktrace ?? []), [stacktrace]);
  return (
    <div class={`detail level-${isFatal ? 'fatal' : event.level}`}>
      <div class="body">
        {type !== undefined && (
          <h3>
            {type} {said !== undefined && <span>{said.slice(0, messageLengthMax)}</span>}
          </h3>
        )}
        {message !== '' && message !== said && (
          <p class="lead">{message.slice(0, messageLengthMax)}</p>
        )}
        {lines.length > 0 && <Stack lines={lines} isFatal={isFatal} />}
        {data !== null && <JsonTree value={data} />}
        {type === undefined && message === '' && data === null && (
          <p class="lead">Nothing but its name was recorded.</p>
        )}
      </div>
      <Facts event={event} />
    </div>
  );
}

function Facts({ event }: { event: SessionEvent }) {
  const model = useSession();
  const { level, category, labels, stacktrace, exception_type: type } = event;
  const { source_function: inFunction = '', source_file: file = '', source_line: line } = event;
  const source = [file, line].filter((part) => part !== undefined && part !== '').join(':');
  const toState = (): void => {
    model.setCursor(ms(event.timestamp), { pin: true });
    document.querySelector('.recorder')?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <dl class="facts">
      {type !== undefined && <ExceptionFacts event={event} />}
      {source + inFunction !== '' && (
        <>
          <dt>Source</dt>
          <dd class="mono">{[inFunction, source].filter((part) => part !== '').join(' at ')}</dd>
        </>
      )}
      {category !== '' && category !== level && (
        <>
          <dt>Category</dt>
          <dd>
            <button type="button" class="link" onClick={() => toggleValue('category', category)}>
              {category}
            </button>
          </dd>
        </>
      )}
      {labels !== null && labels.length > 0 && (
        <>
          <dt>Labels</dt>
          <dd class="labels">
            {labels.map((label) => (
              <LabelButton key={label} label={label} />
            ))}
          </dd>
        </>
      )}
      <dd class="actions">
        {stacktrace !== undefined && stacktrace.length > 0 && (
          <CopyButton text={stacktrace.join('\n')} label="Copy the stack" class="btn btn-s">
            Copy stack
          </CopyButton>
        )}
        <CopyButton
          text={() => JSON.stringify(event, null, 2)}
          label="Copy the event as JSON"
          class="btn btn-s"
        >
          Copy JSON
        </CopyButton>
        <button type="button" class="btn btn-s" onClick={toState}>
          State here
        </button>
        <button type="button" class="btn btn-s" onClick={() => toggleValue('name', event.name)}>
          Only these
        </button>
      </dd>
    </dl>
  );
}
