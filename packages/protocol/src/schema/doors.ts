/** Schema of what a server says of its doors. */
import Type from 'typebox';
import { countReply } from './session-row.ts';

/** Schema of the reply of `/api/doors`. */
export const doorsReply = Type.Object(
  {
    doors: Type.Array(
      Type.Object({
        name: Type.String({ description: 'The dialect: otlp, statsd, influx, prometheus, mlflow' }),
        sessions: countReply('Sessions that speak through it now'),
        stored: countReply('Samples and events that were stored'),
        overflowed: countReply(
          'Of the samples stored, those whose series was one too many for their session',
        ),
        refused: Type.Array(
          Type.Object({
            reason: Type.String({ description: 'A word that stays the same' }),
            count: countReply('Things refused for it'),
            last_details: Type.String({ description: 'What was wrong with the last of them' }),
            last_at: Type.String({ format: 'date-time', description: 'When that was' }),
          }),
        ),
      }),
    ),
  },
  { title: 'Doors', description: 'What came in foreign dialects since the server started' },
);
