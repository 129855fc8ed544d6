/** Units: which one a metric has, from its field or its name, and how people read its values. */

/** What a unit measures; values of one dimension can be converted into each other. */
export type Dimension =
  | 'time'
  | 'data'
  | 'data rate'
  | 'bits'
  | 'bit rate'
  | 'ratio'
  | 'celsius'
  | 'fahrenheit'
  | 'kelvin'
  | 'frequency'
  | 'rate'
  | 'length'
  | 'mass'
  | 'power'
  | 'energy'
  | 'voltage'
  | 'current'
  | 'count'
  | 'other';

/** A unit that a metric is measured in. */
export interface Unit {
  /** Canonical name, such as `milliseconds`; for a unit that we do not know, the sender's. */
  readonly id: string;
  readonly dimension: Dimension;
  /** One of it in the dimension's base unit: seconds, bytes, bits, parts of 1, hertz … */
  readonly factor: number;
}

/**
 * The unit of a metric, the `unit` field before the name. Field names are known in full, as symbol
 * and in UCUM (`By`, `ms`, `%`); one that is not known is kept as it is, of dimension `other`. In a
 * name the unit is its last words (`response_time_ms`, `http.read.bytes_per_second`), before a final
 * `_total` where there is one; `_total` and `_count` alone mean a number of things. Single letters
 * but `_s` are not taken for units in a name, nor is `_min`, which mostly is a minimum. Undefined
 * when neither says anything.
 */
export function unitOf(name: string, unit = ''): Unit | undefined {
  if (unit !== '') return unitOfField(unit);
  return splitUnit(name).unit;
}

/** A name without its unit: its words in lower case, and the unit that the last of them name. */
export function splitUnit(name: string): { words: string[]; unit?: Unit } {
  const words = wordsOf(name);
  const last = words.at(-1);
  const counting = last === 'total' || last === 'count';
  const rest = counting ? words.slice(0, -1) : words;
  for (const length of [3, 2, 1]) {
    const unit = unitsBySuffix.get(rest.slice(-length).join('_'));
    if (unit !== undefined && rest.length >= length) {
      return { words: rest.slice(0, rest.length - length), unit };
    }
  }
  return counting ? { words: rest, unit: countUnit } : { words };
}

/** Words of a name in lower case: split at everything but letters and digits, and at camelCase. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1$2 ')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}%°µ]+/u)
    .filter((word) => word !== '');
}

/**
 * A value the way people read it, with four significant digits: `1048576` bytes is `1 MiB`, `0.0123`
 * seconds `12.3 ms`, `5400` seconds `1 h 30 min`. Data has binary prefixes, and so kb, mb and gb
 * count as powers of 1024, which is what programs that send them nearly always mean. Independent of
 * any locale.
 */
export function humanize(value: number, unit?: Unit | string): string {
  const known = typeof unit === 'string' ? unitOfField(unit) : unit;
  const { dimension, factor, id } = known ?? countUnit;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const sign = value < 0 ? '-' : '';
  const base = Math.abs(value) * factor;
  if (!Number.isFinite(base)) return `${sign}∞`;
  switch (dimension) {
    case 'time':
      return sign + humanizeTime(base);
    case 'ratio':
      return `${sign}${digits(base * 100)} %`;
    case 'celsius':
      return `${sign}${digits(base)} °C`;
    case 'fahrenheit':
      return `${sign}${digits(base)} °F`;
    case 'count':
      return sign + humanizeCount(base);
    case 'other':
      return `${sign}${humanizeCount(base)} ${id}`.trimEnd();
    default:
      return sign + humanizeScaled(base, ladders[dimension]);
  }
}

/** A unit by field text: its exact spelling, then its spelling in lower case, then itself. */
function unitOfField(text: string): Unit | undefined {
  const field = text.trim();
  if (field === '') return undefined;
  const lower = field.toLowerCase();
  const known = unitsByField.get(field) ?? unitsByField.get(lower);
  // UCUM writes what is counted in braces: {request}.
  const id = /^\{(.+)\}$/.exec(field)?.[1] ?? field;
  return known ?? { id, dimension: 'other', factor: 1 };
}

