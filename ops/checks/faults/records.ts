// Faults of what is kept on disk: the journal, the position of the outbox, the signed ids. Rows of faults.ts.

import type { Fault } from './fault.ts';

export const RECORDS_FAULTS: readonly Fault[] = [
  {
    sentence: 'A segment that cannot be begun fails the journal in words, and no file is closed twice.',
    file: 'engine/journal/failure.test.ts',
    test: 'a segment that cannot be begun fails the journal, which gives up each of its files once',
  },
  {
    sentence: 'A checkpoint of any number of live quotes is made of bounded records.',
    file: 'engine/startup/checkpoint.test.ts',
    test: 'no record of a checkpoint grows with the number of live quotes',
  },
  {
    sentence: 'A checkpoint that is read out while quotes change shows one moment.',
    file: 'engine/inventory/book.property.test.ts',
    test: 'a checkpoint that is read out in pieces while facts go on being folded is that of the moment when it began',
  },
  {
    sentence: 'A journal of the first version is recovered.',
    file: 'engine/startup/recorded-journal.test.ts',
    test: '%s is recovered as that version recovered it',
  },
  {
    sentence: 'A write that takes long counts as a disk that is behind, from its beginning.',
    file: 'engine/journal/sync-lag.test.ts',
    test: 'counts a write that takes long from its beginning',
  },
  {
    sentence: 'A segment that cannot be removed leaves no gap in the journal.',
    file: 'engine/journal/segments/removal.test.ts',
    test: 'stops at the first that cannot be removed, reports it once, leaves no gap, and goes on later',
  },
  {
    sentence: 'A gap that an earlier version left in front of a checkpoint does not end the start.',
    file: 'engine/journal/segments/removal.test.ts',
    test: 'in front of what is needed is passed over, and what lies before it is removed',
  },
  {
    sentence: 'A crash in the middle of a checkpoint falls back to the older one.',
    file: 'engine/journal/checkpoint/checkpoint.test.ts',
    test: 'counts for nothing before its end is there: a crash at any moment falls back to the older one',
  },
  {
    sentence:
      'A running journal fails for good when its lock or its files are removed, replaced or written by something else.',
    file: 'engine/journal/lock.test.ts',
    test: 'fails for good when %s',
  },
  {
    sentence: 'A text from outside that is made like a record does not make a journal with a torn end unusable.',
    file: 'engine/journal/segments/recovery.test.ts',
    test: 'does not turn the torn end of a crash into damage',
  },
  {
    sentence: 'An engine whose state directory was moved and replaced writes and removes nothing in the new one.',
    file: 'engine/journal/lock.test.ts',
    test: 'removes nothing from a directory that was put in the place of its own',
  },
  {
    sentence: 'The position of the outbox is not written into a directory that may be that of another process.',
    file: 'engine/bus/publisher.test.ts',
    test: 'keeps no position once the state directory may be that of another process',
  },
  {
    sentence: 'The files of signed ids are not touched in a directory that may be that of another process.',
    file: 'engine/ingest/signed-id-store.test.ts',
    test: 'are neither written nor removed when the state directory may be that of another process',
  },
  {
    sentence: 'A bit that turns in the position of the outbox costs repeats and loses no record.',
    file: 'engine/bus/publisher.test.ts',
    test: 'a kept position in which any bit has turned costs repeats, not records',
  },
  {
    sentence: 'A wall clock that is days ahead at a start does not make signed ids forgotten.',
    file: 'engine/ingest/signed-id-store.test.ts',
    test: 'of an earlier run are not forgotten by a clock that is ahead, nor by one that nobody vouches for',
  },
  {
    sentence: 'The age of an id that recovery finds in the journal is not taken from the wall clock.',
    file: 'engine/startup/recover.test.ts',
    test: 'an id that was signed for is known for a day from the start, whatever the wall clock makes of its age',
  },
  {
    sentence: 'While a sync hangs under a flood, no segment of the journal grows too large to be read at a start.',
    file: 'engine/journal/sync-lag.test.ts',
    test: 'grows while syncs hang, and segments do not: none becomes too large to be read at a start',
  },
  {
    sentence: 'A journal that a later version went on with is refused, and what it says is not passed over.',
    file: 'engine/startup/recover.test.ts',
    test: 'a record of a kind that only a later version knows ends the start',
  },
  {
    sentence: 'Huge statuses for every live quote do not fill the memory.',
    file: 'engine/loop.test.ts',
    test: 'what is kept of a status, with every live quote, is no more than the quote itself takes',
  },
  {
    sentence: 'A power cut right after Kafka refused a record does not lose both the record and its dead letter.',
    file: 'engine/bus/publisher.test.ts',
    test: 'a position that passes a dead letter is kept when that is on disk, not before',
  },
  {
    sentence: 'A peer that sends tiny frames or pongs by the hundred thousand does not hold up the loop.',
    file: 'engine/lib/socket/frame-flood.test.ts',
    test: 'with %s is given up, the rest of it is passed over, and a new connection follows',
  },
  {
    sentence: 'A key with half of a character does not make the delivery reports of its partition look out of order.',
    file: 'contracts/runtime/kafka/in-flight.test.ts',
    test: 'knows a key by its bytes, also one that is not ASCII or has half of a character',
  },
  {
    sentence: 'A Kafka client that is replaced, as several are in a long outage, leaves none of its records in memory.',
    file: 'contracts/runtime/kafka/down.test.ts',
    test: 'a producer that is closed keeps nothing of what it had taken, whoever keeps the producer',
  },
  {
    sentence: "In an outage of Kafka some megabytes of records wait in the engine's memory, the others in the journal.",
    file: 'engine/bus/link/kafka-link.test.ts',
    test: 'while no broker answers the client is given a few thousand records, and all of them when one does',
  },
  {
    sentence: 'A reply that comes while outcomes are left open, a part each turn, is not overwritten by its time-out.',
    file: 'engine/turn/open-outcomes.test.ts',
    test: 'a reply that comes while many outcomes are left open remains the last word: %s',
  },
  {
    sentence: 'What an earlier version did not record of a decision is absent when it is read, not said to be unknown.',
    file: 'engine/journal/codec.test.ts',
    test: 'a decision of a version %s has no more than that version recorded',
  },
  {
    sentence:
      'A broker that takes less than a batch gets every record that fits alone, and no dead letter is made of one.',
    file: 'contracts/runtime/kafka/kafka.it.test.ts',
    test: 'a sender gets every record through that fits alone, and reports the one that does not',
  },
];
