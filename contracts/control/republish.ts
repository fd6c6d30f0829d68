// What a republish is asked for with, and what the engine tells of it and of what Kafka lost.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable, oneOf } from '../envelope.ts';
import { TOPICS, type TopicName } from '../topics/registry.ts';
import { Count, described, list, shape, Text } from './shapes.ts';

const TOPIC_NAMES: readonly TopicName[] = TOPICS.map(({ name }) => name);

const position = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const RepublishBody = Type.Object(
  {
    from: position(
      'position in the journal of the first record to send again; bus.lost_records of /state names a safe one',
    ),
    to: Type.Optional(position('position of the last record to send again; by default the newest that is on disk')),
    topics: Type.Optional(
      Type.Array(oneOf(TOPIC_NAMES), {
        minItems: 1,
        maxItems: TOPIC_NAMES.length,
        description: 'only records of these topics; by default all',
      }),
    ),
  },
  { additionalProperties: false },
);
export type RepublishBody = Static<typeof RepublishBody>;

/** One republish: what it sends, and up to which record Kafka has it. */
const RANGE = {
  from: Count,
  to: Count,
  topics: described(nullable(list(Text)), 'null: all'),
  acknowledged: described(Count, 'Kafka has acknowledged everything up to this position.'),
  messages: Count,
  refused: described(Count, 'Messages that Kafka refused permanently.'),
  begun_at: IsoTime,
  problem: described(nullable(Text), 'The last refusal by Kafka and its remedy; null after the next delivery.'),
};

export const RunningRepublish = shape({
  ...RANGE,
  waiting: described(nullable(shape({ on: Text, for_ms: Count })), 'What it is waiting for; null: nothing.'),
});
export type RunningRepublish = Static<typeof RunningRepublish>;

export const EndedRepublish = shape({
  ...RANGE,
  outcome: oneOf(['done', 'failed', 'cancelled', 'stopped'] as const),
  ended_at: IsoTime,
});
export type EndedRepublish = Static<typeof EndedRepublish>;

/** Fields of `bus` in /state; alone at /bus/republish. */
export const REPUBLISH_FIELDS = {
  lost_records: described(
    shape({
      times: Count,
      last: nullable(shape({ topic: Text, partition: Count, before: Count, now: Count })),
      open: described(
        list(shape({ topic: Text, from: Count })),
        'Topics that lack records which have not been sent again, and the position to start from; kept over restarts.',
      ),
      fix: described(nullable(Text), 'The command that sends the lost records again; null: nothing is missing.'),
    }),
    'Acknowledged records that Kafka has lost; `times` and `last` count since the start.',
  ),
  republish: shape({
    running: nullable(RunningRepublish),
    last: described(nullable(EndedRepublish), 'The last republish that ended since the start.'),
  }),
};

export const RepublishView = shape(REPUBLISH_FIELDS);
export type RepublishView = Static<typeof RepublishView>;
