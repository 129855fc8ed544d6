/** What is known of Prometheus' targets and metrics beyond single samples: versions, types, units. */
import type { MetricType } from '@tacho/protocol';
import type { Metadata, TimeSeries } from './write-request.ts';

/** Targets, and families of metrics, that are remembered; beyond that it starts anew. */
const rememberedMax = 20_000;

/** Types of remote write's metadata that say something about the values of the family's own name. */
const types: ReadonlyMap<number, MetricType> = new Map([
  [1, 'counter'],
  [2, 'gauge'],
]);

/** What a family whose parts have suffixes is: histogram, gauge histogram, summary. */
const composed: ReadonlySet<number> = new Set([3, 4, 5]);

interface Target {
  /** Version that a `…_build_info` of the target says. */
  built?: string;
  /** Whether all of its series have a label `version`: otherwise that is something else. */
  isLabelled?: boolean;
}

/** Remembers in memory; what it forgot, senders say again. */
export class Targets {
  readonly #targets = new Map<string, Target>();
  readonly #families = new Map<string, Metadata>();

  /** Takes in what a request says of targets and metrics. */
  learn(series: readonly TimeSeries[], metadata: readonly Metadata[]): void {
    if (this.#targets.size > rememberedMax) this.#targets.clear();
    if (this.#families.size > rememberedMax) this.#families.clear();
    for (const each of metadata) this.#families.set(each.family, each);
    for (const { labels } of series) {
      const found = (name: string) => labels.find(([key]) => key === name)?.[1] ?? '';
      const name = found('__name__');
      const version = found('version');
      const target = this.#target(targetKey(found('job'), found('instance')));
      if (/(^|_)build_info$/.test(name) && version !== '') target.built = version;
      if (!name.endsWith('_info'))
        target.isLabelled = target.isLabelled !== false && version !== '';
    }
  }

  /** Version of a target, of which a series has that label; undefined when nothing says it. */
  versionOf(
    job: string,
    instance: string,
    label: string,
  ): { version: string; isLabel: boolean } | undefined {
    const { isLabelled, built } = this.#targets.get(targetKey(job, instance)) ?? {};
    if (isLabelled && label !== '') return { version: label, isLabel: true };
    return built === undefined ? undefined : { version: built, isLabel: false };
  }

  /** Type and unit of a metric, by what is said of its family, and else by its name. */
  kindOf(name: string): { type: MetricType; unit: string } {
    const own = this.#families.get(name);
    const ownType = own && types.get(own.type);
    if (own !== undefined && ownType !== undefined) return { type: ownType, unit: own.unit };
    const [, base = name, suffix = ''] = /^(.+)_(total|sum|count|bucket)$/.exec(name) ?? [];
    const family = this.#families.get(base);
    const isPart = family !== undefined && (composed.has(family.type) || suffix === 'total');
    const unit = suffix === 'count' ? 'count' : isPart && suffix !== 'bucket' ? family.unit : '';
    return { type: suffix === '' ? 'gauge' : 'counter', unit };
  }

  #target(key: string): Target {
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const target: Target = {};
    this.#targets.set(key, target);
    return target;
  }
}

function targetKey(job: string, instance: string): string {
  return JSON.stringify([job, instance]);
}
