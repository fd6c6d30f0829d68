// What has to be in the log, with which fields, and what must not be in it.

import type { OpenRequirement, Requirement } from './requirement.ts';

const APP = 'contracts/runtime/control/app.test.ts';
const LINES = 'engine/observe/log-lines.test.ts';
const LOG = 'contracts/runtime/log/log.test.ts';
const PART = 'engine/reference/reference.test.ts';
const PARTS = 'contracts/runtime/process/health/part-reports.test.ts';
const SINK = 'engine/observe/observer.test.ts';
const TRANSITIONS = 'engine/reference/transitions.test.ts';
const WRITER = 'sidecars/history-writer/history-writer.it.test.ts';

const CHANGE = '%s is a line of level %s with the ids of the quote';
const REPORTED = '%s is logged once when it begins and once when it ends';

export const LOGGING: readonly Requirement[] = [
  {
    sentence: 'A line is JSON with level, service, component, event, namespace, venue, topic and pair at its top.',
    test: [LOG, 'a line has the stable fields at its top, the rest after them'],
  },
  {
    sentence: 'No field of a line can take the place of a stable one.',
    test: [LOG, 'fields cannot overwrite what the log sets'],
  },
  {
    sentence: 'Every field is spelt in snake case.',
    test: [
      LOG,
      'names of fields are in snake_case at every depth, and none is one of the log itself: the compiler refuses others',
    ],
  },
  {
    sentence:
      'An accepted decision is a line with quote, decision and command id, edge, age of the price and inventory id.',
    test: [LINES, 'an accepted decision has its ids, edge, age of the price and inventory in the body'],
  },
  {
    sentence:
      'A rejection with its reason is a line when the reason first appears, with decision id, edge and age of the price.',
    test: [LINES, 'a rejected one has its reason and the same numbers'],
  },
  {
    sentence: 'Rejections are counted by reason in a line a minute.',
    test: [SINK, 'a reason is logged when it first appears, then as a summary a minute'],
  },
  {
    sentence: 'A command that the executor refuses is a line with quote, command and execution id and the code.',
    test: [LINES, 'a command that the executor refuses is a line with the code'],
  },
  { sentence: 'A submission is a line.', test: [LINES, CHANGE, 'trade_submitted'] },
  { sentence: 'A rejection by the venue is a warning.', test: [LINES, CHANGE, 'trade_rejected'] },
  { sentence: 'A reply that does not come in time is a warning.', test: [LINES, CHANGE, 'trade_uncertain'] },
  { sentence: 'An answer that was too late is a line.', test: [LINES, CHANGE, 'trade_late'] },
  { sentence: 'A settlement is a line.', test: [LINES, CHANGE, 'trade_settled'] },
  { sentence: 'The end of a quote that nobody took is a line.', test: [LINES, CHANGE, 'trade_expired'] },
  { sentence: 'A failed command is a warning.', test: [LINES, 'trade_failed is a warning'] },
  {
    sentence: 'A change that a restart led to is marked in its line.',
    test: [LINES, 'that a restart led to is marked as recovered'],
  },
  {
    sentence: 'Arming and disarming are lines with part, by whom and until when.',
    test: [LINES, 'armed: %p is the line "%s", with part, by whom and until when'],
  },
  {
    sentence: 'Strategy and executor of a running engine log each arming and disarming.',
    test: [
      'ops/harness/engine/state.story.test.ts',
      'each arming and disarming is a line of the log that names the part and who did it',
    ],
  },
  {
    sentence: 'A change over HTTP is a line, a refused one a warning.',
    test: [APP, 'the line of an action names the service once, and every field in snake_case'],
  },
  {
    sentence: 'A failure of the control API is an error in the log.',
    test: [APP, 'an internal fault is a 500 that tells nothing of the inside, but logs it'],
  },
  {
    sentence: 'The loss of the relay connection and its return are lines.',
    test: ['engine/ingest/relay/relay-socket.test.ts', 'subscribes again after a loss, and tells of the loss once'],
  },
  {
    sentence:
      'The loss of the connection to Kraken and its return are lines, as are the beginning and end of the fallback.',
    test: [PART, 'a cut connection falls back when its price is too old, and comes back by itself'],
  },
  {
    sentence: 'That Kafka is away is a line with its brokers, and its return is one.',
    test: [
      'engine/bus/link/kafka-link.test.ts',
      'that Kafka is away is known at once, said once with its brokers, and so is its return',
    ],
  },
  {
    sentence: 'A source that grows stale is a line, and its recovery is one.',
    test: [TRANSITIONS, REPORTED, 'a stale CoinGecko'],
  },
  {
    sentence: 'A price that cannot be traded on is a line, and its recovery is one.',
    test: [TRANSITIONS, REPORTED, 'a problem'],
  },
  {
    sentence:
      'A part that becomes unhealthy, as by a stale inventory, is a line with its reasons, and its recovery is one.',
    test: [PARTS, 'a part that is not up when a start is over is warned about, and its recovery is a line'],
  },
  {
    sentence: 'A running engine logs that its history is not written, and its recovery.',
    test: [
      'ops/harness/engine/history-away.story.it.test.ts',
      'makes the engine unhealthy with that reason until it is back, and every record is written then',
      'warn part_unhealthy',
    ],
  },
  {
    sentence: 'The first line of a start says how many records it was rebuilt from.',
    test: [
      'ops/harness/engine/state.story.test.ts',
      'a restart is disarmed, whatever was armed before, and its first line says how many records it was rebuilt from',
    ],
  },
  {
    sentence: 'A part that was healthy and no longer is, is warned about at once.',
    test: [PARTS, 'a part that was up and is down again is warned about, while others still start'],
  },
  {
    sentence: 'Messages that cannot be read are a line when they first come, then counted.',
    test: [SINK, 'bad frames and faults are logged once and then counted'],
  },
  {
    sentence: 'That PostgreSQL is away is logged once, and its return is a line.',
    test: [WRITER, 'while PostgreSQL is away it says so, holds two batches at most, and goes on afterwards'],
  },
  {
    sentence: 'A capital breach is logged once, not with every balance that finds it again.',
    test: [
      'engine/safety/stops.test.ts',
      'a breach that every balance finds again with other amounts is reported once; another one as well, also in turn',
    ],
  },
  {
    sentence: 'Nothing is logged within the turn of a quote.',
    test: [SINK, 'nothing is logged within the turn, everything after it'],
  },
  {
    sentence: 'No line has a frame, a message to sign or a signature.',
    test: [LINES, 'no line holds a frame, a message to sign or a signature'],
  },
  {
    sentence: 'No line has a secret, wherever it is.',
    test: [LOG, 'what looks like a secret does not reach a line, wherever it is'],
  },
  {
    sentence: 'A start and a restart without trouble have no warning.',
    test: [
      'ops/harness/engine/engine.story.test.ts',
      'a clean start, and a restart, pass through nothing that is worth a warning',
    ],
  },
  {
    sentence: 'The lines about an inventory that grows stale or recovers have its inventory id.',
    test: [PARTS, 'the lines about a part have its ids'],
  },
  {
    sentence: 'The line about a breach has the inventory id.',
    test: [LINES, 'a breach is a line with the inventory that it was found in'],
  },
];

export const LOGGING_OPEN: readonly OpenRequirement[] = [];
