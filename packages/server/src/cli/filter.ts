/** Filters of sessions as options: exactly those of the HTTP API, made from the same table. */
import { filterParams, type Param } from '@tacho/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Query } from './ask.ts';
import type { OptionValues } from './options.ts';

/** Adds an option for each parameter of a session filter. */
export function addFilter(command: Command): Command {
  for (const [name, param] of Object.entries(filterParams)) {
    command.addOption(optionOf(name, param as Param<unknown>));
  }
  return command;
}

/** What the options say, as parameters of a question. */
export function filterQuery(values: OptionValues): Query {
  const query: Record<string, string | readonly string[]> = {};
  for (const name of Object.keys(filterParams)) {
    const value = values[name];
    if (value === undefined) continue;
    query[name] = value as string | string[];
  }
  return query;
}

/**
 * An option for a parameter, whose values are checked as the API would. A list is given by giving
 * the option several times; yes and no need no value for yes.
 */
export function optionOf(name: string, param: Param<unknown>): Option {
  const { description, accepted, many, read } = param;
  const isFlag = accepted === 'true or false';
  const value = isFlag ? '[yes]' : `<${valueName(param)}>`;
  const option = new Option(
    `--${dashed(name)} ${value}`,
    many ? `${description}; repeatable` : description,
  );
  if (isFlag) option.preset('true');
  const check = (text: string): string => {
    // Whether it is understood does not depend on the hour.
    if (read(text, Date.now() * 1000) === undefined) {
      throw new InvalidArgumentError(`Expected ${accepted}.`);
    }
    return text;
  };
  return option.argParser((text: string, before: unknown) =>
    many ? [...((before as string[] | undefined) ?? []), check(text)] : check(text),
  );
}

function valueName({ accepted, schema }: Param<unknown>): string {
  const { enum: words } = schema as { enum?: string[] };
  if (words !== undefined && words.length <= 4) return words.join('|');
  if (accepted.includes('RFC 3339')) return 'time';
  if (accepted.startsWith('a whole number')) return 'n';
  if (accepted.startsWith('path')) return 'condition';
  if (accepted.startsWith('a duration')) return 'duration';
  return 'text';
}

/** `pageRows` as an option is `page-rows`, `page_rows` as well. */
function dashed(name: string): string {
  return name.replace(/_/g, '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
