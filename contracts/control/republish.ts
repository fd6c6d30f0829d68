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
        description: 'sends what belongs to these topics alone; by default all',
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
  acknowledged: described(Count, 'Everything of it up to here is acknowledged.'),
  messages: Count,
  refused: described(Count, 'Messages that Kafka refused for what they are.'),
  begun_at: IsoTime,
  problem: described(nullable(Text), 'What Kafka refused last, with what helps; null after a delivery.'),
};

export const RunningRepublish = shape({
  ...RANGE,
  waiting: described(nullable(shape({ on: Text, for_ms: Count })), 'What keeps it from going on now.'),
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
        'Topics whose records have not been sent again, with the position to begin at; kept over restarts.',
      ),
      fix: described(nullable(Text), 'The command that sends them again; null: nothing is open.'),
    }),
    'Acknowledged records that Kafka was seen to have lost; `times` and `last` since the start.',
  ),
  republish: shape({
    running: nullable(RunningRepublish),
    last: described(nullable(EndedRepublish), 'The last one that ended since the start.'),
  }),
};

export const RepublishView = shape(REPUBLISH_FIELDS);
export type RepublishView = Static<typeof RepublishView>;
