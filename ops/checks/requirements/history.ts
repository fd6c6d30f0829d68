// What the history has to be: every record once, in PostgreSQL, so that any quote can be explained.

import type { OpenRequirement, Requirement } from './requirement.ts';

const ROLES = 'ops/stack/postgres/roles.it.test.ts';
const STORE = 'sidecars/history-writer/postgres/store.it.test.ts';
const TRACE = 'ops/trace/trace.it.test.ts';
const WHOLE = 'ops/harness/whole-system.story.it.test.ts';
const WRITER = 'sidecars/history-writer/history-writer.it.test.ts';
const YEARS = 'ops/years/years.it.test.ts';

const STATE = 'writes every topic, reports its position, and ends cleanly';
const AWAY = 'while PostgreSQL is away it says so, holds two batches at most, and goes on afterwards';

export const HISTORY: readonly Requirement[] = [
  { sentence: 'Records of every topic are written.', test: [WRITER, STATE] },
  {
    sentence: 'There is a table for every topic.',
    test: [STORE, 'the topics of the registry and the tables are the same'],
  },
  {
    sentence: 'A record is kept with its whole envelope, byte for byte, and typed columns.',
    test: [STORE, 'a golden record of every topic is written, its envelope byte for byte'],
  },
  {
    sentence: 'History only grows: the writer can neither change nor remove what is on record.',
    test: [ROLES, 'the writer deletes, empties, changes and drops nothing of what is on record'],
  },
  {
    sentence: 'Whoever reads history changes nothing.',
    test: [ROLES, 'the reader reads everything and writes nothing'],
  },
  {
    sentence: 'The state has offsets by topic, the last write of each, the lag and the connection to PostgreSQL.',
    test: [WRITER, STATE, 'norm.swap_demand'],
  },
  {
    sentence: 'The state has the number of errors and the connection that was lost.',
    test: [WRITER, AWAY],
  },
  {
    sentence: 'A paused history-writer writes nothing, is healthy and shows its lag, and a resumed one catches up.',
    test: [WRITER, 'paused it writes nothing, stays healthy and tells its lag; who did it is on record'],
  },
  {
    sentence: 'A drained history-writer ends in order, although neither Kafka nor PostgreSQL answers.',
    test: [WRITER, 'SIGTERM ends it with 0 within the limit, although neither Kafka nor PostgreSQL answers'],
  },
  { sentence: 'A record that Kafka delivers twice is one row.', test: [STORE, 'a redelivery writes nothing twice'] },
  {
    sentence: 'Rows and offsets are one transaction: a write that was cut off is neither lost nor done twice.',
    test: [WRITER, 'kill -9 in the middle of a stream, twice: every event is written exactly once'],
  },
  {
    sentence: 'A commit whose success was not heard is recognised.',
    test: [STORE, 'a commit that succeeded unheard is recognised'],
  },
  {
    sentence: 'A record that cannot be written is a dead letter and holds nothing up.',
    test: [WRITER, 'what cannot be taken becomes a dead letter, once, and the rest goes on'],
  },
  {
    sentence: 'Price, inventory, decision, command and results of a quote are found from its id.',
    test: [TRACE, 'finds the whole story, the price and the inventory that the decision names'],
  },
  {
    sentence:
      'Why a quote was skipped, on which price and inventory, what was sent and what came of it are documented queries that run as written.',
    test: [YEARS, 'in psql, as written: $name'],
  },
  {
    sentence:
      'Treasury actions that were pending when a decision was made are found by a documented query, by an index.',
    test: [YEARS, 'finds its rows by an index: $name'],
  },
  {
    sentence: 'Every quote that was heard has one decision, and no transition is missing or twice.',
    test: [WHOLE, 'every quote that was heard has one decision, and no transition is missing or twice'],
  },
  {
    sentence: 'The whole chain of settled quotes of both directions is in PostgreSQL.',
    test: [WHOLE, 'quotes settle in both directions and of both kinds'],
  },
  {
    sentence: 'What does not follow in the history is found by a check.',
    test: [TRACE, '%s finds a broken %s'],
  },
  {
    sentence: 'PostgreSQL is not on the way of a quote: the engine imports nothing of it.',
    test: ['ops/checks/direction.test.ts', 'every import of the checkout follows the table of architecture.ts'],
  },
];

export const HISTORY_OPEN: readonly OpenRequirement[] = [
  {
    sentence: 'The current state (price, inventory, arm state, health by account) is a view over the history.',
    open: 'the only view is inventory_by_asset; needs views over the newest row of each table',
  },
];
