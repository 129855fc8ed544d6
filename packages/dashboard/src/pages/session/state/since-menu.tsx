/** The choice of what the state at the cursor is compared with. */
import { clock } from '../../../format/time.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import { useSession } from '../model.ts';
import { compareSince, type Since } from './comparison.ts';

/** A button that names the comparison, and the menu behind it. */
export function SinceMenu({ since }: { since: Since }) {
  const { cursorMs, versusMs } = useSession();
  const pinned = versusMs.value;
  const labels: Record<Since, string> = {
    previous: 'since previous',
    minute: 'since 1 min ago',
    start: 'since the start',
    pinned: pinned === undefined ? 'since this instant' : `since ${clock(pinned, 1)}`,
  };
  const choices: readonly Since[] =
    pinned === undefined
      ? ['previous', 'minute', 'start']
      : ['previous', 'minute', 'start', 'pinned'];
  return (
    <Popover
      class="btn btn-s btn-quiet"
      align="end"
      button={
        <>
          {labels[since]} <Icon name="down" size={14} />
        </>
      }
    >
      {(close) => (
        <div class="state-menu">
          {choices.map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={choice === since}
              onClick={() => {
                compareSince(choice, choice === 'pinned' ? (pinned ?? 0) : 0);
                close();
              }}
            >
              {labels[choice]}
              {choice === since && <Icon name="check" size={14} />}
            </button>
          ))}
          <hr />
          <button
            type="button"
            onClick={() => {
              compareSince('pinned', cursorMs.peek());
              close();
            }}
          >
            Pin this instant
          </button>
        </div>
      )}
    </Popover>
  );
}
