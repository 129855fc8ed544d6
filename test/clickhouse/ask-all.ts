/** Questions for every endpoint that is asked, with many combinations of what they can be asked. */
import { get } from '../whole/http.ts';
import type { Allowance } from './answers.ts';

/** What is recorded, as far as questions need to know it. */
export interface Known {
  ids: readonly string[];
  /** Sessions with much in them, of each product, however they ended. */
  some: readonly Session[];
  versions: readonly string[];
  machine: string;
  groups: readonly string[];
  metrics: readonly Metric[];
}

interface Session {
  id: string;
  product: string;
  lifecycle: string;
  created_at: string;
  ended_at: string | null;
  hangs: number;
  patches: number;
  exception: { type: string } | null;
}

interface Metric {
  name: string;
  type: string;
  unit: string;
  tags: { key: string }[];
}

/** A question, with what its answers may differ in. */
export type Asked = [path: string, allowance?: Allowance];

/** Finds out what is recorded. */
export async function knownOf(url: string): Promise<Known> {
  const json = async <T>(path: string): Promise<T> => (await get(url + path)).json as T;
  const { sessions } = await json<{
    sessions: (Session & { version: string; machine_id: string; samples: number })[];
  }>('/api/sessions?limit=1000&sort=samples&order=desc&profile=false');
  const { exceptions } = await json<{ exceptions: { id: string }[] }>('/api/exceptions');
  const { metrics } = await json<{ metrics: Metric[] }>('/api/metrics?limit=1000');
  const kinds = new Map<string, Session>();
  for (const session of sessions) {
    const kind = `${session.product} ${session.lifecycle} ${session.hangs > 0} ${session.exception !== null}`;
    if (!kinds.has(kind)) kinds.set(kind, session);
  }
  return {
    ids: sessions.map(({ id }) => id),
    some: [...kinds.values()],
    versions: [...new Set(sessions.map(({ version }) => version))],
    machine: sessions[0]!.machine_id,
    groups: exceptions.map(({ id }) => id),
    metrics,
  };
}

const sorts = [
  ...['created', 'updated', 'duration', 'events', 'errors', 'samples'],
  ...['hangs', 'product', 'version', 'machine', 'outcome', 'cause'],
];

const fields = [
  ...['product', 'version', 'machine', 'hostname', 'lifecycle'],
  ...['liveness', 'outcome', 'cause', 'hung'],
];

/** Ways to choose sessions, one for each parameter and some together. */
function filters({ ids, some, versions, machine, groups }: Known): string[] {
  const [first] = some;
  const types = [...new Set(some.flatMap(({ exception }) => exception?.type ?? []))];
  const enums: Record<string, string[]> = {
    id: [ids[0]!, ids[1]!.slice(0, 5), ids[2]!.slice(0, 1), ids[3]!.toUpperCase()],
    product: ['emberline', 'nothing'],
    version: versions.slice(0, 2),
    machine: [machine],
    hostname: ['node-1', 'checkout-01'],
    lifecycle: ['active', 'ended', 'crashed', 'lost'],
    liveness: ['responsive', 'hung', 'suspended'],
    outcome: ['healthy', 'errored', 'abnormal', 'crashed'],
    cause: ['ended', 'uncaught', 'killed_while_hung', 'lost', 'out_of_memory'],
    hung: ['true', 'false'],
    from: ['-2d', '-6h', first!.created_at],
    to: ['-2d', first!.created_at],
    state: [
      ...['product=emberline', 'scene.name', '!scene.name', 'scene.name=citadel_02'],
      ...['scene.name!=citadel_02', 'graphics.quality=high', 'scene.boats>3', 'workers>=4'],
    ],
    event: ['exception', 'application_appears_hung', 'session_crashed_detected', 'nothing'],
    exception: [...types, ...groups.slice(0, 1)],
    text: ['hung', 'sess', 'Level load', 'timeout', 'no such words'],
  };
  const single = Object.entries(enums).flatMap(([name, values]) =>
    values.map((value) => `${name}=${encodeURIComponent(value)}`),
  );
  return [
    ...single,
    `product=emberline&outcome=crashed&outcome=abnormal`,
    `product=emberline&product=checkout-api&from=-3d&to=-1d&hung=false`,
    `lifecycle=crashed&event=exception&state=${encodeURIComponent('product!=x')}`,
  ];
}

/** Lists of sessions, and what splits them. */
export function listQuestions(known: Known): Asked[] {
  const asked = sorts.flatMap((sort) =>
    ['asc', 'desc'].map((order): Asked => [`/api/sessions?sort=${sort}&order=${order}&limit=37`]),
  );
  for (const filter of filters(known)) {
    asked.push([`/api/sessions?${filter}&limit=100`]);
    asked.push([`/api/sessions/counts?${filter}&by=outcome`]);
  }
  return asked;
}

