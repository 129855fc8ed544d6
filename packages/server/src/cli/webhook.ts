/** `tacho webhook`: makes, lists, tries and deletes webhooks of a running server. */
import {
  type JsonValue,
  type ReplyOf,
  routes,
  webhookFormats,
  webhookTriggers,
} from '@tacho/protocol';
import { Command, Option } from 'commander';
import { type Asker, addServer, asking, errorOf, pathOf } from './ask.ts';
import { CommandError } from './exit.ts';
import { addLook, ageText, lookOf, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { type Cell, type Column, harmless, tableLines } from './text.ts';

type Webhook = ReplyOf<typeof routes.getWebhook>;
type Delivery = ReplyOf<typeof routes.testWebhook>;

/** The `webhook` command with its own commands. */
export function webhookCommand(): Command {
  return new Command('webhook')
    .description(
      'Tell other servers and chats of crashes, hangs, exceptions, regressions, metrics.',
    )
    .helpCommand(false)
    .addCommand(addPlace(listCommand()))
    .addCommand(addPlace(createCommand()))
    .addCommand(addPlace(removeCommand()))
    .addCommand(addPlace(testCommand()))
    .addCommand(addPlace(deliveriesCommand()))
    .addHelpText('after', help);
}

const help = `
A running server is asked; it wants a token with scope admin (TACHO_TOKEN), if it has any.

Examples:
  tacho webhook create --name oncall --on crash hang --url https://example.org/tacho
  tacho webhook create --name chat --on exception --format slack --url "$SLACK_URL" --product shop
  tacho webhook create --name slow --on metric --metric frame_time_ms --fn p95 --above 50 \\
    --window 5m --url https://example.org/tacho
  tacho webhook test oncall
  tacho webhook deliveries oncall`;

function addPlace(command: Command): Command {
  return addServer(addLook(command));
}

function listCommand(): Command {
  return new Command('ls')
    .description('List all webhooks; secrets are not shown.')
    .action((values: OptionValues) =>
      asking(values, async (asker) => {
        const reply = await asker.json(routes.listWebhooks.path);
        if (values.json === true) return printJson(reply);
        const look = lookOf(values);
        const { webhooks } = reply as unknown as { webhooks: Webhook[] };
        if (webhooks.length === 0) return printLines([paint(look, 'faint', 'no webhooks')]);
        printLines(tableLines(look, listColumns, webhooks.map(listCells)));
      }),
    );
}

const listColumns: readonly Column[] = [
  { title: 'id' },
  { title: 'name', shrinksTo: 8 },
  { title: 'tells of', shrinksTo: 12 },
  { title: 'products', shrinksTo: 8, expendable: 1 },
  { title: 'to', shrinksTo: 12 },
];

function listCells({ id, name, on, products, metric, url, enabled }: Webhook): Cell[] {
  const bounds = [metric?.above !== undefined && `> ${metric.above}`].concat(
    metric?.below !== undefined && `< ${metric.below}`,
  );
  const watched = metric && `${metric.fn}(${metric.name}) ${bounds.filter(Boolean).join(', ')}`;
  const what = on.map((one) => (one === 'metric' && watched ? watched : one)).join(', ');
  return [
    { text: id },
    { text: harmless(name), paint: 'accent' },
    { text: harmless(enabled ? what : `off (${what})`) },
    { text: harmless(products.join(', ') || 'all') },
    { text: harmless(url), paint: 'faint' },
  ];
}

function createCommand(): Command {
  return new Command('create')
    .description('Make a webhook. Its secret goes to stdout, once; nobody can show it again.')
    .requiredOption('--name <name>', 'What it is for')
    .requiredOption('--url <url>', 'Where messages go')
    .addOption(
      new Option('--on <trigger...>', 'What it tells of; may be given several times')
        .choices(webhookTriggers)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--format <format>', 'Shape of messages').choices(webhookFormats))
    .option('--product <product...>', 'Only these products')
    .option('--metric <name>', 'With --on metric: the metric')
    .option('--fn <function>', 'With --on metric: count, avg, min, max, sum, rate, p95 …')
    .option('--tag <tag...>', 'With --on metric: only series with these tags')
    .option('--above <number>', 'With --on metric: tell when it is greater', Number)
    .option('--below <number>', 'With --on metric: tell when it is smaller', Number)
    .option('--window <duration>', 'With --on metric: how far back samples count, e.g. 5m')
    .option('--secret <whsec>', 'Sign with this; one is made otherwise')
    .action((values: OptionValues) =>
      asking(values, async (asker) => {
        const made = await change(asker, 'POST', routes.createWebhook.path, bodyOf(values));
        if (values.json === true) return printJson(made);
        const { id, secret } = made as { id: string; secret: string };
        process.stderr.write(`made webhook ${id}; this is its secret:\n`);
        process.stdout.write(`${secret}\n`);
      }),
    );
}

function bodyOf(values: OptionValues): object {
  const { name, url, on, format, product: products, secret } = values;
  const { metric, fn, tag: tags, above, below, window } = values;
  const condition = { name: metric, fn, tags, above, below, window };
  const isConditional = Object.values(condition).some((value) => value !== undefined);
  return { name, url, on, format, products, secret, ...(isConditional && { metric: condition }) };
}

function removeCommand(): Command {
  return new Command('rm')
    .description('Delete a webhook with all that it has not sent yet.')
    .argument('<webhook>', 'Its id, or its name')
    .action((asked: string, values: OptionValues) =>
      asking(values, async (asker) => {
        const id = await idOf(asker, asked);
        const path = pathOf(routes.deleteWebhook.path, { webhook_id: id });
        const reply = await change(asker, 'DELETE', path);
        if (values.json === true) printJson(reply);
        else printLines([`deleted ${id}`]);
      }),
    );
}

function testCommand(): Command {
  return new Command('test')
    .description('Send a message now, and say what came of it; exit code 1 when it did not arrive.')
    .argument('<webhook>', 'Its id, or its name')
    .action((asked: string, values: OptionValues) =>
      asking(values, async (asker) => {
        const id = await idOf(asker, asked);
        const path = pathOf(routes.testWebhook.path, { webhook_id: id });
        const reply = (await change(asker, 'POST', path)) as unknown as Delivery;
        const { status, error, ms } = reply.attempts.at(-1)!;
        if (values.json === true) printJson(reply as unknown as JsonValue);
        else if (error === null) printLines([`delivered in ${ms} ms, answered ${status}`]);
        if (error !== null) throw new CommandError('failed', `not delivered: ${error}`);
      }),
    );
}

function deliveriesCommand(): Command {
  return new Command('deliveries')
    .description('Show the last messages of a webhook and what became of each.')
    .argument('<webhook>', 'Its id, or its name')
    .option('-n, --limit <number>', 'Most messages', '20')
    .action((asked: string, values: OptionValues) =>
      asking(values, async (asker) => {
        const id = await idOf(asker, asked);
        const path = pathOf(routes.listDeliveries.path, { webhook_id: id });
        const reply = await asker.json(path, { limit: values.limit as string });
        if (values.json === true) return printJson(reply);
        const look = lookOf(values);
        const { deliveries } = reply as unknown as { deliveries: Delivery[] };
        if (deliveries.length === 0) return printLines([paint(look, 'faint', 'no messages yet')]);
        printLines(tableLines(look, deliveryColumns, deliveries.map(deliveryCells)));
      }),
    );
}

const deliveryColumns: readonly Column[] = [
  { title: 'when' },
  { title: 'state' },
  { title: 'tries', isRight: true },
  { title: 'what', shrinksTo: 20 },
  { title: 'last answer', shrinksTo: 12 },
];

function deliveryCells({ created_at, state, tries, summary, attempts }: Delivery): Cell[] {
  const last = attempts.at(-1);
  return [
    { text: ageText(created_at) },
    { text: state, ...(state === 'failed' && { paint: 'bad' as const }) },
    { text: String(tries) },
    { text: harmless(summary) },
    { text: harmless(last === undefined ? '' : (last.error ?? String(last.status))) },
  ];
}

/** The id of the webhook that has this id, or else this name. */
async function idOf(asker: Asker, asked: string): Promise<string> {
  const reply = await asker.json(routes.listWebhooks.path);
  const { webhooks } = reply as unknown as { webhooks: Webhook[] };
  const named = webhooks.filter(({ id, name }) => id === asked || name === asked);
  const found = named.find(({ id }) => id === asked) ?? named[0];
  if (found === undefined) throw new CommandError('missing', `there is no webhook ${asked}`);
  if (named.length > 1 && found.id !== asked) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new CommandError('usage', `several webhooks are named ${asked}: ${ids}; name an id`);
  }
  return found.id;
}

async function change(
  asker: Asker,
  method: 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<JsonValue> {
  const answer = await asker.send(method, path, body && JSON.stringify(body));
  if (answer.status < 400) return answer.json;
  throw errorOf(answer.status, answer.json, asker.whom);
}
