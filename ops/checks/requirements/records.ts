// What every record on the bus has to be: envelope, topics, identities.

import type { OpenRequirement, Requirement } from './requirement.ts';

const CONTRACTS = 'ops/checks/generated.test.ts';
const PAYLOADS = 'engine/bus/render/payloads.test.ts';
const PUBLISHER = 'engine/bus/publisher.test.ts';
const RENDER = 'engine/bus/render/render.test.ts';
const READER = 'contracts/reader-schema.test.ts';

const IDENTITIES = 'command and refusal share the identities of the quote';
const GOLDEN = 'is read under the published JSON Schema, which is strict';

export const RECORDS: readonly Requirement[] = [
  {
    sentence: 'Every topic has a name, a version and a sample that is kept, so that none changes unnoticed.',
    test: [CONTRACTS, 'every topic has a golden sample of its version'],
  },
  {
    sentence:
      'Every record is an envelope with its event type, venue, source, version, times, payload and raw part, and nothing else.',
    test: [CONTRACTS, GOLDEN],
  },
  {
    sentence: 'A record without a field, with one more, or with one of another type is refused.',
    test: [CONTRACTS, 'schema and check refuse the same mutations'],
  },
  {
    sentence: 'Everything that the engine renders is as its topic says, by the compiled and by the published schema.',
    test: [RENDER, 'is as its topic says, for the compiled check and for the published JSON Schema'],
  },
  {
    sentence: 'Every record has an event id of its own.',
    test: [RENDER, 'has an event id of its own'],
  },
  {
    sentence: 'A record that is sent again is the same to the byte.',
    test: [RENDER, 'is the same to the byte when its fact is rendered again, and when it comes back from the journal'],
  },
  {
    sentence: 'Every record names the account, and lies in the partition that its key leads to.',
    test: [RENDER, 'names the account, and lies in a partition that its key leads to'],
  },
  {
    sentence: 'The records of one quote lead to each other by their ids.',
    test: [CONTRACTS, 'the golden samples are one story: every id leads to the next record'],
  },
  {
    sentence: 'The raw record has the frame of the venue in its payload and as its raw part.',
    test: [RENDER, 'the frame is embedded byte for byte, blanks, order, odd numbers and escapes included'],
  },
  {
    sentence: 'A record has the time of the venue where it gives one, and the time at which it was journalled.',
    test: [RENDER, 'observed_at is %s, and ingested_at when it was journalled'],
  },
  {
    sentence: 'Topics are created by a command of this repository, which leaves existing ones alone.',
    test: [
      'contracts/runtime/kafka/kafka.it.test.ts',
      'makes topics, leaves existing ones alone, and says why one was refused',
    ],
  },
  {
    sentence: 'A demand has quote id, both assets, both amounts and its time to live; the open amount is null.',
    test: [PAYLOADS, 'the demand always names both sides; the open one is null'],
  },
  {
    sentence: 'A command has its ids and keys, both assets, both amounts and the reason.',
    test: [PAYLOADS, IDENTITIES],
  },
  {
    sentence: 'A result has the ids and keys of its command, a status, a code and a note.',
    test: [PAYLOADS, IDENTITIES, 'exe-quote-1'],
  },
  {
    sentence: 'Results of a command tell every transition by number, from 1 and without gaps.',
    test: [RENDER, 'results tell their story by number: from 1, without gaps, each from the state before'],
  },
  {
    sentence: 'A request that comes again is a raw record, and no second demand, decision or command.',
    test: [RENDER, 'a repeated one: its raw record alone'],
  },
  {
    sentence: 'What is published is on disk before, in order.',
    test: [PUBLISHER, 'sends what is durable, in order, and nothing before'],
  },
  {
    sentence: 'Every record is delivered or kept as a dead letter, whatever the order of deliveries and restarts.',
    test: [PUBLISHER, 'every message is delivered or dead-lettered, and the watermark passes none that is not'],
  },
  {
    sentence: 'No record has a signature.',
    test: [RENDER, 'no record holds a signature'],
  },
  {
    sentence:
      'The records of funding observations, treasury actions and alerts are declared with every field that is required of them.',
    test: [CONTRACTS, 'is read under the compiled check, where it is the current version'],
  },
  {
    sentence: 'A reader takes records of a newer producer of the same version.',
    test: [READER, 'takes added fields, in the envelope and in every object'],
  },
  {
    sentence: 'Topics that are not as declared are named by the command that creates them.',
    test: ['ops/topics/drift.test.ts', '%s'],
  },
  {
    sentence: 'Records of every topic are valid for a foreign client that reads them with the published schemas.',
    test: [
      'ops/harness/engine/process.story.it.test.ts',
      'a drain ends the process in time, the journal is closed, and all of it is on Kafka as the contracts say',
    ],
  },
];

export const RECORDS_OPEN: readonly OpenRequirement[] = [];