/** Groups of sessions. */
export function groupQuestions(known: Known): Asked[] {
  const states = ['state:scene.name', 'state:graphics', 'state:graphics.quality', 'state:nothing'];
  const asked: Asked[] = [['/api/sessions/counts'], ['/api/sessions/counts?every=6h&by=product']];
  for (const by of [...fields, ...states]) {
    asked.push([`/api/sessions/counts?by=${by}`]);
    asked.push([`/api/sessions/counts?by=${by}&by=product&every=1d`]);
    asked.push([`/api/sessions/facets?field=${by}&limit=5`]);
    asked.push([`/api/sessions/facets?field=${by}&prefix=c`]);
  }
  asked.push(['/api/sessions/facets?field=event'], ['/api/sessions/facets?field=event&prefix=A']);
  for (const filter of filters(known)) asked.push([`/api/sessions/facets?${filter}`]);
  asked.push(['/api/sessions/facets?product=emberline&version=9.9']);
  for (const { id } of known.some) asked.push([`/api/sessions/${id}/summary`]);
  asked.push(
    ['/api/releases'],
    ['/api/releases?every=1d'],
    ['/api/releases?product=emberline&limit=2'],
  );
  for (const [product, base, candidate] of [
    ['emberline', '2.3.9', '2.4.0'],
    ['checkout-api', '1.12.2', '1.12.3'],
  ]) {
    const path = `/api/releases/compare?product=${product}&base=${base}&candidate=${candidate}`;
    asked.push([path], [`${path}&sessions=10&limit=5`]);
  }
  return asked;
}

/** Search over sessions: events, exceptions, metrics. */
export function searchQuestions(known: Known): Asked[] {
  const asked: Asked[] = [];
  for (const order of ['asc', 'desc']) {
    for (const sort of ['count', 'sessions', 'last_seen', 'first_seen']) {
      asked.push([`/api/exceptions?sort=${sort}&order=${order}&limit=3`]);
    }
  }
  for (const group of [...known.groups, '0000000000000000']) {
    asked.push(
      [`/api/exceptions/${group}`],
      [`/api/exceptions/${group}?product=emberline&from=-4d`],
    );
  }
  for (const filter of filters(known)) {
    asked.push([`/api/exceptions?${filter}`], [`/api/metrics?${filter}&limit=1000`]);
    if (!/^(text|event)=|&event=/.test(filter))
      asked.push([`/api/events?${filter}&limit=200&level=critical`]);
  }
  for (const words of [
    'hung',
    'ses',
    'level lo',
    'HUNG',
    'a',
    'time-out',
    'ü',
    '"',
    '%',
    'load citadel_02',
  ]) {
    asked.push([`/api/events?text=${encodeURIComponent(words)}&limit=300`]);
    asked.push([
      `/api/events?text=${encodeURIComponent(words)}&level=error&limit=50&product=emberline`,
    ]);
  }
  asked.push(
    ['/api/events?limit=1000&product=rig-nightly'],
    ['/api/events?event=exception&limit=20'],
  );
  asked.push(
    ['/api/metrics?limit=7'],
    ['/api/metrics?name=mem'],
    ['/api/metrics?name=_S'],
    ['/api/metrics?name=%25'],
  );
  return asked;
}

/** Metrics over sessions. */
export function aggregateQuestions(known: Known): Asked[] {
  const plain = 'fn=count&fn=avg&fn=min&fn=max&fn=sum';
  const allowance = { quantiles: 0.02 };
  const asked: Asked[] = [];
  for (const { name, type, unit, tags } of known.metrics) {
    const path = `/api/aggregate?metric=${encodeURIComponent(name)}`;
    const rate = type === 'counter' ? '&fn=rate' : '';
    asked.push([`${path}&type=${type}&unit=${encodeURIComponent(unit)}&${plain}${rate}`]);
    asked.push([`${path}&fn=p50&fn=p95&fn=p99.9&fn=p0&fn=p100&by=product`, allowance]);
    for (const { key } of tags) asked.push([`${path}&${plain}${rate}&by=tag:${key}`]);
  }
  for (const { name, type } of known.metrics.filter((_, i) => i % 3 === 0)) {
    const path = `/api/aggregate?metric=${encodeURIComponent(name)}`;
    const rate = type === 'counter' ? '&fn=rate' : '';
    asked.push([`${path}&fn=p50&fn=p90&exact=true&by=version`]);
    asked.push([`${path}&${plain}${rate}&every=6h`]);
    asked.push([`${path}&${plain}${rate}&every=10m&since=start&by=product`]);
    asked.push([`${path}&fn=p50${rate}&every=1d&by=outcome`, allowance]);
    asked.push([`${path}&fn=avg&fn=count${rate}&from=-4d&to=-1d&by=version&by=cause`]);
    asked.push([`${path}&fn=max&by=state:scene.name&product=emberline`]);
  }
  const [{ name } = { name: '' }] = known.metrics;
  for (const by of fields) asked.push([`/api/aggregate?metric=${name}&fn=count&fn=max&by=${by}`]);
  for (const filter of filters(known)) {
    asked.push([`/api/aggregate?metric=${name}&fn=count&fn=sum&by=product&${filter}`]);
  }
  return asked;
}

