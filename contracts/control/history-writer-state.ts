// What the history-writer tells about itself at /state: whether it writes, how far it is behind, and why not. Offsets are
// decimal text, times ISO 8601.

import type { Static } from '@sinclair/typebox';
import { IsoTime, nullable, oneOf, UnitsText } from '../envelope.ts';
import { Count, described, Flag, list, shape, Text } from './shapes.ts';

/** One partition of a topic; offsets are decimal text. */
const PartitionState = shape({
  partition: Count,
  persisted_offset: described(nullable(UnitsText), 'offset of the last record that is in PostgreSQL; null: none'),
  next_offset: described(UnitsText, 'offset of the next record to write'),
  end_offset: described(nullable(UnitsText), 'offset after the last record; null: not known'),
  lag_records: nullable(UnitsText),
});

const TopicState = shape({
  topic: Text,
  records: Count,
  dead_letters: Count,
  last_write_at: described(
    nullable(IsoTime),
    'last write to the partitions that this member has, also before it had them or started; null: none',
  ),
  partitions: list(PartitionState),
});

export const HistoryWriterState = shape({
  paused: Flag,
  draining: Flag,
  writing: described(Flag, 'batches are written, or there is nothing to write'),
  lag_ms: nullable(Count),
  lag_records: described(nullable(Count), 'records in Kafka that are not in PostgreSQL yet; null: not known'),
  buffered_records: described(Count, 'records read and not yet written'),
  last_write_at: nullable(IsoTime),
  batches: Count,
  rows: Count,
  repeated_rows: described(Count, 'records that PostgreSQL already had'),
  missed_records: described(Count, 'records that Kafka had deleted before they were read'),
  errors: shape({ count: Count, last: nullable(Text), last_at: nullable(IsoTime) }),
  database: shape({
    connected: Flag,
    status: oneOf(['unknown', 'connected', 'unreachable', 'refused', 'failing', 'not_migrated', 'clock_apart']),
    host: Text,
    problem: nullable(Text),
  }),
  kafka: shape({
    status: Text,
    assigned: Flag,
    group: Text,
    last_trouble: nullable(Text),
    strangers: described(list(Text), 'members of the consumer group whose records are not written to this database'),
    not_read: described(
      list(shape({ topic: Text, partition: Count, offset: UnitsText })),
      'partitions that have records but deliver none, and the offset at which they stopped',
    ),
  }),
  topics: list(TopicState),
});
export type HistoryWriterState = Static<typeof HistoryWriterState>;
