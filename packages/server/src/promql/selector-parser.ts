/** Reads selectors: a name, conditions on labels, a range and an offset. */
import { compileMatcher } from './matcher.ts';
import type { Reader } from './reader.ts';
import { type Matcher, type MatchOperator, QueryError, type Selector } from './syntax.ts';

const operators: readonly string[] = ['=', '!=', '=~', '!~'];

/** The selector that comes next. */
export function parseSelector(reader: Reader): Selector {
  const { at } = reader.peek();
  const matchers: Matcher[] = [];
  if (reader.peek().kind === 'name') {
    matchers.push({ label: '__name__', operator: '=', value: reader.take().text });
  }
  if (reader.takeIf('{')) readMatchers(reader, matchers);
  requireNarrow(reader, matchers, at);
  const found: Selector = { kind: 'selector', matchers, offsetMs: 0, at };
  if (reader.takeIf('[')) {
    found.rangeMs = reader.duration();
    if (reader.isSign(':') || reader.peek().text.startsWith(':')) throw reader.fail(noSubquery);
    reader.expect(']');
  }
  if (reader.isSign('[')) throw reader.fail('a range is given twice');
  if (reader.isWord('offset')) {
    reader.take();
    const sign = reader.takeIf('-') ? -1 : 1;
    found.offsetMs = sign * reader.duration();
  }
  if (reader.isSign('@')) throw reader.fail('the @ modifier is not part of what is answered here');
  return found;
}

const noSubquery = 'subqueries are not part of what is answered here';

function readMatchers(reader: Reader, matchers: Matcher[]): void {
  while (!reader.isSign('}')) {
    const label = reader.take();
    const isQuoted = label.kind === 'text';
    if (!isQuoted && (label.kind !== 'name' || label.text.includes(':'))) {
      throw reader.fail('expected the name of a label', label.at);
    }
    if (isQuoted && !operators.includes(reader.peek().text)) {
      // {"http.latency"} names a metric by any name.
      matchers.push({ label: '__name__', operator: '=', value: label.text });
    } else {
      matchers.push(readMatcher(reader, label.text));
    }
    if (!reader.takeIf(',')) break;
  }
  reader.expect('}');
}

function readMatcher(reader: Reader, label: string): Matcher {
  const operator = reader.take();
  if (operator.kind !== 'sign' || !operators.includes(operator.text)) {
    throw reader.fail('expected one of =, !=, =~ and !~ after the name of a label', operator.at);
  }
  const value = reader.take();
  if (value.kind !== 'text') throw reader.fail('expected a string in quotes', value.at);
  const matcher = { label, operator: operator.text as MatchOperator, value: value.text };
  try {
    compileMatcher(matcher);
  } catch (error) {
    if (error instanceof QueryError) throw reader.fail(error.message, value.at);
    throw error;
  }
  return matcher;
}

/** A selector that anything meets is a mistake, as in Prometheus. */
function requireNarrow(reader: Reader, matchers: readonly Matcher[], at: number): void {
  if (matchers.some((matcher) => !compileMatcher(matcher)(''))) return;
  if (matchers.length === 0 && !reader.isSign('}')) {
    throw reader.fail('expected a name or a condition on a label that not everything meets', at);
  }
  throw reader.fail('a selector must have a condition that the empty text does not meet', at);
}
