/** The sentence that a session page opens with: outcome, age, cause, and what led there, as facts and joints. */

import type { Answer } from '../../../api.ts';
import { counted, reading } from '../../../format/number.ts';
import { duration, hourMinute } from '../../../format/time.ts';
import { isRunning, outcomeOfRow, type SessionRow, type ShownOutcome } from '../../../outcome.ts';

/** A piece of the sentence: facts are bold, joints grey, `ink` colours what an outcome says. */
export interface Part {
  text: string;
  isFact: boolean;
  ink?: ShownOutcome;
}

/** The step of an ending as the API tells it. */
export type Moment = Answer<'listMoments'>['moments'][number];

/** A metric that moved. */
type Mover = Answer<'listMovers'>['movers'][number];

/** What the sentence is made of; what is absent is not known, and left out. */
export interface VerdictFacts {
  row: SessionRow;
  /** Its end; of a session that runs, now. */
  endMs: number;
  /** A place in the state, pinned or the one that changed last, with its value. */
  place?: { path: string; value: unknown; isPinned: boolean };
  movers?: readonly Mover[];
  moments?: readonly Moment[];
}

/** From this score on people call it a move. */
const moveScoreMin = 3.5;

/** Characters of a recorded value in the sentence. */
const valueLengthMax = 60;

/** Last names of paths whose value is somewhere one can be in. */
const places =
  /^(scene|level|page|screen|view|route|phase|stage|step|mode|map|zone|room|state|status|task|job|name)$/i;

/** The sentence; at most four clauses follow outcome and age. */
export function verdictOf(facts: VerdictFacts): Part[] {
  const { row, endMs } = facts;
  const parts = isRunning(row) ? opening(row, endMs) : ending(row, endMs);
  parts.push(...placeClause(facts));
  return [...parts, ...moverClause(facts)];
}

/** The sentence as text, for titles. */
export function plain(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join('');
}

/** What ended the session in a few words; undefined where nothing but the outcome is known. */
export function causeWords(row: SessionRow, endMs: number): string | undefined {
  const { cause, reason } = row;
  switch (cause?.kind) {
    case 'failed':
      return cause.exit_code === undefined ? undefined : `exit status ${cause.exit_code}`;
    case 'exited':
      return `exit status ${cause.exit_code ?? 0}`;
    case 'out_of_memory':
      return 'out of memory';
    case 'uncaught':
      return row.exception ? `uncaught ${short(row.exception.type)}` : 'uncaught exception';
    case 'machine_lost':
      return cause.boot_id === undefined
        ? 'the machine came back without it'
        : 'the machine came back with another boot';
    case 'lost':
      return `silent since ${hourMinute(endMs)}`;
    case 'signaled':
    case 'killed_while_hung':
    case 'terminated_by_user':
    case 'crashed':
      return cause.signal ?? (reason ? short(reason.replaceAll('_', ' ')) : undefined);
    default:
      return undefined;
  }
}

/** An age in one unit where the second one says nothing anybody needs: `41 min`, `1 h 20 min`. */
export function age(lengthMs: number): string {
  const text = duration(Math.max(0, lengthMs));
  const [large = '', unit = '', ...rest] = text.split(' ');
  return rest.length > 0 && Number(large) >= 10 ? `${large} ${unit}` : text;
}

function opening(row: SessionRow, endMs: number): Part[] {
  const parts = [
    fact('Alive', 'live'),
    joint(' for '),
    fact(age(endMs - Date.parse(row.created_at))),
    joint(', '),
  ];
  if (row.liveness === 'hung') parts.push(fact('hung', 'hung'));
  else if (row.liveness === 'suspended') parts.push(...silence(row));
  else parts.push(fact('responsive'));
  return parts;
}

function silence(row: SessionRow): Part[] {
  const since = row.last_heartbeat ?? row.updated_at;
  return [joint('without a heartbeat since '), fact(hourMinute(Date.parse(since)))];
}

const outcomeWords: Partial<Record<string, string>> = {
  ended: 'Ended',
  exited: 'Exited',
  failed: 'Failed',
  out_of_memory: 'Killed',
  machine_lost: 'Lost',
  terminated_by_user: 'Ended by the user',
  lost: 'Lost',
};

function ending(row: SessionRow, endMs: number): Part[] {
  const kind = row.cause?.kind ?? 'lost';
  const parts = [
    fact(outcomeWords[kind] ?? 'Crashed', outcomeOfRow(row)),
    joint(' after '),
    fact(age(row.duration_ms)),
  ];
  const words = causeWords(row, endMs);
  if (words !== undefined) parts.push(joint(': '), fact(words));
  const hungMs = row.cause?.hung_ms ?? (row.hung ? row.hung_ms : 0);
  if (hungMs > 0) parts.push(joint(' while '), fact(`hung for ${duration(hungMs)}`, 'hung'));
  if (!isWell(row)) return parts;
  if (row.hangs > 0 && hungMs === 0) {
    parts.push(joint(', after '), fact(`${counted(row.hangs, 'hang')}`, 'hung'));
  }
  if (row.errors > 0) parts.push(joint(', with '), fact(counted(row.errors, 'error')));
  return parts;
}

/** Whether there is nothing to look for: where it was and what moved then says nothing. */
function isWell(row: SessionRow): boolean {
  return (
    !isRunning(row) && ['ended', 'exited', 'terminated_by_user'].includes(row.cause?.kind ?? '')
  );
}

function placeClause({ row, place }: VerdictFacts): Part[] {
  if (place === undefined || isWell(row)) return [];
  const { path, value, isPinned } = place;
  if (typeof value === 'object' || value === undefined || value === '') return [];
  const text = short(String(value));
  const last = path.slice(path.lastIndexOf('.') + 1);
  if (typeof value === 'string' && places.test(last)) return [joint(' in '), fact(text)];
  return isPinned ? [joint(`, ${short(path)} `), fact(text)] : [];
}

function moverClause({ row, movers = [], moments = [] }: VerdictFacts): Part[] {
  const mover = movers.find(({ score }) => score >= moveScoreMin);
  if (mover === undefined || isWell(row)) return [];
  const { name, unit, rate, after, before, direction } = mover;
  const read = (value: number): string =>
    `${reading(value, name, unit)}${rate ? ' per second' : ''}`;
  const trend = moments.find(({ kind, series }) => kind === 'trend' && series?.name === name);
  const way = /began to (rise|fall)$/.exec(trend?.title ?? '')?.[1];
  const trendWords =
    way === undefined
      ? `, ${direction} from ${read(before)}`
      : ` and ${way === 'rise' ? 'rising' : 'falling'}`;
  return [joint(`, ${short(name)} `), fact(`${read(after)}${trendWords}`)];
}

function short(text: string): string {
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax)}…` : text;
}

function fact(text: string, ink?: ShownOutcome): Part {
  return ink === undefined ? { text, isFact: true } : { text, isFact: true, ink };
}

function joint(text: string): Part {
  return { text, isFact: false };
}
