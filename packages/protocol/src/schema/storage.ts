/** Schema of what a server says of the space that it takes up. */
import Type from 'typebox';
import { healthReply } from './reply.ts';
import { countReply } from './session-row.ts';
import { oneOf } from './shapes.ts';

const { properties: health } = healthReply;

function instant(description: string) {
  return Type.String({ format: 'date-time', description });
}

function duration(description: string) {
  return Type.Number({ exclusiveMinimum: 0, description });
}

/** Schema of the reply of `/api/storage`. */
export const storageReply = Type.Object(
  {
    version: health.version,
    uptime_seconds: health.uptime_seconds,
    engine: oneOf(['sqlite', 'clickhouse', 'memory'], 'Where it is kept'),
    disk: Type.Object(
      {
        used_bytes: Type.Optional(countReply('Sum of the files')),
        free_bytes: Type.Optional(countReply('Free where the data lives')),
        files: health.store.properties.fileBytes,
        reusable_bytes: Type.Optional(
          countReply('Of the database, what deletions left for what comes next'),
        ),
        sample_bytes: Type.Optional(
          countReply('Of the database, what the sealed samples of all products take up'),
        ),
      },
      { description: 'Empty for an engine without files' },
    ),
    products: Type.Array(
      Type.Object({
        product: Type.String(),
        sessions: countReply('Sessions that are kept'),
        events: countReply('Events in them'),
        patches: countReply('Updates of the state in them'),
        samples: countReply('Samples of metrics in them'),
        sample_bytes: Type.Optional(
          countReply('What their sealed samples take up, with times and summaries'),
        ),
        oldest: instant('When the first of them was created'),
        newest: instant('When the last of them was created'),
      }),
      { description: 'Most sessions first' },
    ),
    products_left_out: countReply('Further products'),
    estimated: Type.Boolean({
      description: 'Whether `sample_bytes` were worked out from some of the samples',
    }),
    retention: Type.Object(
      {
        days: Type.Integer({
          minimum: 1,
          description: 'Sessions that are not active go so long after their last activity',
        }),
        expire_interval_ms: duration('How often that is looked for'),
        suspended_after_ms: duration('Silence after which a session is suspended'),
        lost_after_ms: duration('Silence after which a session is lost'),
      },
      { description: 'Settings in force' },
    ),
    counters: health.counters,
  },
  { title: 'Storage', description: 'What the server keeps; counters start with it' },
);
