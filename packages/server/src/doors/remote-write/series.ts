/** Series of remote write as what was said of runs: targets are runs, labels are tags. */
import {
  checkTime,
  type JsonObject,
  limits,
  type MetricInput,
  optionalTexts,
  requiredText,
  TachoError,
} from '@tacho/protocol';
import type { DoorFact, DoorMetric, Said } from '../door.ts';
import { addRun, type Runs, sourceOf, type Tag } from '../run.ts';
import type { Source } from '../source.ts';
import type { Targets } from './targets.ts';
import type { PromSample, TimeSeries, WriteRequest } from './write-request.ts';

/** Samples of one series that were refused for one reason. */
export interface RefusedSamples {
  reason: 'invalid_field' | 'native_histogram' | 'exemplar';
  details: string;
  count: number;
}

/** What was read from a request. */
export interface ReadSeries {
  said: Said[];
  refused: RefusedSamples[];
}

/** Product of series without a job. */
const productDefault = 'prometheus';

const runLabels = {
  product: ['job'],
  version: ['service_version'],
  session: ['session', 'session_id'],
  hostname: [],
} as const;

/** Reads all series; what cannot be kept is refused sample by sample, with its reason. */
export function readSeries(request: WriteRequest, targets: Targets, nowUs: number): ReadSeries {
  targets.learn(request.series, request.metadata);
  const runs: Runs = new Map();
  const refused: RefusedSamples[] = [];
  for (const series of request.series) {
    const name = series.labels.find(([key]) => key === '__name__')?.[1] ?? '';
    const refuse = (reason: RefusedSamples['reason'], details: string, count: number) => {
      if (count > 0) refused.push({ reason, details: `${name || 'a series'}: ${details}`, count });
    };
    refuse('native_histogram', 'native histograms are not taken', series.histograms);
    refuse('exemplar', 'exemplars are not taken', series.exemplars);
    try {
      addSeries(
        runs,
        name,
        series,
        targets,
        (details) => refuse('invalid_field', details, 1),
        nowUs,
      );
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      refuse('invalid_field', error.message, Math.max(series.samples.length, 1));
    }
  }
  return { said: [...runs.values()], refused };
}

function addSeries(
  runs: Runs,
  name: string,
  { labels, samples }: TimeSeries,
  targets: Targets,
  refuse: (details: string) => void,
  nowUs: number,
): void {
  requiredText(name, 'the label __name__', limits.metricNameLengthMax);
  const { source, rest } = targetOf(labels, targets);
  const tags = rest.map(([key, value]) => `${key}:${value}`);
  optionalTexts(tags, 'labels', limits.tagsMax, limits.tagLengthMax);
  const run = addRun(runs, source);
  const { type, unit } = targets.kindOf(name);
  for (const sample of samples) {
    // The series has ended; there is nothing to keep, and its session ends by itself.
    if (sample.isStale) continue;
    try {
      const atUs = sample.timeMs * 1000;
      checkTime(atUs, 'timestamp', nowUs);
      const metric: MetricInput = { name, type, unit, tags, value: sample.value, atUs };
      run.metrics.push({ metric } satisfies DoorMetric);
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      refuse(error.message);
    }
  }
  const info = infoOf(name, rest, samples);
  if (info !== undefined) run.facts.push(info);
}

/** The target of a series, and the labels that say something else. */
function targetOf(labels: Tag[], targets: Targets): { source: Source; rest: Tag[] } {
  const said = (wanted: string) => labels.find(([key]) => key === wanted)?.[1] ?? '';
  const instance = said('instance');
  const known = targets.versionOf(said('job'), instance, said('version'));
  const { source, rest } = sourceOf(labels, runLabels, productDefault);
  if (instance !== '') {
    source.instance ??= requiredText(instance, 'instance', limits.hostnameLengthMax);
    source.hostname = instance.replace(/:\d+$/, '');
  }
  const isNamed = said('service_version') !== '';
  if (known !== undefined && !isNamed) {
    source.version = requiredText(known.version, 'version', limits.versionLengthMax);
  }
  // Every series of the target has it, so it tells none of them apart.
  const isCommon = !isNamed && known?.isLabel === true;
  const used = new Set(['__name__', 'instance', ...(isCommon ? ['version'] : [])]);
  return { source, rest: rest.filter(([key, value]) => !used.has(key) && value !== '') };
}

/** What an info metric says in its labels is state: `go_info{version="go1.24"} 1`. */
function infoOf(name: string, rest: Tag[], samples: readonly PromSample[]): DoorFact | undefined {
  const last = samples.at(-1);
  if (!name.endsWith('_info') || last?.value !== 1 || rest.length === 0) return undefined;
  const labels: JsonObject = Object.fromEntries(rest);
  if (Buffer.byteLength(JSON.stringify(labels)) > limits.doorTextBytesMax) return undefined;
  const patch: JsonObject = { prometheus: Object.fromEntries([[name, labels]]) };
  return { kind: 'patch', atUs: last.timeMs * 1000, patch, repeats: name };
}
