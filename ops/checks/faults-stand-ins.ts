// The rows of faults.ts about the stand-ins of the venue, and about pages that other programs read.

export const STAND_IN_FAULTS = [
  {
    sentence:
      'A consumer that signs what the simulated relay answers to its quote is settled, the protocol fee included.',
    file: 'ops/sim/relay/consumer.test.ts',
    test: 'signing the stated amounts settles to the unit',
  },
  {
    sentence: 'The simulated relay tells of a settlement when its transaction can be found in a block.',
    file: 'ops/sim/relay/desk.test.ts',
    test: 'is told when its transaction can be found, and its balance read, in a block',
  },
  {
    sentence: 'A published intent is pending, then broadcast, then settled.',
    file: 'ops/sim/relay/server.test.ts',
    test: 'an intent is pending, broadcast, and settled with its block',
  },
  {
    sentence: 'An auction that asks for no time is as long as the least one.',
    file: 'ops/sim/relay/desk.test.ts',
    test: 'that asks for no time has the least: %j',
  },
  {
    sentence: 'A page of metrics has no label that a scrape sets, no quantile on a gauge, and passes promtool.',
    file: 'ops/testing/exposition.test.ts',
    test: '%s is a fault',
  },
  {
    sentence: 'The metrics of every process are such that Prometheus takes them as they are.',
    file: 'engine/observe/observer.test.ts',
    test: 'metrics export what was counted and what is asked for',
  },
];
