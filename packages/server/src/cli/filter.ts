/** Filters of sessions as options: exactly those of the HTTP API, made from the same table. */
import { filterParams, type Param } from '@tacho/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Query } from './ask.ts';
import type { OptionValues } from './options.ts';

/** Adds an option for each parameter of a session filter, but those that the command takes otherwise. */
export function addFilter(command: Command, without: readonly string[] = []): Command {
  for (const [name, param] of Object.entries(filterParams)) {
    if (without.includes(name)) continue;
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
    query[name] = value === true ? 'true' : (value as string | string[]);
  }
  return query;
}

/**
 * An option for a parameter, with a short form like `-n` where it has one; values are checked as the API would. A list is given by giving
 * the option several times; yes and no need no value for yes.
 */
export function optionOf(name: string, param: Param<unknown>, short = ''): Option {
  const { description, accepted, many, read } = param;
  const isFlag = accepted === 'true or false';
  const value = isFlag ? '[yes]' : `<${valueName(param)}>`;
  const flags = `${short === '' ? '' : `${short}, `}--${dashed(name)} ${value}`;
  const about = description.replaceAll('`', '');
  const option = new Option(flags, many ? `${about}; repeatable` : about);
  const { enum: words } = param.schema as { enum?: string[] };
  if (words !== undefined && words.length > wordsInNameMax) option.argChoices = words;
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

/** More words than this stand below the option instead of in it. */
const wordsInNameMax = 4;

function valueName({ accepted, schema }: Param<unknown>): string {
  const { enum: words } = schema as { enum?: string[] };
  if (words !== undefined) return words.length <= wordsInNameMax ? words.join('|') : 'word';
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
