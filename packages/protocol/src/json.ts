/** JSON values as Tacho keeps them: integers beyond 2^53 are bigint, so that their digits survive. */

/** A JSON value; `bigint` stands for an integer that a double cannot hold exactly. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}
