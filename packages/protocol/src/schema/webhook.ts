/** Webhooks over HTTP: what a request for one says, and how rules and deliveries are shown. */
import Type from 'typebox';
import { functionParam } from '../aggregate.ts';
import { limits } from '../limits.ts';
import { durationParam } from '../params.ts';
import {
  bad,
  type Fields,
  fieldsOf,
  isAbsent,
  optionalInteger,
  optionalText,
  optionalTexts,
  requiredText,
  shown,
} from './fields.ts';
import * as shape from './shapes.ts';

/** What a webhook can tell of. */
export const webhookTriggers = ['crash', 'hang', 'exception', 'regression', 'metric'] as const;

/** One thing that a webhook can tell of. */
type WebhookTrigger = (typeof webhookTriggers)[number];

/** Shapes of a message. */
export const webhookFormats = ['json', 'slack'] as const;

/** One shape of a message. */
type WebhookFormat = (typeof webhookFormats)[number];

const name = shape.fullText(limits.webhookNameLengthMax, 'What it is for, for people');
const url = shape.fullText(limits.webhookUrlLengthMax, 'Where messages go: http:// or https://');
const triggers = Type.Array(shape.oneOf(webhookTriggers, 'One thing to tell of'), {
  minItems: 1,
  uniqueItems: true,
  description:
    '`crash`, `hang`: of a session. `exception`: a group that its product did not have before. `regression`: what a version is worse in than the one before. `metric`: a function of a metric beyond a bound',
});
const format = shape.oneOf(
  webhookFormats,
  '`json`, or `slack` for chats that take what Slack does',
);
const products = shape.texts(
  limits.webhookProductsMax,
  limits.productLengthMax,
  'Products that it is about; all when empty',
);
const metric = Type.Object(
  {
    name: shape.fullText(limits.metricNameLengthMax),
    fn: Type.String({ description: functionParam.description, examples: ['p95', 'avg'] }),
    tags: Type.Optional(
      shape.texts(limits.tagsMax, limits.tagLengthMax, 'Tags that its series must have'),
    ),
    above: Type.Optional(Type.Number({ description: 'Told when the value is greater' })),
    below: Type.Optional(Type.Number({ description: 'Told when the value is smaller' })),
    window: Type.String({ description: 'How far back samples count', examples: ['5m'] }),
    samples_min: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'With fewer samples nothing is told; 1 when absent',
      }),
    ),
  },
  { description: 'For the trigger `metric`: what is watched, and one bound or both' },
);
const secret = Type.String({
  maxLength: limits.webhookSecretLengthMax,
  description: '`whsec_` and base64 of 24 to 64 bytes; made when absent',
});

/** Schema of a request for a webhook. */
export const webhookBody = Type.Object(
  {
    name,
    url,
    on: triggers,
    format: shape.maybe(format),
    products: shape.maybe(products),
    metric: shape.maybe(metric),
    secret: shape.maybe(secret),
    enabled: shape.maybe(Type.Boolean({ description: 'Nothing is told while it is false' })),
  },
  {
    title: 'NewWebhook',
    description: 'A webhook that is wanted',
    examples: [
      { name: 'on call', url: 'https://example.org/tacho', on: ['crash', 'hang', 'exception'] },
    ],
  },
);

/** Schema of a change; what is absent stays as it is. */
export const webhookChangeBody = Type.Object(
  {
    name: shape.maybe(name),
    url: shape.maybe(url),
    on: shape.maybe(triggers),
    format: shape.maybe(format),
    products: shape.maybe(products),
    metric: shape.maybe(metric),
    secret: shape.maybe(secret),
    enabled: shape.maybe(Type.Boolean()),
  },
  {
    title: 'WebhookChange',
    description: 'What is to be changed of a webhook',
    examples: [{ enabled: false }],
  },
);

const time = (description: string) => Type.String({ format: 'date-time', description });

