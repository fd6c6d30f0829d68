// Metrics of the journal and of its way to Kafka.

import { by, type Metric, one } from './metric.ts';

export const RECORD_METRICS: readonly Metric[] = [
  {
    kind: 'gauge',
    name: 'unrip_journal_lag_records',
    help: 'journal records that are not on disk yet',
    labels: [],
    read: ({ gauges }) => one(gauges.journalLagRecords),
  },
  {
    kind: 'gauge',
    name: 'unrip_journal_sync_lag_seconds',
    help: 'age of the oldest journal record that is not on disk yet',
    labels: [],
    read: ({ gauges }) => one(gauges.journalLagMs / 1000),
  },
  {
    kind: 'gauge',
    name: 'unrip_journal_trouble',
    help: '1 when this upkeep of the journal failed the last time',
    labels: ['what'],
    read: ({ gauges }) => by('what', gauges.journalTrouble),
  },
  {
    kind: 'gauge',
    name: 'unrip_journal_bytes',
    help: 'size of the journal on disk',
    labels: [],
    read: ({ gauges }) => one(gauges.journalBytes),
  },
  {
    kind: 'gauge',
    name: 'unrip_disk_free_bytes',
    help: 'free space of the disk of STATE_DIR; no sample while the disk does not answer',
    labels: [],
    read: ({ gauges }) => (gauges.diskFreeBytes === null ? [] : one(gauges.diskFreeBytes)),
  },
  {
    kind: 'gauge',
    name: 'unrip_kept_entries',
    help: 'entries of bounded collections that fill with what comes from outside, by collection',
    labels: ['collection'],
    read: ({ gauges }) => by('collection', gauges.keptEntries),
  },
  {
    kind: 'gauge',
    name: 'unrip_signed_ids',
    help: 'remembered quote ids, so that none is signed twice within a day',
    labels: [],
    read: ({ gauges }) => one(gauges.signedIds),
  },
  {
    kind: 'gauge',
    name: 'unrip_signed_ids_bytes',
    help: 'memory used by the remembered quote ids',
    labels: [],
    read: ({ gauges }) => one(gauges.signedIdsBytes),
  },
  {
    kind: 'gauge',
    name: 'unrip_outbox_lag_records',
    help: 'journal records on disk that Kafka has not acknowledged yet',
    labels: [],
    read: ({ gauges }) => one(gauges.outboxLagRecords),
  },
  {
    kind: 'gauge',
    name: 'unrip_outbox_lag_seconds',
    help: 'age of the oldest record that Kafka has not acknowledged yet',
    labels: [],
    read: ({ gauges }) => one(gauges.outboxLagMs / 1000),
  },
  {
    kind: 'gauge',
    name: 'unrip_outbox_topic_blocked_seconds',
    help: 'time for which Kafka has accepted no message of the topic',
    labels: ['topic'],
    read: ({ gauges }) =>
      by('topic', gauges.blockedTopicsMs).map(({ labels, value }) => ({ labels, value: value / 1000 })),
  },
  {
    kind: 'counter',
    name: 'unrip_records_published_total',
    help: 'records acknowledged by Kafka',
    labels: ['topic'],
    read: ({ counts }) => by('topic', counts.published.shown()),
  },
  {
    kind: 'counter',
    name: 'unrip_dead_letters_total',
    help: 'records that Kafka refused permanently',
    labels: [],
    read: ({ gauges }) => one(gauges.deadLettered),
  },
  {
    kind: 'counter',
    name: 'unrip_ops_records_total',
    help: 'records of sidecars that were read, by outcome: taken, other_account, or why it was refused',
    labels: ['topic', 'outcome'],
    read: ({ gauges }) =>
      gauges.opsRecords.flatMap(({ topic, outcomes }) =>
        by('outcome', outcomes).map(({ labels, value }) => ({ labels: { topic, ...labels }, value })),
      ),
  },
  {
    kind: 'counter',
    name: 'unrip_kafka_losses_total',
    help: 'times that Kafka was found to have lost acknowledged records',
    labels: [],
    read: ({ gauges }) => one(gauges.kafkaLosses),
  },
  {
    kind: 'gauge',
    name: 'unrip_republish_from_position',
    help: 'journal position of the first record that Kafka has lost: run ./unrip republish --from with this value',
    labels: [],
    read: ({ gauges }) => {
      const from = gauges.republishFrom;
      return from === null ? [] : one(from);
    },
  },
  {
    kind: 'gauge',
    name: 'unrip_republish_records_left',
    help: 'records that the running republish still has to send to Kafka',
    labels: [],
    read: ({ gauges }) => one(gauges.republishLeft),
  },
  {
    kind: 'counter',
    name: 'unrip_republished_messages_total',
    help: 'messages that republishes have delivered to Kafka',
    labels: [],
    read: ({ gauges }) => one(gauges.republished),
  },
];