/** Lines of an export that depend on when it was made, or on how samples were gathered. */
const exportLines = ['{"format"', '{"kind":"columns"', '{"kind":"metric"'];

/** Worked out from the points of a chart, which may be cut elsewhere. */
const ofChart: Allowance = { numbers: 0.05 };

/** What one session recorded, except its samples. */
export function sessionQuestions({ id, created_at, ended_at, patches }: Session): Asked[] {
  const path = `/api/sessions/${id}`;
  const middle = new Date(
    (Date.parse(created_at) + Date.parse(ended_at ?? created_at) + 60_000) / 2,
  ).toISOString();
  const asked: Asked[] = [[path], [`/api/export?id=${id}`, { linesBut: exportLines }]];
  for (const order of ['asc', 'desc']) {
    asked.push([`${path}/events?order=${order}&limit=23`]);
    asked.push([`${path}/events?order=${order}&level=warning&level=error`]);
    asked.push(
      [`${path}/events?order=${order}&from=${middle}`],
      [`${path}/events?to=${middle}&text=l`],
    );
    asked.push([`${path}/state/history?order=${order}&limit=200`]);
    asked.push([`${path}/state/history?order=${order}&path=scene`]);
  }
  for (const around of [middle, 'seq:3', 'seq:100000'])
    asked.push([`${path}/events?around=${around}&limit=9`]);
  for (const filter of ['', '?level=error', '?text=hung', `?to=${middle}`]) {
    asked.push([`${path}/events/counts${filter}`]);
  }
  for (const at of ['start', 'death', middle, 'revision:1']) asked.push([`${path}/state?at=${at}`]);
  asked.push([`${path}/state?at=now`, { except: ['at'] }]);
  for (const revision of [0, 1, 100, 101, patches, patches + 1]) {
    asked.push([`${path}/state?revision=${revision}`]);
  }
  asked.push([`${path}/state/diff`], [`${path}/state/diff?from=${middle}&to=death`]);
  asked.push([`${path}/state/diff?from=revision:1&to=revision:${patches}`]);
  if (ended_at !== null) {
    asked.push([`${path}/timeline?width=300`]);
    asked.push([`${path}/movers`, ofChart], [`${path}/movers?window=5m&limit=5`, ofChart]);
    asked.push([`${path}/moments`], [`${path}/moments?pin=scene.name`]);
  }
  asked.push(
    [`${path}/timeline?from=${created_at}&to=${middle}`],
    [`${path}/movers?before=${middle}`],
  );
  return asked;
}

/** Samples of one session: summaries, charts, and as they were recorded. */
export function sampleQuestions(
  { id, created_at, ended_at }: Session,
  metrics: readonly Metric[],
): Asked[] {
  const path = `/api/sessions/${id}`;
  const middle = new Date(
    (Date.parse(created_at) + Date.parse(ended_at ?? created_at) + 60_000) / 2,
  ).toISOString();
  const allowance = { quantiles: 0.02 };
  const asked: Asked[] = [[`${path}/metrics`]];
  for (const type of ['gauge', 'counter', 'histogram', 'timer']) {
    asked.push([`${path}/metrics?type=${type}`]);
    asked.push([`${path}/series?type=${type}&points=50`]);
    asked.push([`${path}/series?type=${type}&points=20&to=${middle}&as=rate`]);
    asked.push([`${path}/series?type=${type}&points=20&quantile=p50&quantile=p95`, allowance]);
    asked.push([`${path}/series?type=${type}&points=5000&from=${middle}`]);
  }
  asked.push([`${path}/series?type=histogram&points=20&heatmap=true&quantile=p90`, allowance]);
  asked.push([`${path}/series?type=histogram&points=1&heatmap=true`]);
  for (const order of ['asc', 'desc']) {
    asked.push([`${path}/samples?order=${order}&limit=4000&to=${middle}`]);
    asked.push([`${path}/samples?order=${order}&limit=3000&type=counter&from=${middle}`]);
  }
  for (const { name, tags } of metrics.slice(0, 6)) {
    asked.push([`${path}/samples?metric=${encodeURIComponent(name)}&limit=10000`]);
    asked.push([`${path}/series?metric=${encodeURIComponent(name)}&points=7`]);
    for (const { key } of tags)
      asked.push([`${path}/metrics?metric=${encodeURIComponent(name)}&tag=${key}`]);
  }
  return asked;
}
