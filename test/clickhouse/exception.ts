/** Errors of ClickHouse: read from its text, and answered as its HTTP interface answers them. */

/** What went wrong, by ClickHouse's own number and name. */
export class ClickHouseException extends Error {
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string) {
    super(message);
    this.name = 'ClickHouseException';
    this.code = code;
    this.type = type;
  }
}

/** The exception in a text of the engine; one that was passed on is told once, not twice. */
export function exceptionOf(error: unknown): ClickHouseException {
  if (error instanceof ClickHouseException) return error;
  const text = error instanceof Error ? error.message : String(error);
  const passedOn = /^Code: \d+\. DB::\w+: (?=Code: \d+\. DB::)/;
  const inner = passedOn.test(text)
    ? text.replace(passedOn, '').replace(/ \(version [^)]*\)\. \(\w+\)\s*$/, '')
    : text;
  const match = /^Code: (\d+)\. DB::\w+: ([\s\S]*?)\s*\(([A-Z][A-Z0-9_]+)\)\s*$/.exec(inner);
  if (match === null) return new ClickHouseException(1002, 'UNKNOWN_EXCEPTION', inner);
  const [, code = '', message = '', type = ''] = match;
  return new ClickHouseException(Number(code), type, message);
}

/** The text that the server sends. */
export function exceptionText({ code, type, message }: ClickHouseException, version: string) {
  return `Code: ${code}. DB::Exception: ${message} (${type}) (version ${version})\n`;
}

/** Statuses by name, as in exceptionCodeToHTTPStatus.cpp of ClickHouse; 500 for all others. */
const statuses: readonly [status: number, types: string][] = [
  [400, 'BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE'],
  [400, 'CANNOT_PARSE_QUOTED_STRING CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER'],
  [400, 'CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4 CANNOT_PARSE_IPV6'],
  [400, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED CANNOT_PARSE_UUID DUPLICATE_COLUMN ILLEGAL_COLUMN'],
  [400, 'UNKNOWN_ELEMENT_IN_AST UNKNOWN_TYPE_OF_AST_NODE THERE_IS_NO_COLUMN TOO_DEEP_AST'],
  [400, 'TOO_BIG_AST UNEXPECTED_AST_STRUCTURE SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH'],
  [400, 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE'],
  [401, 'REQUIRED_PASSWORD'],
  [403, 'UNKNOWN_USER WRONG_PASSWORD AUTHENTICATION_FAILED SET_NON_GRANTED_ROLE ACCESS_DENIED'],
  [404, 'UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE'],
  [404, 'UNKNOWN_DATABASE UNKNOWN_SETTING UNKNOWN_DIRECTION_OF_SORTING UNKNOWN_FORMAT'],
  [404, 'UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_DATABASE_ENGINE UNKNOWN_TYPE_OF_QUERY UNKNOWN_ROLE'],
  [408, 'TIMEOUT_EXCEEDED'],
  [411, 'HTTP_LENGTH_REQUIRED'],
  [413, 'QUERY_IS_TOO_LARGE'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK'],
];

/** The HTTP status of an answer that is an exception. */
export function statusOf({ type }: ClickHouseException): number {
  return statuses.find(([, types]) => types.split(' ').includes(type))?.[0] ?? 500;
}
