// What the history has to be: every record once, in PostgreSQL, so that any quote can be explained.

import type { Requirement } from './requirement.ts';

const ROLES = 'ops/stack/postgres/roles.it.test.ts';
const STORE = 'sidecars/history-writer/postgres/store.it.test.ts';
const TRACE = 'ops/trace/trace.it.test.ts';
const WHOLE = 'ops/harness/whole-system.story.it.test.ts';
const WRITER = 'sidecars/history-writer/history-writer.it.test.ts';
const YEARS = 'ops/years/years.it.test.ts';

const GROWS = 'ops/retention/append-only.it.test.ts';
const CURRENT = 'ops/queries/current.it.test.ts';
const QUESTIONS = 'ops/queries/questions.it.test.ts';
const REPORTS = 'ops/queries/reports.it.test.ts';

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
    sentence: 'An update or a deletion is refused in every table of history, its owner included.',
    test: [GROWS, '%s: the owner neither changes, deletes nor empties it, nor a partition of it'],
  },
  {
    sentence:
      'Retention shows first, then drops whole partitions on record, and never decisions, commands and results unasked.',
    test: [
      GROWS,
      'retention shows what it would drop, then drops it on record, and keeps decisions, commands and results',
    ],
  },
  {
    sentence: 'Whoever reads history changes nothing.',
    test: [ROLES, 'the reader reads everything and writes nothing'],
  },
  {
    sentence: 'There is a role for analysts, who read everything and change nothing.',
    test: [ROLES, 'a person in the role of analysts reads everything and writes nothing'],
  },
  {
    sentence: 'The current price of each account is a view over the history.',
    test: [CURRENT, 'the latest price of each account, also of one that has been silent for a year'],
  },
  {
    sentence: 'The current inventory of each account is a view over the history.',
    test: [CURRENT, 'the latest inventory of each account, by asset, exact in tokens'],
  },
  {
    sentence: 'The current health of each process is a view over the history.',
    test: [CURRENT, 'the health of each process, both of a pair of engines, and none that was replaced'],
  },
  {
    sentence: 'The current arm state of each account is a view over the history.',
    test: [CURRENT, 'what is armed as the engine says it, and who did it last; of a silent engine it is not known'],
  },
  {
    sentence: 'The current funding of each account is a view over the history.',
    test: [CURRENT, 'deposits and withdrawals that are not over, also a transfer that belongs to no action'],
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
    sentence: 'Which fair price was the latest when a decision was made is a query.',
    test: [QUESTIONS, 'which fair price was the latest at the decision: not the sample that came after it'],
  },
  {
    sentence: 'Which inventory was spendable when a decision was made is a query.',
    test: [QUESTIONS, 'which inventory was spendable at the decision, exact to the last digit'],
  },
  {
    sentence: 'Which treasury actions were pending when a decision was made is a query.',
    test: [QUESTIONS, 'which treasury actions were pending at the decision: neither what was over nor what came later'],
  },
  {
    sentence: 'Why a quote was skipped is a query.',
    test: [QUESTIONS, 'why a quote was skipped, with the numbers'],
  },
  {
    sentence: 'Which command was emitted for a quote is a query.',
    test: [QUESTIONS, 'which command was emitted, and none for a quote that was skipped'],
  },
  {
    sentence: 'What happened when the executor submitted a quote is a query.',
    test: [
      QUESTIONS,
      'what happened when it was submitted: every transition, what was signed, and what the venue said',
    ],
  },
  {
    sentence: 'Which inventory was credited when a decision was made is a query.',
    test: [QUESTIONS, 'which inventory was credited at the time, of both assets'],
  },
  {
    sentence: 'A quote with everything that belongs to it is one row of a view.',
    test: [REPORTS, 'the whole chain of a quote is one row'],
  },
  {
    sentence: 'How far quotes came is a view, by direction, partner, size and edge.',
    test: [REPORTS, 'the funnel by direction, partner, size and edge'],
  },
  {
    sentence: 'Profit and loss by day and direction are a view, exact.',
    test: [REPORTS, 'profit and loss by day and direction'],
  },
  {
    sentence: 'What settlements are worth 1 s, 10 s, 60 s and 5 min later is a view.',
    test: [
      REPORTS,
      'mark-outs use the last price before each horizon, and none that is older than a minute or came later',
    ],
  },
  {
    sentence: 'Every table, view and column is described in a document, and none lacks a meaning.',
    test: ['ops/contracts/tables.test.ts', 'no table, view or column lacks a comment'],
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