function humanizeTime(seconds: number): string {
  const rounded = Number(seconds.toPrecision(4));
  if (rounded < 60) return humanizeScaled(seconds, timeLadder);
  if (seconds < 3599.5) return twoParts(Math.round(seconds), 60, 'min', 's');
  if (seconds < 86_370) return twoParts(Math.round(seconds / 60), 60, 'h', 'min');
  const hours = Math.round(seconds / 3600);
  return hours < 24_000 ? twoParts(hours, 24, 'd', 'h') : `${humanizeCount(seconds / 86_400)} d`;
}

function twoParts(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  const whole = `${Math.floor(value / base)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** Whole numbers below a million in full with separators, others with k, M, G … */
function humanizeCount(value: number): string {
  if (Number.isInteger(value) && value < 1e6) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
  }
  if (value < 1e4) return digits(value);
  return humanizeScaled(value, countLadder);
}

/** A rung of a ladder: how many base units, and the symbol. */
type Rung = readonly [number, string];

/** The value on the highest rung on which its rounded form is at least 1. */
function humanizeScaled(value: number, ladder: readonly Rung[]): string {
  let chosen = ladder[0] as Rung;
  for (const rung of ladder) if (Number((value / rung[0]).toPrecision(4)) >= 1) chosen = rung;
  const top = ladder.at(-1) as Rung;
  // Zero has no scale of its own; the unprefixed symbol reads best.
  if (value === 0) chosen = ladder.find(([size]) => size === 1) ?? top;
  return `${digits(value / chosen[0])} ${chosen[1]}`.trimEnd();
}

/** Four significant digits, or all digits before the point; no trailing zeros. */
function digits(value: number): string {
  const rounded = Number(value.toPrecision(4));
  if (value >= 1e15) return rounded.toExponential();
  return String(value >= 1000 ? Math.round(value) : rounded);
}

/** Rungs from `first` upwards, each `step` times the one before. */
function ladder(symbol: string, step: number, first: number, prefixes: readonly string[]): Rung[] {
  return prefixes.map((prefix, i) => [step ** (i + first), prefix + symbol] as const);
}

const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const large = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const small = ['n', 'µ', 'm', ...large];
const timeLadder: Rung[] = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
];
const countLadder: Rung[] = large.map((prefix, i) => [1000 ** i, prefix] as const);
const ladders: Record<
  Exclude<Dimension, 'time' | 'ratio' | 'celsius' | 'fahrenheit' | 'count' | 'other'>,
  readonly Rung[]
> = {
  data: ladder('B', 1024, 0, binary),
  'data rate': ladder('B/s', 1024, 0, binary),
  bits: ladder('bit', 1000, 0, large),
  'bit rate': ladder('bit/s', 1000, 0, large),
  frequency: ladder('Hz', 1000, 0, large),
  rate: ladder('/s', 1000, 0, large),
  kelvin: [[1, 'K']],
  length: [...ladder('m', 1000, -3, ['n', 'µ', 'm']), [1, 'm'], [1000, 'km']],
  mass: [...ladder('g', 1000, -2, ['µ', 'm']), [1, 'g'], [1000, 'kg'], [1e6, 't']],
  power: ladder('W', 1000, -3, small),
  energy: ladder('J', 1000, -3, small),
  voltage: ladder('V', 1000, -3, small),
  current: ladder('A', 1000, -3, small),
};

const countUnit: Unit = { id: 'count', dimension: 'count', factor: 1 };

/**
 * Every unit known: dimension, factor, then words that name it at the end of a metric's name (the
 * first one is its id), then spellings that are understood in the field only.
 */
const table: readonly (readonly [Dimension, number, string, string])[] = [
  ['time', 1e-9, 'nanoseconds nanosecond nanos nsec ns', ''],
  ['time', 1e-6, 'microseconds microsecond micros usec us µs', 'μs'],
  ['time', 1e-3, 'milliseconds millisecond millis msec ms', ''],
  ['time', 1, 'seconds second secs sec s', ''],
  ['time', 60, 'minutes minute mins', 'min'],
  ['time', 3600, 'hours hour hrs', 'h hr'],
  ['time', 86_400, 'days day', 'd'],
  ['data', 1, 'bytes byte', 'B By b'],
  ['data', 1024, 'kibibytes kilobytes kilobyte kib kb', 'KiBy kBy'],
  ['data', 1024 ** 2, 'mebibytes megabytes megabyte mib mb', 'MiBy MBy'],
  ['data', 1024 ** 3, 'gibibytes gigabytes gigabyte gib gb', 'GiBy GBy'],
  ['data', 1024 ** 4, 'tebibytes terabytes terabyte tib tb', 'TiBy TBy'],
  ['data rate', 1, 'bytes_per_second bytes_per_sec bytes_per_s', 'B/s By/s bytes/s bytes/sec'],
  ['data rate', 1024, 'kibibytes_per_second kb_per_second kb_per_s', 'kb/s kib/s KiBy/s'],
  ['data rate', 1024 ** 2, 'mebibytes_per_second mb_per_second mb_per_s', 'mb/s mib/s MiBy/s'],
  ['data rate', 1024 ** 3, 'gibibytes_per_second gb_per_second gb_per_s', 'gb/s gib/s GiBy/s'],
  ['bits', 1, 'bits bit', ''],
  ['bits', 1e3, 'kilobits kilobit kbit', ''],
  ['bits', 1e6, 'megabits megabit mbit', ''],
  ['bits', 1e9, 'gigabits gigabit gbit', ''],
  ['bit rate', 1, 'bits_per_second bps', 'bit/s'],
  ['bit rate', 1e3, 'kilobits_per_second kbps', 'kbit/s'],
  ['bit rate', 1e6, 'megabits_per_second mbps', 'mbit/s'],
  ['bit rate', 1e9, 'gigabits_per_second gbps', 'gbit/s'],
  ['rate', 1, 'per_second per_sec rps qps fps', '1/s'],
  ['rate', 1 / 60, 'per_minute per_min rpm', '1/min'],
  ['ratio', 1, 'ratio', ''],
  ['ratio', 0.01, 'percent percentage pct %', ''],
  ['celsius', 1, 'celsius', 'Cel °C C'],
  ['fahrenheit', 1, 'fahrenheit', '°F [degF]'],
  ['kelvin', 1, 'kelvin', 'K'],
  ['frequency', 1, 'hertz hz', ''],
  ['frequency', 1e3, 'kilohertz khz', ''],
  ['frequency', 1e6, 'megahertz mhz', ''],
  ['frequency', 1e9, 'gigahertz ghz', ''],
  ['length', 1, 'meters meter metres metre', 'm'],
  ['length', 1e-3, 'millimeters millimeter millimetres mm', ''],
  ['length', 1e3, 'kilometers kilometer kilometres km', ''],
  ['mass', 1, 'grams gram', 'g'],
  ['mass', 1e-3, 'milligrams milligram', 'mg'],
  ['mass', 1e3, 'kilograms kilogram kg', ''],
  ['power', 1, 'watts watt', 'W'],
  ['power', 1e-3, 'milliwatts milliwatt', 'mW'],
  ['power', 1e3, 'kilowatts kilowatt kw', ''],
  ['energy', 1, 'joules joule', 'J'],
  ['energy', 3.6e6, 'kilowatthours kwh', ''],
  ['voltage', 1, 'volts volt', 'V'],
  ['voltage', 1e-3, 'millivolts millivolt', 'mV'],
  ['current', 1, 'amperes ampere amps', 'A'],
  ['current', 1e-3, 'milliamperes milliampere', 'mA'],
  ['count', 1, 'count', 'total number 1'],
];

/** Units by the words at the end of a name, and by the text of the field. */
const unitsBySuffix = new Map<string, Unit>();
const unitsByField = new Map<string, Unit>();
for (const [dimension, factor, suffixes, fields] of table) {
  const names = suffixes.split(' ');
  const unit: Unit = { id: names[0] as string, dimension, factor };
  for (const name of names) unitsBySuffix.set(name, unit);
  for (const name of [...names, ...fields.split(' ')])
    if (name !== '') unitsByField.set(name, unit);
}
