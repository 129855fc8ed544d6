/** Versions: their order as people count, for any text that a program may call its version. */
import { compareTexts } from './order.ts';

/**
 * Compares two versions; below 0 when `a` is the older one, 0 only for equal texts. A total order.
 *
 * - The leading numbers decide first: 1.9 < 1.10; a leading `v` and zeros at their end do not count.
 * - A pre-release comes before its release: 2.0-alpha < 2.0-beta.2 < 2.0-beta.10 < 2.0-rc < 2.0.
 *   In it, as in Semantic Versioning 2.0.0 (§11), fewer parts come first and numbers before words.
 * - What marks something later comes after it: 2.0 < 2.0-hotfix, 2.0.post1, 2.0_1, 2.0-5-g1a2b3c4
 *   (`git describe`); so does a number after a dash where there are not three numbers before it
 *   (2.0-1 is a package's revision, 2.0.0-1 a pre-release).
 * - What follows `+`, a space or a bracket tells builds of the same version apart.
 * - Texts without a number in front come first of all: main < nightly-9 < nightly-10 < 0.1.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = keyOf(a);
  const right = keyOf(b);
  return (
    compareCores(left, right) ||
    compareParts(left.parts, right.parts) ||
    left.zeros - right.zeros ||
    compareTexts(a, b)
  );
}

/** What a version is compared by. */
interface VersionKey {
  /** Leading numbers as digits without leading zeros, zeros at their end cut off. */
  core: string[];
  /** How many zeros were cut off. */
  zeros: number;
  /** What stands behind the core: -1 something earlier than the core alone, 0 the core or a build of it, 1 later. */
  phase: -1 | 0 | 1;
  /** Numbers and words of the rest. */
  parts: Part[];
}

/** A number by its digits, or a word. */
type Part = { isNumber: boolean; text: string };

const coreForm = /^(?:v(?=\d))?(\d+(?:\.\d+)*)?/i;
const partForm = /\d+|[^\d.\-_+~\s()[\]]+/gu;
const laterForm = /^[.\-_]?(?:post|patch|hotfix|sp|pl)(?![a-z])/i;
const describedForm = /^-\d+-g[0-9a-f]{4,40}(?![0-9a-z])/i;

function keyOf(version: string): VersionKey {
  const [front = '', numbers = ''] = coreForm.exec(version) ?? [];
  const rest = version.slice(front.length);
  const digits = numbers === '' ? [] : numbers.split('.').map(withoutZeros);
  const core = digits.slice(0, digits.findLastIndex((number) => number !== '0') + 1);
  const parts = (rest.match(partForm) ?? []).map(partOf);
  return { core, zeros: digits.length - core.length, phase: phaseOf(rest, digits.length), parts };
}

function phaseOf(rest: string, numbers: number): VersionKey['phase'] {
  if (numbers === 0) return -1;
  if (!/[^.\-_~]/.test(rest) || /^[+\s([]/.test(rest)) return 0;
  if (laterForm.test(rest) || describedForm.test(rest)) return 1;
  if (rest.startsWith('_') || (numbers !== 3 && /^-\d/.test(rest))) return 1;
  return -1;
}

function partOf(text: string): Part {
  const isNumber = /^\d/.test(text);
  return { isNumber, text: isNumber ? withoutZeros(text) : text.toLowerCase() };
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

/** A longer core comes after all phases of the shorter one: 1.0-hotfix < 1.0.1-rc. */
function compareCores(a: VersionKey, b: VersionKey): number {
  const length = Math.min(a.core.length, b.core.length);
  for (let i = 0; i < length; i += 1) {
    const order = compareNumbers(a.core[i] ?? '', b.core[i] ?? '');
    if (order !== 0) return order;
  }
  return a.core.length - b.core.length || a.phase - b.phase;
}

function compareParts(a: Part[], b: Part[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const order = compareOnePart(a[i] as Part, b[i] as Part);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareOnePart(a: Part, b: Part): number {
  if (a.isNumber !== b.isNumber) return a.isNumber ? -1 : 1;
  return a.isNumber ? compareNumbers(a.text, b.text) : compareTexts(a.text, b.text);
}

/** Digits may be more than a double holds. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareTexts(a, b);
}
