/** Aggregates as the main thread asks them: planned by the catalog, worked out by the thread for long questions. */
import type { AggregateGroup, AggregateQuery } from '../../store.ts';
import type { Engine } from '../engine.ts';
import type { AggregatePlan } from '../index/aggregate-plan.ts';
import type { Damage } from '../writer.ts';
import type { AggregateOutcome, AggregateTask } from './handlers.ts';

/** Asks both threads. */
export class AggregateClient {
  readonly #engine: Engine;
  readonly #report: (damages: readonly Damage[]) => void;
  #tickets = 0;

  /** `report` takes damage that questions meet. */
  constructor(engine: Engine, report: (damages: readonly Damage[]) => void) {
    this.#engine = engine;
    this.#report = report;
  }

  /** See `AggregateQuestions`. */
  async aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateGroup[]> {
    const plan = await this.#engine.catalog<AggregatePlan>('planAggregate', query);
    signal?.throwIfAborted();
    const ticket = ++this.#tickets;
    const giveUp = (): void => {
      this.#engine.query('giveUp', ticket).catch(() => {});
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const task: AggregateTask = { ticket, plan, query };
      const { groups, damages } = await this.#engine.query<AggregateOutcome>('aggregate', task);
      signal?.throwIfAborted();
      if (!groups) throw new Error('the store was closed');
      if (damages.length > 0) this.#report(damages);
      return groups;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }
}
