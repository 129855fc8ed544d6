/** What can be chosen while somebody types, asked for when the typing rests for a moment. */
import { useEffect, useState } from 'preact/hooks';
import { askOptions, optionsAtOnce } from './counting.ts';
import type { Filter } from './filter.ts';
import type { Draft, Option } from './options.ts';

/** How long the typing rests before the server is asked. */
const restMs = 120;

/** The options for a draft; none while there is no draft. */
export function useOptions(
  draft: Draft | undefined,
  filter: Filter,
): { options: Option[]; isAsking: boolean } {
  const key = draft && JSON.stringify([draft.field, draft.text, filter]);
  const [found, setFound] = useState<{ key: string; options: Option[] }>();
  useEffect(() => {
    if (draft === undefined || key === undefined) return undefined;
    const aborter = new AbortController();
    const timer = setTimeout(() => {
      askOptions(draft, filter, aborter.signal).then(
        (options) => setFound({ key, options }),
        () => {
          // Suggestions are a help: without an answer, what is known at once stays.
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [key]);
  if (draft === undefined) return { options: [], isAsking: false };
  if (found !== undefined && found.key === key) return { options: found.options, isAsking: false };
  return { options: optionsAtOnce(draft), isAsking: true };
}