/** Schema of a webhook as it is listed, without its secret. */
export const webhookReply = Type.Object(
  {
    id: Type.String(),
    name,
    url,
    on: triggers,
    format,
    products,
    metric: Type.Union([metric, Type.Null()]),
    enabled: Type.Boolean(),
    created_at: time('RFC 3339, UTC'),
    breached: Type.Boolean({ description: 'Whether its metric is beyond the bound now' }),
    held_back: Type.Integer({
      description: 'Messages of this hour that were not sent, because there were too many',
    }),
  },
  { title: 'Webhook', description: 'A webhook without its secret' },
);

/** Schema of the reply to a request for a webhook. */
export const newWebhookReply = Type.Object({
  ...webhookReply.properties,
  secret: Type.String({ description: 'Signs its messages; it is never shown again' }),
});

/** Schema of the list of webhooks. */
export const webhooksReply = Type.Object({ webhooks: Type.Array(webhookReply) });

const attempt = Type.Object(
  {
    at: time('When it was sent'),
    ms: Type.Number({ description: 'Until the answer' }),
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: 'HTTP status; null without an answer',
    }),
    error: Type.Union([Type.String(), Type.Null()], {
      description: 'Why it counts as not delivered',
    }),
  },
  { title: 'WebhookAttempt', description: 'One try to deliver' },
);

/** Schema of a message and what became of it. */
export const deliveryReply = Type.Object(
  {
    id: Type.String({ description: 'The same in every try: receivers know repetitions by it' }),
    type: Type.String({ examples: ['session.crashed'] }),
    summary: Type.String({ description: 'What it says, in one sentence' }),
    created_at: time('When the server found out'),
    state: shape.oneOf(['waiting', 'delivered', 'failed'], '`failed`: nothing is tried any more'),
    next_at: Type.Union([time('When it is tried again'), Type.Null()]),
    attempts: Type.Array(attempt, { description: 'The last ones, oldest first' }),
    tries: Type.Integer(),
  },
  { title: 'WebhookDelivery', description: 'A message and what became of it' },
);

/** Schema of the messages of a webhook. */
export const deliveriesReply = Type.Object({ deliveries: Type.Array(deliveryReply) });

/** A condition on a metric. */
export interface WebhookMetric {
  name: string;
  /** As asked: `p95`, `avg` … */
  fn: string;
  tags: string[];
  above?: number;
  below?: number;
  /** As asked, and in microseconds. */
  window: string;
  windowUs: number;
  samplesMin: number;
}

/** What a webhook is to do. */
export interface WebhookInput {
  name: string;
  url: string;
  /** In the order of `webhookTriggers`, each once. */
  on: WebhookTrigger[];
  format: WebhookFormat;
  /** All when empty. */
  products: string[];
  /** There when `on` has `metric`. */
  metric?: WebhookMetric;
  /** As asked; to be made when absent. */
  secret?: string;
  enabled: boolean;
}

/** Reads a request for a webhook, or a change of the one that is `known`; throws TachoError. */
export function readWebhookBody(body: unknown, known?: WebhookInput): WebhookInput {
  const fields = fieldsOf(body);
  const given = <T>(field: string, read: (value: unknown) => T, old: T | undefined): T =>
    isAbsent(fields[field]) && old !== undefined ? old : read(fields[field]);
  const text = (value: unknown) => requiredText(value, 'name', limits.webhookNameLengthMax);
  const input: WebhookInput = {
    name: given('name', text, known?.name),
    url: given('url', readUrl, known?.url),
    on: given('on', readTriggers, known?.on),
    format: readFormat(fields.format, known?.format ?? 'json'),
    products: readProducts(fields.products) ?? known?.products ?? [],
    enabled: readEnabled(fields.enabled) ?? known?.enabled ?? true,
  };
  const secret = readSecret(fields.secret) ?? known?.secret;
  if (secret !== undefined) input.secret = secret;
  const isWatching = input.on.includes('metric');
  if (!isWatching && !isAbsent(fields.metric)) {
    throw bad('metric', 'is not watched', 'metric among the triggers in on');
  }
  const condition = isAbsent(fields.metric) ? known?.metric : readCondition(fields.metric);
  if (isWatching && condition === undefined) {
    throw bad('metric', 'is missing', 'an object with name, fn, window and above or below');
  }
  return isWatching && condition ? { ...input, metric: condition } : input;
}

const urlForm = 'an address such as https://example.org/hook, without user and password';

