/** `tacho token`: makes, lists and revokes tokens, in a running server or in its data directory. */
import {
  durationParam,
  parseTimeUs,
  readTokenBody,
  scopes,
  type TokenInput,
  type TokenReply,
} from '@tacho/protocol';
import { Command, Option } from 'commander';
import type { Config } from '../config.ts';
import { CommandError } from './exit.ts';
import { addSettings, configOf, type OptionValues } from './options.ts';
import { openPlace, type TokenPlace } from './token-place.ts';

const names = ['dataDir', 'store'] as const satisfies readonly (keyof Config)[];

/** The `token` command with its own commands. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Make, list and revoke tokens. Once there is one, every request needs one.')
    .helpCommand(false)
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addHelpText('after', help);
}

const help = `
Scopes:
  ingest   deliver data
  read     ask questions
  admin    everything, also manage tokens

Tokens are managed in the data directory while no server uses it, and through the server while one
does; the server then wants a token with scope admin (TACHO_TOKEN), if it has any. In a ClickHouse
they are managed at any time.

Examples:
  tacho token create --name ops --scope admin
  tacho token create --name ci --scope ingest --expires 90d
  tacho token create --name board --scope read --server http://tacho.example.org:9090
  tacho token ls
  tacho token revoke 4hT0cXwq81Zb`;

function createCommand(): Command {
  const scope = new Option('--scope <scope...>', 'What it may do; may be given several times')
    .choices(scopes)
    .makeOptionMandatory();
  const command = new Command('create')
    .description('Make a token. Its secret goes to stdout, once; nobody can show it again.')
    .requiredOption('--name <name>', 'Who uses it, for people')
    .addOption(scope)
    .option('--expires <when>', 'When it stops working: 12h, 90d, 52w, or an RFC 3339 time')
    .action(runCreate);
  return addPlace(command);
}

function listCommand(): Command {
  const command = new Command('ls').description('List all tokens; secrets are not kept.');
  return addPlace(command.action(runList));
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('Revoke a token; it stops working at once.')
    .argument('<id>', 'Id of the token, as `tacho token ls` shows it');
  return addPlace(command.action(runRevoke));
}

function addPlace(command: Command): Command {
  command
    .option('--json', 'Print JSON')
    .option('--server <url>', 'Server to manage (default: TACHO_SERVER, else who has the data)')
    .option('--token <secret>', 'Token with scope admin; better in TACHO_TOKEN, which nobody sees');
  return addSettings(command, names);
}

async function runCreate(values: OptionValues): Promise<void> {
  const input = inputOf(values);
  await withPlace(values, async (place) => {
    const made = await place.add(input);
    if (values.json === true) return print(made);
    process.stderr.write(`made token ${made.id} in ${place.where}; this is its secret:\n`);
    process.stdout.write(`${made.token}\n`);
    if (await isLockedOut(place, made)) process.stderr.write(lockedOut);
  });
}

const lockedOut =
  'note: no token has scope admin, so tokens can be managed only while the server is stopped\n';

/** The list is refused when the first token of a running server is none that may manage it. */
async function isLockedOut(place: TokenPlace, made: TokenReply): Promise<boolean> {
  if (made.scopes.includes('admin')) return false;
  const all = await place.list().catch(() => []);
  return !all.some((token) => token.scopes.includes('admin'));
}

async function runList(values: OptionValues): Promise<void> {
  await withPlace(values, async (place) => {
    const tokens = await place.list();
    if (values.json === true) print({ tokens });
    else if (tokens.length === 0) process.stderr.write(`there is no token in ${place.where}\n`);
    else process.stdout.write(renderTokens(tokens));
  });
}

async function runRevoke(id: string, values: OptionValues): Promise<void> {
  await withPlace(values, async (place) => {
    if (!(await place.remove(id)))
      throw new CommandError('missing', `${place.where} has no token ${id}`);
    if (values.json === true) print({ success: true });
    else process.stdout.write(`revoked ${id}\n`);
  });
}

/** A table for people: one line per token. */
function renderTokens(tokens: readonly TokenReply[]): string {
  const rows = tokens.map((token) => [
    token.id,
    token.name,
    token.scopes.join(','),
    shortTime(token.created_at),
    token.expires_at === null ? 'never' : shortTime(token.expires_at),
    token.last_used_at === null ? 'never' : shortTime(token.last_used_at),
  ]);
  const all = [['ID', 'NAME', 'SCOPES', 'CREATED', 'EXPIRES', 'LAST USED'], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const lines = all.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  '));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** To the minute, in UTC. */
function shortTime(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`;
}

function inputOf(values: OptionValues): TokenInput {
  const nowUs = Date.now() * 1000;
  const expires_at = expiryMs(values.expires as string | undefined, nowUs);
  return readTokenBody({ name: values.name, scopes: values.scope, expires_at }, nowUs);
}

function expiryMs(text: string | undefined, nowUs: number): number | null {
  if (text === undefined) return null;
  const durationUs = durationParam('').read(text, nowUs);
  const us = durationUs === undefined ? parseTimeUs(text) : nowUs + durationUs;
  if (us !== undefined) return us / 1000;
  throw new CommandError(
    'usage',
    `--expires ${text} is not understood; accepted: 12h, 90d, 52w, an RFC 3339 time`,
  );
}

async function withPlace(
  values: OptionValues,
  action: (place: TokenPlace) => Promise<void>,
): Promise<void> {
  const { config } = configOf(values, names);
  const { TACHO_SERVER, TACHO_TOKEN } = process.env;
  const server = (values.server as string | undefined) ?? (TACHO_SERVER || undefined);
  const isStoreNamed = values.data !== undefined || values.store !== undefined;
  const place = await openPlace({
    config,
    server: isStoreNamed ? (values.server as string | undefined) : server,
    isStoreNamed,
    secret: (values.token as string | undefined) ?? (TACHO_TOKEN || undefined),
  });
  try {
    await action(place);
  } finally {
    await place.close();
  }
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
