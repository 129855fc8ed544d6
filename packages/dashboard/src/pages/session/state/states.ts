/** States of one session by revision: asked for once, kept while they are likely to be looked at again. */
import type { JsonObject } from '@tacho/protocol';
import { ask } from '../../../api.ts';
import { ms } from '../../../format/time.ts';
import type { SessionModel } from '../model.ts';

/** A state as it was. */
export interface StateAt {
  revision: number;
  /** When that revision was made, milliseconds since 1970. */
  madeMs: number;
  state: JsonObject;
}

/** A moment, or a revision by its number. */
export type Place = { atMs: number } | { revision: number };

/** Where states of a session come from. */
interface States {
  /** The state there. Rejects as `ask` does. */
  at(place: Place, signal?: AbortSignal): Promise<StateAt>;
  /** The state there if it is known already. */
  known(place: Place): StateAt | undefined;
}

/** States that are kept: neighbours of where somebody steps, not whole runs of large states. */
const keptMax = 32;

/** States of a session; of one that runs, a moment can still get another state. */
function createStates(id: string, isFinal: () => boolean): States {
  const kept = new Map<number, StateAt>();
  /** Stretches of time that are known to be of one revision. */
  const spans = new Map<number, [fromMs: number, toMs: number]>();
  /** What is on its way and will not be given up: two parts of the page begin at the same instant. */
  const asking = new Map<string, Promise<StateAt>>();

  const known = (place: Place): StateAt | undefined => {
    if ('revision' in place) return kept.get(place.revision);
    for (const [revision, [fromMs, toMs]] of spans) {
      if (place.atMs >= fromMs && place.atMs <= toMs) return kept.get(revision);
    }
    return undefined;
  };
  const keep = (found: StateAt, place: Place): void => {
    kept.delete(found.revision);
    kept.set(found.revision, found);
    if ('atMs' in place && place.atMs >= found.madeMs && isFinal()) {
      const [fromMs, toMs] = spans.get(found.revision) ?? [found.madeMs, place.atMs];
      spans.set(found.revision, [fromMs, Math.max(toMs, place.atMs)]);
    }
    for (const revision of kept.keys()) {
      if (kept.size <= keptMax) break;
      kept.delete(revision);
      spans.delete(revision);
    }
  };
  const load = async (place: Place, signal?: AbortSignal): Promise<StateAt> => {
    const query = 'revision' in place ? place : { at: Math.max(0, place.atMs) };
    const answer = await ask('getState', { id, query, ...(signal && { signal }) });
    const found: StateAt = {
      revision: answer.revision,
      madeMs: ms(answer.timestamp),
      state: kept.get(answer.revision)?.state ?? (answer.state as JsonObject),
    };
    keep(found, place);
    return found;
  };
  return {
    known,
    async at(place, signal) {
      const there = known(place);
      if (there !== undefined) return there;
      const key = JSON.stringify(place);
      const shared = asking.get(key);
      if (shared !== undefined) return shared;
      const loading = load(place, signal);
      if (signal === undefined) {
        asking.set(key, loading);
        loading.finally(() => asking.delete(key)).catch(() => undefined);
      }
      return loading;
    },
  };
}

const bySession = new WeakMap<object, States>();

/** The states that all parts of one page share. */
export function statesOf(model: Pick<SessionModel, 'id' | 'isLive'>): States {
  const there = bySession.get(model);
  if (there !== undefined) return there;
  const states = createStates(model.id, () => !model.isLive.peek());
  bySession.set(model, states);
  return states;
}