/** Scheme, host (a name or an address), port, and the rest. */
const urlPattern =
  /^https?:\/\/(\[[0-9a-f:.]+\]|[\p{L}\p{N}._~-]+)(?::(\d{1,5}))?([/?][^\s#]*)?$/iu;

function readUrl(value: unknown): string {
  const text = requiredText(value, 'url', limits.webhookUrlLengthMax);
  if (/^https?:\/\/[^/?#]*@/i.test(text)) {
    throw bad('url', 'holds a user or password', urlForm);
  }
  const parts = urlPattern.exec(text);
  if (parts === null || Number(parts[2] ?? 1) > 65_535) throw bad('url', shown(text), urlForm);
  return text.replace(/^https?/i, (scheme) => scheme.toLowerCase());
}

function readTriggers(value: unknown): WebhookTrigger[] {
  const max = webhookTriggers.length;
  const given = optionalTexts(value, 'on', max, 20) ?? [];
  const expected = `a list of ${webhookTriggers.join(', ')}`;
  if (given.length === 0) throw bad('on', shown(value), expected);
  for (const word of given) {
    if (!webhookTriggers.some((one) => one === word)) throw bad('on', `has "${word}"`, expected);
  }
  return webhookTriggers.filter((one) => given.includes(one));
}

function readFormat(value: unknown, preset: WebhookFormat): WebhookFormat {
  if (isAbsent(value)) return preset;
  const found = webhookFormats.find((one) => one === value);
  if (found === undefined) throw bad('format', shown(value), webhookFormats.join(' or '));
  return found;
}

function readProducts(value: unknown): string[] | undefined {
  const max = limits.webhookProductsMax;
  const given = optionalTexts(value, 'products', max, limits.productLengthMax);
  if (given?.includes('')) throw bad('products', 'has an empty text', 'names of products');
  return given && [...new Set(given)];
}

function readEnabled(value: unknown): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'boolean') throw bad('enabled', shown(value), 'true or false');
  return value;
}

function readSecret(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  const expected = 'whsec_ and the base64 of 24 to 64 bytes';
  // Never shown, not even where it is wrong.
  if (typeof value !== 'string') throw bad('secret', 'is no string', expected);
  const base64 = /^whsec_([A-Za-z0-9+/]+)={0,2}$/.exec(value)?.[1] ?? '';
  const bytes = Math.floor((base64.length * 3) / 4);
  if (bytes < 24 || bytes > 64) throw bad('secret', 'has another form', expected);
  return value;
}

function readCondition(value: unknown): WebhookMetric {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('metric', shown(value), 'an object with name, fn, window and above or below');
  }
  const fields = value as Fields;
  const fn = optionalText(fields.fn, 'metric.fn', 20);
  if (functionParam.read(fn, 0) === undefined) {
    throw bad('metric.fn', shown(fields.fn), functionParam.accepted);
  }
  const above = optionalNumber(fields.above, 'metric.above');
  const below = optionalNumber(fields.below, 'metric.below');
  if (above === undefined && below === undefined) {
    throw bad('metric.above', 'is missing', 'a number in above, in below, or in both');
  }
  const { text, us } = readWindow(fields.window);
  const tags = optionalTexts(fields.tags, 'metric.tags', limits.tagsMax, limits.tagLengthMax);
  return {
    name: requiredText(fields.name, 'metric.name', limits.metricNameLengthMax),
    fn,
    tags: [...new Set(tags)],
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
    window: text,
    windowUs: us,
    samplesMin: optionalInteger(fields.samples_min, 'metric.samples_min', 1) ?? 1,
  };
}

function optionalNumber(value: unknown, field: string): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw bad(field, shown(value), 'a finite number');
}

function readWindow(value: unknown): { text: string; us: number } {
  const text = optionalText(value, 'metric.window', 20);
  const us = durationParam('').read(text, 0);
  const { webhookWindowMinMs: min, webhookWindowMaxMs: max } = limits;
  if (us === undefined || us < min * 1000 || us > max * 1000) {
    throw bad('metric.window', shown(value), 'a duration from 10s to 7d such as "5m"');
  }
  return { text, us };
}
