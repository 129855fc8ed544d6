/** Tokens over HTTP: what a request for one says, and how tokens are shown. */
import Type from 'typebox';
import { limits } from '../limits.ts';
import { type Scope, scopes } from '../routes/route.ts';
import { parseTimeUs } from '../time.ts';
import { bad, fieldsOf, isAbsent, optionalTexts, requiredText, shown, timeForm } from './fields.ts';
import * as shape from './shapes.ts';

const instant = (description: string) => Type.String({ format: 'date-time', description });

const scopeList = Type.Array(shape.oneOf(scopes, 'One thing that the token may do'), {
  minItems: 1,
  uniqueItems: true,
  description:
    '`ingest`: deliver data. `read`: ask questions. `admin`: everything, also manage tokens',
});

/** Schema of a request for a token. */
export const tokenBody = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: limits.tokenNameLengthMax,
      description: 'Who uses it, for people',
    }),
    scopes: scopeList,
    expires_at: Type.Optional(
      Type.Union([instant('When it stops working'), Type.Number(), Type.Null()], {
        description: 'RFC 3339 or epoch milliseconds; it never expires when absent',
      }),
    ),
  },
  {
    title: 'NewToken',
    description: 'A token that is wanted',
    examples: [{ name: 'ci', scopes: ['ingest'], expires_at: '2027-01-31T00:00:00Z' }],
  },
);

/** Schema of a token as it is listed, without its secret. */
export const tokenReply = Type.Object(
  {
    id: Type.String({ description: 'Names the token; no secret' }),
    name: Type.String(),
    scopes: scopeList,
    created_at: instant('RFC 3339, UTC'),
    expires_at: Type.Union([instant('RFC 3339, UTC'), Type.Null()]),
    last_used_at: Type.Union([instant('RFC 3339, UTC; within a minute'), Type.Null()]),
  },
  { title: 'Token', description: 'A token without its secret' },
);

/** Schema of the reply to a request for a token. */
export const newTokenReply = Type.Object({
  ...tokenReply.properties,
  token: Type.String({ description: 'The secret; it is never shown again' }),
});

/** Schema of the list of tokens. */
export const tokensReply = Type.Object({ tokens: Type.Array(tokenReply) });

/** Schema of a login. */
export const loginBody = Type.Object(
  { token: Type.String({ description: 'The secret of a token' }) },
  {
    title: 'Login',
    description: 'Who wants to come in',
    examples: [{ token: 'tacho_0123456789ABCDEFGHIJKLMNOPQRSTUV' }],
  },
);

/** Schema of the reply to a login. */
export const loginReply = Type.Object({
  success: Type.Literal(true),
  name: Type.String({ description: 'Name of the token' }),
  scopes: scopeList,
});

/** A token as it is listed. */
export interface TokenReply {
  id: string;
  name: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

/** What a request for a token asks for. */
export interface TokenInput {
  name: string;
  /** In the order of `scopes`, each once. */
  scopes: Scope[];
  /** Epoch microseconds; absent when it never expires. */
  expiresUs?: number;
}

/** Reads a request for a token; throws TachoError. */
export function readTokenBody(body: unknown, nowUs: number): TokenInput {
  const fields = fieldsOf(body);
  const name = requiredText(fields.name, 'name', limits.tokenNameLengthMax);
  const input: TokenInput = { name, scopes: readScopes(fields.scopes) };
  const expiresUs = parsedTime(fields.expires_at);
  if (expiresUs === undefined) return input;
  if (expiresUs <= nowUs) throw bad('expires_at', 'has passed', 'a time to come');
  if (expiresUs > nowUs + limits.tokenLifetimeMaxMs * 1000) {
    throw bad('expires_at', 'is too far in the future', 'at most 100 years');
  }
  return { ...input, expiresUs };
}

/** The secret of a login; throws TachoError. */
export function readLoginBody(body: unknown): string {
  return requiredText(fieldsOf(body).token, 'token', limits.tokenTextLengthMax);
}

/** Unlike the time of an entry, an expiry may be years ahead. */
function parsedTime(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  const us = parseTimeUs(value);
  if (us === undefined) throw bad('expires_at', shown(value), timeForm);
  return us;
}

function readScopes(value: unknown): Scope[] {
  const given = optionalTexts(value, 'scopes', scopes.length, 20) ?? [];
  const expected = `a list of ${scopes.join(', ')}`;
  if (given.length === 0) throw bad('scopes', shown(value), expected);
  for (const word of given) {
    if (!scopes.some((scope) => scope === word)) throw bad('scopes', `has "${word}"`, expected);
  }
  return scopes.filter((scope) => given.includes(scope));
}
