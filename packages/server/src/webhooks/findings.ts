/** Findings of sessions: crashes, hangs, and exceptions that a product did not have before. */
import { eventNames, limits } from '@tacho/protocol';
import type { ExceptionGroup, Store } from '../store/store.ts';
import type { Finding } from './notice.ts';
import type { Rule } from './rule.ts';

/** What is looked for. */
export interface Look {
  store: Store;
  rule: Rule;
  /** What was received from here on is news. */
  fromUs: number;
  nowUs: number;
}

/** Rows of one question: a storm takes several. */
const pageRows = 200;

/** Pages that are looked through at most; what lies behind was received before 20,000 others. */
const pagesMax = 100;

/** Sessions that crashed. */
export async function crashes({ store, rule, fromUs, nowUs }: Look): Promise<Finding[]> {
  const found: Finding[] = [];
  const filter = { outcomes: ['crashed' as const], ...productsOf(rule) };
  const query = { filter, sort: 'updated', descending: true, limit: pageRows } as const;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const more = { totals: false, nowUs, ...(cursor !== undefined && { cursor }) };
    const { rows, next } = await store.sessions({ ...query, ...more });
    for (const { summary } of rows) {
      if (summary.updatedUs < fromUs) return found;
      const { id, product, version, machineId = null, hostname = null, exception } = summary;
      const reason = summary.status.reason ?? '';
      const why = [reason, exception && exceptionText(exception)].filter(Boolean).join('; ');
      found.push({
        key: `crash:${id}`,
        type: 'session.crashed',
        summary: `${product} ${version} crashed${why === '' ? '' : `: ${why}`}`,
        data: {
          ...{ session: id, product, version, machine: machineId, hostname, reason },
          exception: exception
            ? { type: exception.type, message: exception.message.slice(0, 1_000) }
            : null,
          path: `/api/sessions/${id}`,
        },
      });
    }
    if (next === undefined) break;
    cursor = next;
  }
  return found;
}

/** Hangs as watchdogs report them. */
export async function hangs({ store, rule, fromUs, nowUs }: Look): Promise<Finding[]> {
  const found: Finding[] = [];
  const query = { filter: productsOf(rule), names: [eventNames.hang], levels: [], limit: pageRows };
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const more = cursor === undefined ? {} : { cursor };
    const { rows, next } = await store.searchEvents({ ...query, nowUs, ...more });
    for (const { session, product, version, seq, receivedUs } of rows) {
      if (receivedUs < fromUs) return found;
      found.push({
        key: `hang:${session}:${seq}`,
        type: 'session.hung',
        summary: `${product} ${version} hangs`,
        data: { session, product, version, seq, path: `/api/sessions/${session}` },
      });
    }
    if (next === undefined) break;
    cursor = next;
  }
  return found;
}

/**
 * Groups of exceptions whose first one of a product is younger than the rule. Those that were
 * recorded offline and came late are found for a week.
 */
export async function newExceptions({ store, rule, fromUs, nowUs }: Look): Promise<Finding[]> {
  const found: Finding[] = [];
  const sinceUs = Math.max(rule.createdUs, nowUs - limits.webhookLateMs * 1000);
  for (const product of await busyProducts({ store, rule, fromUs, nowUs })) {
    const { rows } = await store.exceptions({
      ...{ filter: { products: [product] }, sort: 'first_seen', descending: true },
      ...{ limit: pageRows, nowUs },
    });
    for (const group of rows) {
      if (group.firstUs < sinceUs) break;
      found.push(exceptionFinding(product, group));
    }
  }
  return found;
}

function exceptionFinding(product: string, group: ExceptionGroup): Finding {
  const { id, type, message, count, sessions, versions, latest } = group;
  return {
    key: `exception:${product}:${id}`,
    type: 'exception.new',
    summary: `New exception in ${product}: ${exceptionText(group)}`,
    data: {
      ...{ product, version: versions[0]?.version ?? null, group: id, type },
      ...{ message: message.slice(0, 1_000), count, sessions, session: latest.session },
      path: `/api/exceptions/${id}?product=${encodeURIComponent(product)}`,
    },
  };
}

/** Products of a rule that something was received for since then. */
export async function busyProducts({ store, rule, fromUs, nowUs }: Look): Promise<string[]> {
  const groups = await store.groups({ filter: productsOf(rule), by: [{ by: 'product' }], nowUs });
  return groups
    .filter(({ lastUs }) => lastUs >= fromUs)
    .sort((a, b) => b.lastUs - a.lastUs)
    .slice(0, limits.webhookProductsMax)
    .map(({ values }) => String(values[0]));
}

/** Sessions that a rule is about. */
export function productsOf({ products }: Rule): { products?: readonly string[] } {
  return products.length === 0 ? {} : { products };
}

function exceptionText({ type, message }: { type: string; message: string }): string {
  const line = message.split('\n')[0]?.slice(0, 300) ?? '';
  return [type, line].filter(Boolean).join(': ');
}
