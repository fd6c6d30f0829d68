// What has to happen when something fails that the engine depends on.

import type { OpenRequirement, Requirement } from './requirement.ts';

const GATES = 'engine/loop-gates.test.ts';
const LOOP = 'engine/loop.test.ts';
const OUTAGE = 'ops/soak/outage/outage.it.test.ts';
const OUTAGES = 'goes on without Kafka, and without PostgreSQL as its policy says, and everything is on record once';
const PROCESS = 'ops/harness/engine/process.story.it.test.ts';
const REPORTS = 'engine/background/history/reports.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STORY = 'ops/harness/engine/engine.story.test.ts';
const WRITER = 'sidecars/history-writer/history-writer.it.test.ts';

export const FAILURES: readonly Requirement[] = [
  {
    sentence: 'A price that was just found wrong is not traded on when the other source is lost.',
    test: [
      STORY,
      'the market falls, CoinGecko lags, Kraken drops: nothing is answered on the price that was just found wrong',
    ],
  },
  {
    sentence: 'A missing inventory gives rejected decisions and no command.',
    test: [GATES, 'none yet: nothing can be promised'],
  },
  {
    sentence:
      'With PostgreSQL away the history-writer is unhealthy, reports that it does not write, and loses nothing.',
    test: [WRITER, 'while PostgreSQL is away it says so, holds two batches at most, and goes on afterwards'],
  },
  {
    sentence:
      'With PostgreSQL away a whole system shows it in the health of the engine until it is back, and loses nothing.',
    test: [
      'ops/harness/engine/history-away.story.it.test.ts',
      'makes the engine unhealthy with that reason until it is back, and every record is written then',
    ],
  },
  {
    sentence: 'With PostgreSQL away `degrade` goes on, `strict` signs nothing, and both recover by themselves.',
    test: [OUTAGE, OUTAGES],
  },
  {
    sentence: 'With Kafka away answers go on, memory and journal stay bounded, and each record is in PostgreSQL once.',
    test: [OUTAGE, OUTAGES],
  },
  {
    sentence: 'A history that is not written, behind or unknown is bad health of the engine.',
    test: [
      'engine/background/history/health.test.ts',
      'history that is written: %p, with a lag of %p, has the reasons %p',
      'history_not_written',
    ],
  },
  {
    sentence: 'A history-writer that was not heard of for a while counts as one that does not write.',
    test: [REPORTS, 'when a writer reported lately that it writes and is not too far behind'],
  },
  {
    sentence:
      'A history-writer that has partitions and does not write them impairs history, whatever another one says.',
    test: [REPORTS, 'one that has partitions and does not write them, or is behind, impairs history'],
  },
  {
    sentence: 'Under a strict policy nothing is decided for while history is not being written.',
    test: [PROCESS, 'brings no word of a writing history-writer blocks decisions under a strict policy'],
  },
  {
    sentence: 'Without Kafka the engine answers all the same, and says what is missing.',
    test: [STORY, 'answers without a broker, and says what is not there'],
  },
  {
    sentence: 'What was decided without Kafka is published when it is there.',
    test: [PROCESS, 'is away at the start answers all the same, and publishes everything once it is there'],
  },
  {
    sentence: 'A disk that cannot be written ends trading: nothing is signed, and nothing is armed.',
    test: [ROUTES, 'a journal that cannot be written lets nothing be armed'],
  },
  {
    sentence: 'A late disk ends signing until it has caught up.',
    test: [
      'ops/harness/engine/holds.story.test.ts',
      'nothing is signed while the oldest record that is not on disk is older than allowed',
    ],
  },
  {
    sentence: 'Failures of the venue and of its connection are results, each with its code.',
    test: [LOOP, '%s', 'late by its code'],
  },
  {
    sentence: 'A fault of our own on a frame loses that frame alone, which is kept.',
    test: [LOOP, 'before anything is written loses the frame alone, which is kept as a dead letter'],
  },
  {
    sentence: 'Turns that break halfway, again and again, disarm the executor.',
    test: [STORY, 'frames that fail before anything is written disarm nobody, turns that break halfway do'],
  },
  {
    sentence: 'What recovery finds not to add up has to be accepted before the executor is armed.',
    test: [ROUTES, 'findings of recovery keep the executor from being armed until somebody accepts them by name'],
  },
  {
    sentence: 'On a state directory that was restored nothing is signed until an operator has accepted it.',
    test: [
      'ops/harness/engine/restored.story.test.ts',
      'on a restored state directory nothing is signed until an operator has accepted that it is one',
    ],
  },
  {
    sentence: 'A copy of the journal signs nothing under its nonces, nor anything else until what it may lack is over.',
    test: [
      'engine/inventory/restored-copy.test.ts',
      'signs nothing under a nonce of the copy, and nothing at all until whatever was signed since is over',
    ],
  },
  {
    sentence: 'What a copy of the journal does not know of is counted once, and named for no other quote.',
    test: [
      'engine/inventory/restored-copy.test.ts',
      'counts what a quote that it does not know took, once, and names no other quote for it',
    ],
  },
  {
    sentence: 'A backup that is made while the engine writes is whole up to what was published.',
    test: [
      'ops/deploy/backup/backup.test.ts',
      'each copy of a journal that is written meanwhile is whole up to what was published, and is known as a copy',
    ],
  },
  {
    sentence: 'A history that was backed up while it was written goes on in an empty database: each record once.',
    test: [
      'ops/deploy/backup/database.it.test.ts',
      'that was made while it was written goes on in an empty database: each record once, for the roles that it had',
    ],
  },
  {
    sentence: 'After the loss of the machine a backup trades on: nothing is answered twice, the books are right.',
    test: [
      'ops/harness/engine/restored.story.test.ts',
      'what was backed up while it traded goes on after the machine is lost: nothing is answered twice, and the books are the verifier’s',
    ],
  },
  {
    sentence: 'A process that was stopped while the market moved answers nothing that waited for it.',
    test: [
      'ops/harness/engine/stall.story.test.ts',
      'a process that was stopped while the market rose answers nothing that waited for it, and then at the new price',
    ],
  },
  {
    sentence: 'A wrong clock ends signing, says so, and is over when the clock is right.',
    test: [
      'ops/harness/engine/venue-clock.story.test.ts',
      '%d ms off keeps from signing, says so, and no longer does when it is set right',
    ],
  },
  {
    sentence: 'An exception that nothing catches is logged and ends the process after a drain.',
    test: ['ops/harness/shared-runtime.test.ts', '%s outside of every guard ends it with 1 after a drain'],
  },
  {
    sentence: 'A treasury process that is down leaves funded trading alone, and the engine says that it is down.',
    test: [
      'engine/background/sidecar-news.test.ts',
      'a manager or reconciler that ran and is silent is noted; one that never ran is not',
    ],
  },
];

export const FAILURES_OPEN: readonly OpenRequirement[] = [];
