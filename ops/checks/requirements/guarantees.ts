// What has to hold at every moment: capital, lifecycle, exclusivity.

import type { OpenRequirement, Requirement } from './requirement.ts';

const BOOK = 'engine/inventory/book.property.test.ts';
const ROUTES = 'engine/control/control.test.ts';
const STOPS = 'engine/safety/stops.test.ts';

export const GUARANTEES: readonly Requirement[] = [
  {
    sentence: 'What could settle at the same time never exceeds the credited balance.',
    test: [
      BOOK,
      'what could settle at the same time never exceeds the credited balance; all quotes end; nothing leaks',
    ],
  },
  {
    sentence: 'Endpoints that lie do not make a quote that could settle uncovered.',
    test: [
      BOOK,
      'and endpoints that lie about time and height, and alone about everything, what could settle stays covered',
    ],
  },
  {
    sentence: 'What is recorded of capital is true, and without losses there is no breach.',
    test: [BOOK, 'without lies and withdrawals elsewhere there is no breach, and what is recorded is true'],
  },
  {
    sentence: 'A restart has the capital that the run before had, from any checkpoint.',
    test: [BOOK, 'a checkpoint after any prefix and the rest of the facts give the same book as all the facts'],
  },
  {
    sentence: 'A breach of the capital disarms the executor, with its cause.',
    test: [STOPS, 'a stop disarms the executor with its code and %s'],
  },
  {
    sentence: 'While the capital is breached the executor cannot be armed.',
    test: [ROUTES, 'while more is promised than is credited the executor is not armed, whatever the call says'],
  },
  {
    sentence: 'Breaches of the capital are counted in a metric by code.',
    test: ['engine/observe/observer.test.ts', 'metrics export what was counted and what is asked for'],
  },
  {
    sentence: 'Every transition of a trade is one of a table, and no other is made.',
    test: ['engine/model/lifecycle.test.ts', '%s to %s'],
  },
  {
    sentence: 'Of the quotes under one nonce at most one settles, and the others are void.',
    test: [
      'engine/scenario/settlement.test.ts',
      'the others under its nonce are voided, those of other lanes stay live',
    ],
  },
  {
    sentence: 'A nonce and its ceiling are on disk before a quote is signed under it.',
    test: ['engine/loop.test.ts', 'no lane is used before its nonce and its ceiling are durable'],
  },
  {
    sentence: 'After a crash no ceiling falls before everything that could have been signed is over.',
    test: [
      'engine/startup/recover.test.ts',
      'ceilings stay until every quote that could have been signed is over by block time',
    ],
  },
  {
    sentence: 'Two engines do not share a state directory.',
    test: ['engine/journal/lock.test.ts', '%s'],
  },
  {
    sentence: 'The capital of each asset is in metrics, bucket by bucket.',
    test: ['engine/control/gauges.test.ts', 'the capital of each asset is read bucket by bucket'],
  },
  {
    sentence: 'The violations of the capital invariant are counted under unrip_capital_invariant_violations_total.',
    test: [
      'engine/observe/observer.test.ts',
      'metrics export what was counted and what is asked for',
      'unrip_capital_invariant_violations_total 2',
    ],
  },
  {
    sentence: 'How much a start rebuilt of the ledger is a metric.',
    test: ['engine/startup/rebuilt.test.ts', 'what a start rebuilt is counted by kind'],
  },
  {
    sentence: '/internal/health names every loop with its last run, the lock, the capital and the venue.',
    test: [
      'engine/control/internal/health.test.ts',
      'every loop is named with its last run, and the lock, the capital and the venue',
    ],
  },
];

export const GUARANTEES_OPEN: readonly OpenRequirement[] = [
  {
    sentence: 'At most one engine answers for an account, on any machine.',
    open: 'LEASE=postgres is not built: only the lock of the state directory holds',
  },
  {
    sentence: 'Contention for the lease and the time that it takes are metrics.',
    open: 'there is no lease',
  },
];
