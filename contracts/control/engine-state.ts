// What the engine tells about itself at /state: its parts, and the journal, the bus, history and the clock of the process.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable } from '../envelope.ts';
import { IngestState, InventoryPartState, PartAnswers, ReferencePartState } from './part-state.ts';
import { REPUBLISH_FIELDS } from './republish.ts';
import { Codes, Count, Counts, described, Flag, list, shape, Text, Unreadable } from './shapes.ts';
import { ExecutorState, StrategyState } from './trading-state.ts';

export const JournalState = shape({
  journal_id: Text,
  born_at: IsoTime,
  last_seq: Count,
  synced_seq: Count,
  sync_lag_ms: described(Count, 'Age of the oldest record that is not on disk yet; 0 when all are.'),
  segments: Count,
  bytes: Count,
  checkpointing: described(Flag, 'A checkpoint is being written.'),
  checkpoint_problem: described(
    nullable(Text),
    'Why the last checkpoint could not be written; older segments are kept meanwhile.',
  ),
  removal_problem: described(nullable(Text), 'Why old segments could not be removed the last time.'),
  failed: nullable(Text),
  disk_free_bytes: described(
    nullable(Count),
    'Free on the disk of STATE_DIR; null when it has not answered for a minute.',
  ),
  disk_low: described(Flag, 'Less than 1 GiB is free; until 1.25 GiB are.'),
});
export type JournalState = Static<typeof JournalState>;

export const BusState = shape({
  ...PartAnswers.properties,
  kafka: described(
    shape({
      status: Text,
      for_ms: Count,
      clients_replaced: Count,
      last_replaced_for: nullable(Text),
    }),
    '`lost`: the client failed permanently and is about to be replaced.',
  ),
  attached: Flag,
  watermark: Count,
  in_flight: Count,
  lag_records: Count,
  lag_ms: Count,
  delivered: Count,
  dead_lettered: Count,
  retried: Count,
  waiting: described(nullable(shape({ on: Text, for_ms: Count })), 'Why the next message cannot be handed over now.'),
  blocked_topics: described(
    list(
      shape({
        topic: Text,
        for_ms: Count,
        code: nullable(Type.Integer()),
        problem: Text,
        fix: Text,
        watermark: Count,
      }),
    ),
    "Topics for which Kafka accepts no messages; other topics are not affected. `code` is librdkafka's.",
  ),
  ...REPUBLISH_FIELDS,
  trouble: nullable(Text),
});
export type BusState = Static<typeof BusState>;

/** Whether history is being written, as far as the engine has heard. */
export const HistoryState = shape({
  ...PartAnswers.properties,
  policy: Text,
  writing: nullable(Flag),
  lag_ms: nullable(Count),
  heard_at: nullable(IsoTime),
  blocks: Flag,
});
export type HistoryState = Static<typeof HistoryState>;

/** What was read of the topics that the sidecars write. */
export const BackgroundState = shape({
  caught_up: described(Flag, 'The topics were read to their end, from a bounded number of records before it.'),
  topics: list(
    shape({
      topic: Text,
      records: described(Counts, 'Since the start: taken, of another account, or refused, by reason.'),
      last_read_at: IsoTime,
    }),
  ),
});
export type BackgroundState = Static<typeof BackgroundState>;

/** Times that the process did not run for longer than it may. */
export const StallState = shape({
  count: Count,
  last: nullable(
    shape({
      kind: described(Text, '`stalled`, `suspended`, `clock_set` or `stood_still`.'),
      gap_ms: Count,
      ended_at: IsoTime,
    }),
  ),
});
export type StallState = Static<typeof StallState>;

/** What the times that others stamp say of our wall clock, in milliseconds; positive when ours is ahead. */
const ClockState = shape({
  skew_ms: described(
    Type.Integer(),
    'Smallest clock error that is consistent with the observations; positive: the local clock is ahead.',
  ),
  from_ms: Type.Integer(),
  to_ms: Type.Integer(),
  agreeing: Codes,
  contradicting: Codes,
  unhealthy_over_ms: Count,
  hold_over_ms: Count,
});

export const EngineState = shape({
  service: Type.Literal('engine'),
  version: Text,
  instance_id: Text,
  account_id: Text,
  started_at: IsoTime,
  trading: described(Flag, 'A small request received now would be answered in at least one direction.'),
  not_trading: described(Codes, 'Codes of the reasons why nothing is quoted; empty when trading.'),
  not_trading_by_direction: described(
    shape({ 'BTC->EURe': Codes, 'EURe->BTC': Codes }),
    'The same for each direction.',
  ),
  healthy: Flag,
  reasons: Codes,
  notes: Codes,
  unreadable: Unreadable,
  ingest: IngestState,
  reference: ReferencePartState,
  inventory: InventoryPartState,
  strategy: StrategyState,
  executor: ExecutorState,
  journal: JournalState,
  bus: BusState,
  history: HistoryState,
  background: BackgroundState,
  clock: described(nullable(ClockState), 'null while no clock but the local one is known.'),
  stalls: StallState,
});
/** With every section. */
export type EngineState = Static<typeof EngineState>;

/** What GET /state answers: what cannot be read of it does not cost the rest. */
export const EngineStateAnswer = shape({
  ...EngineState.properties,
  ingest: nullable(IngestState),
  reference: nullable(ReferencePartState),
  inventory: nullable(InventoryPartState),
  strategy: nullable(StrategyState),
  executor: nullable(ExecutorState),
  journal: nullable(JournalState),
  bus: nullable(BusState),
  history: nullable(HistoryState),
  background: nullable(BackgroundState),
  stalls: nullable(StallState),
});
export type EngineStateAnswer = Static<typeof EngineStateAnswer>;

export const isComplete = (state: EngineStateAnswer): state is EngineState => state.unreadable.length === 0;

/** The parts, in the order in which a quote goes through them. Each has a health, and shows its own fields of `EngineState`. */
export const PART_NAMES = [
  'ingest',
  'reference',
  'inventory',
  'strategy',
  'executor',
  'bus',
  'history',
] as const satisfies readonly (keyof EngineState)[];
export type PartName = (typeof PART_NAMES)[number];
