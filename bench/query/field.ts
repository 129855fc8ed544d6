/** Software in the field, made up from a seed: sessions with states, events and ends, as entries of `/api/ingest`. */

/** Entries of one session, in order. */
export type FieldEntries = Record<string, unknown>[];

/** Days over which the sessions are spread, up to now. */
const days = 30;
const dayMs = 86_400_000;

const products = ['emberline', 'till', 'atlas'] as const;
const versions = ['1.9.0', '1.10.0', '2.0.0', '2.0.1', '2.1.0', '2.2.0-rc.1', '2.2.0', '2.3.0'];
const scenes = ['menu', 'level_load', 'hub', 'boss', 'credits', 'shop', 'map', 'loading'];
const eventNames = Array.from({ length: 50 }, (_, i) => `${words(i)}_${i % 7 ? 'done' : 'failed'}`);
const exceptionTypes = Array.from({ length: 40 }, (_, i) => `${capital(syllables(i + 3))}Error`);

/** A word that stands in one message of ten thousand, and one that stands in half of them. */
export const rareWord = 'zanzibar';
/** Stands in half of all messages. */
export const commonWord = 'request';

/** A state value that about one session of 500 has. */
export const rareState = 'settings.seed=77';

/** Draws sessions; the same seed gives the same ones, but for their age. */
export class Field {
  readonly #random: () => number;
  readonly #nowMs: number;
  readonly #eventsPerSession: number;

  constructor(seed: number, nowMs: number, eventsPerSession: number) {
    this.#random = mulberry32(seed);
    this.#nowMs = nowMs;
    this.#eventsPerSession = eventsPerSession;
  }

  /** The entries of the next session. */
  next(session: string): FieldEntries {
    const random = this.#random;
    const lengthMs = 60_000 + Math.floor(random() ** 3 * 4 * 3_600_000);
    const startMs = this.#nowMs - Math.floor(random() * days * dayMs) - lengthMs;
    const at = (share: number): number => Math.floor(startMs + share * lengthMs);
    const product = pick(products, random);
    const entries: FieldEntries = [
      {
        kind: 'start',
        session,
        at: startMs,
        product,
        version: pick(versions, random),
        machine_id: `machine-${Math.floor(random() * 500)}`,
        hostname: `host-${Math.floor(random() * 500)}`,
        state: {
          settings: {
            quality: pick(['low', 'medium', 'high'], random),
            seed: integer(random, 500),
          },
        },
      },
      {
        kind: 'patch',
        session,
        at: at(0.5),
        patch: {
          scene: pick(scenes, random),
          players: integer(random, 64),
          memory_mb: integer(random, 4096),
        },
      },
    ];
    for (let i = 0; i < this.#eventsPerSession; i++) {
      entries.push(this.#event(session, at((i + 1) / (this.#eventsPerSession + 1))));
    }
    const fate = random();
    if (fate < 0.03)
      entries.push({
        kind: 'event',
        session,
        at: at(0.97),
        name: 'application_appears_hung',
        level: 'error',
      });
    if (fate < 0.06)
      entries.push({
        kind: 'crash',
        session,
        at: at(1),
        reason: pick(['SIGSEGV', 'SIGABRT', 'abnormal_termination'], random),
      });
    else if (fate < 0.97) entries.push({ kind: 'end', session, at: at(1) });
    return entries;
  }

  #event(session: string, at: number): Record<string, unknown> {
    const random = this.#random;
    const kind = random();
    const message = [
      random() < 0.5 ? commonWord : 'job',
      ...Array.from({ length: 6 }, () => words(Math.floor(random() ** 2 * 2_000))),
      ...(random() < 0.0001 ? [rareWord] : []),
    ].join(' ');
    const event = { kind: 'event', session, at, name: pick(eventNames, random), message };
    if (kind >= 0.02) return { ...event, level: kind < 0.1 ? 'warning' : 'info' };
    const type = pick(exceptionTypes, random);
    return {
      ...event,
      level: 'error',
      exception_type: type,
      exception_msg: `${words(integer(random, 300))} is out of range`,
      stacktrace: Array.from(
        { length: 6 },
        (_, i) => `    at ${syllables(type.length + i)} (/srv/app/${syllables(i)}.js:${10 + i}:5)`,
      ),
    };
  }
}

function words(n: number): string {
  return syllables(n * 7 + 11);
}

/** A pronounceable word for a number. */
function syllables(n: number): string {
  const parts = ['ba', 'ke', 'li', 'mo', 'nu', 'ra', 'se', 'ti', 'vo', 'zu'];
  return [...String(n)].map((digit) => parts[Number(digit)]).join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

function integer(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** Tommy Ettinger's mulberry32. */
function mulberry32(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
