/** What the thread for long questions answers: aggregates, several of them taking turns, and what takes up space. */
import type { AggregateGroup, AggregateQuery } from '../../store.ts';
import type { AggregatePlan } from '../index/aggregate-plan.ts';
import { productSizes } from '../storage/sizes.ts';
import type { Handlers } from '../thread.ts';
import type { Damage } from '../writer.ts';
import { Aggregation } from './aggregation.ts';

/** A question with the number by which it can be given up. */
export interface AggregateTask {
  ticket: number;
  plan: AggregatePlan;
  query: AggregateQuery;
}

/** Undefined groups: it was given up. */
export interface AggregateOutcome {
  groups: AggregateGroup[] | undefined;
  damages: Damage[];
}

/** The handlers over a database. */
export function queryHandlers(file: string): Handlers {
  const running = new Set<number>();
  let isClosed = false;
  return {
    aggregate: async ({ ticket, plan, query }: AggregateTask): Promise<AggregateOutcome> => {
      running.add(ticket);
      const aggregation = new Aggregation(file, plan, query);
      try {
        do {
          // Other aggregates and what was said meanwhile get their turn.
          await new Promise((resolve) => setImmediate(resolve));
          if (isClosed || !running.has(ticket)) return { groups: undefined, damages: [] };
        } while (aggregation.step());
        return { groups: aggregation.finish(), damages: aggregation.damages };
      } finally {
        running.delete(ticket);
        aggregation.close();
      }
    },
    productSizes: () => productSizes(file),
    giveUp: (ticket: number) => void running.delete(ticket),
    close: () => {
      isClosed = true;
    },
  };
}
