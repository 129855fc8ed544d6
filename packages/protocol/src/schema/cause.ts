/** Causes as they are reported: what somebody saw of the end of a session. */
import Type from 'typebox';
import { type CauseKind, type CauseReport, type CauseResources, causeKinds } from '../cause.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { cut } from './fields.ts';
import * as shape from './shapes.ts';

/** Kinds that an end in order may have; all others are crashes. */
const endKinds: readonly CauseKind[] = ['ended', 'exited', 'terminated_by_user'];

const number = (description: string) => Type.Optional(Type.Number({ minimum: 0, description }));

/** Schemas of what is known of an end beside its kind. */
export const causeFacts = {
  exit_code: Type.Optional(Type.Integer({ description: 'Status that the process exited with' })),
  signal: Type.Optional(
    Type.String({ maxLength: limits.signalLengthMax, description: 'Signal that ended it' }),
  ),
  core_dumped: Type.Optional(Type.Boolean({ description: 'Whether it left a core dump' })),
  oom: Type.Optional(Type.Boolean({ description: 'Whether memory ran out' })),
  hung_ms: number('How long it had hung when it ended'),
  boot_id: Type.Optional(
    Type.String({ maxLength: limits.bootIdLengthMax, description: 'Boot of the machine' }),
  ),
  resources: Type.Optional(
    Type.Object(
      {
        cpu_percent: number('Of one core'),
        rss_bytes: number('Resident memory'),
        threads: number('Threads'),
        open_files: number('Open files'),
      },
      { description: 'What it used shortly before' },
    ),
  ),
};

/** Schema of a reported cause; a part that is not understood is left out, never refused. */
export const causeBody = shape.maybe(
  Type.Unknown({
    description:
      'How it ended, as somebody saw it: an object of `kind` and what is known of `exit_code`, ' +
      '`signal`, `core_dumped`, `oom`, `hung_ms`, `boot_id` and `resources`',
  }),
);

/**
 * Reads a reported cause; undefined for none. Never throws, because an end badly described is still
 * an end: without a kind that fits an end or a crash there is no cause, other bad parts are left out.
 */
export function readCause(value: unknown, of: 'end' | 'crash'): CauseReport | undefined {
  if (!isJsonObject(value)) return undefined;
  const kind = causeKinds.find((each) => each === value.kind);
  if (kind === undefined || kind === 'lost' || endKinds.includes(kind) !== (of === 'end')) {
    return undefined;
  }
  const report: CauseReport = { kind };
  if (Number.isSafeInteger(value.exit_code)) report.exit_code = value.exit_code as number;
  const signal = text(value.signal, limits.signalLengthMax);
  if (signal !== undefined) report.signal = signal;
  if (typeof value.core_dumped === 'boolean') report.core_dumped = value.core_dumped;
  if (typeof value.oom === 'boolean') report.oom = value.oom;
  if (isAmount(value.hung_ms)) report.hung_ms = value.hung_ms;
  const bootId = text(value.boot_id, limits.bootIdLengthMax);
  if (bootId !== undefined) report.boot_id = bootId;
  const resources = readResources(value.resources);
  if (resources !== undefined) report.resources = resources;
  return report;
}

/** The facts of a cause as a JSON object, without its kind. */
export function causeFactsOf({ kind: _kind, ...facts }: CauseReport): JsonObject {
  return { ...facts } as JsonObject;
}

const resourceNames = ['cpu_percent', 'rss_bytes', 'threads', 'open_files'] as const;

function readResources(value: unknown): CauseResources | undefined {
  if (!isJsonObject(value)) return undefined;
  const resources: CauseResources = {};
  for (const name of resourceNames) {
    const amount = value[name];
    if (isAmount(amount)) resources[name] = amount;
  }
  return Object.keys(resources).length > 0 ? resources : undefined;
}

function text(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value !== '' ? cut(value, max) : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
