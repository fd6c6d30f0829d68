// A journalled fact -> its Kafka records. The order of the records of one fact, and so the last digit of their event ids, is
// fixed here. The venue's frame is embedded in the envelope byte for byte: it was parsed as JSON before it got into a fact.

import type { Envelope } from '../../../contracts/envelope.ts';
import { executionKeyOf, VENUE } from '../../../contracts/ids.ts';
import { isoTime, isoTimeOrNull } from '../../../contracts/time.ts';
import { type TopicName, topicOf } from '../../../contracts/topics/registry.ts';
import { eventIdAt } from '../../lib/uuid.ts';
import type { DecidedFact, Fact, RepeatFact } from '../../model/facts.ts';
import { boundTexts, rawOf } from './bounds.ts';
import {
  commandPayload,
  controlPayload,
  deadLetterPayload,
  decisionPayload,
  demandPayload,
  refusalPayload,
  shadowPayload,
  transitionPayload,
} from './payloads.ts';

export type Outgoing = {
  readonly topic: TopicName;
  readonly partition: number;
  readonly key: string | null;
  /** JSON; in Kafka as UTF-8. */
  readonly value: string;
};

export type Render = (fact: Fact) => readonly Outgoing[];

type Content = {
  readonly topic: TopicName;
  readonly key: string;
  readonly eventId: string;
  readonly atMs: number;
  readonly observedAtMs: number | null;
  readonly source: string;
  readonly payload: object;
};

const NOTHING: readonly Outgoing[] = [];

type PartitionOf = (key: string, partitions: number) => number;
type ToRecord = (content: Content) => Outgoing;

/** The envelope, and where it goes. */
function createToRecord(accountId: string, partitionOf: PartitionOf): ToRecord {
  return ({ topic: name, key, eventId, atMs, observedAtMs, source, payload }) => {
    const topic = topicOf(name);
    const envelope: Envelope = {
      event_id: eventId,
      event_type: topic.eventType,
      venue: VENUE,
      source,
      schema_version: topic.schemaVersion,
      account_id: accountId,
      observed_at: isoTimeOrNull(observedAtMs),
      ingested_at: isoTime(atMs),
      payload,
      raw: null,
    };
    return {
      topic: name,
      partition: topic.partitions === 1 ? 0 : partitionOf(key, topic.partitions),
      key,
      // One text at once: of a text that is joined of parts the engine makes another one when it is copied for Kafka's client.
      value: JSON.stringify(envelope),
    };
  };
}

/** How the JSON of a record ends whose payload has fields and that has no `raw`. */
const END = '},"raw":null}';

/** The record with the frame in it as it came, as the last field of the payload and as `raw`. */
function withFrame(record: Outgoing, frame: string): Outgoing {
  const value = `${record.value.slice(0, -END.length)},"message":${frame}},"raw":${rawOf(frame)}}`;
  return { ...record, value };
}

/** The records of a quote: the frame as it came, what was demanded, what was decided, and what became of it at once. */
function createQuoteRecords(record: ToRecord) {
  const rawQuote = (fact: DecidedFact | RepeatFact, quoteId: string, receivedAtMs: number, quotedAtMs: number | null) =>
    withFrame(
      record({
        topic: 'raw.near_intents.quote',
        key: quoteId,
        eventId: eventIdAt(fact.eventId, 0),
        atMs: fact.atMs,
        observedAtMs: quotedAtMs ?? receivedAtMs,
        source: 'engine.ingest',
        payload: {
          quote_id: quoteId,
          received_at: isoTime(receivedAtMs),
          connection_id: fact.connectionId,
          quote_timestamp: isoTimeOrNull(quotedAtMs),
        },
      }),
      fact.frame,
    );

  const heard = (fact: DecidedFact): readonly Outgoing[] => {
    const { demand } = fact;
    const observedAtMs = demand.quotedAtMs ?? demand.receivedAtMs;
    const from = (slot: number, topic: TopicName, key: string, source: string, payload: object): Outgoing =>
      record({ topic, key, eventId: eventIdAt(fact.eventId, slot), atMs: fact.atMs, observedAtMs, source, payload });
    const records = [
      rawQuote(fact, demand.quoteId, demand.receivedAtMs, demand.quotedAtMs),
      from(1, 'norm.swap_demand', demand.quoteId, 'engine.ingest', demandPayload(demand)),
      from(2, 'decision.trade_decision', demand.quoteId, 'engine.strategy', decisionPayload(fact)),
    ];
    if (!fact.decision.accepted) return records;
    const executionKey = executionKeyOf(demand.assetIn, demand.assetOut);
    records.push(from(3, 'cmd.execute_trade', executionKey, 'engine.strategy', commandPayload(fact)));
    if (fact.refusal !== null) {
      const refusal = refusalPayload(fact, fact.refusal.code, fact.refusal.note);
      records.push(from(4, 'exec.trade_result', executionKey, 'engine.executor', refusal));
    } else if (fact.shadow != null) {
      const shadow = shadowPayload(fact, fact.shadow);
      records.push(from(4, 'exec.trade_result', executionKey, 'engine.executor', shadow));
    }
    return records;
  };

  return { rawQuote, heard };
}

/** The record of a fact that makes one. */
function createSingle(record: ToRecord) {
  return (
    fact: { readonly eventId: string; readonly atMs: number },
    topic: TopicName,
    key: string,
    source: string,
    payload: object,
    observedAtMs: number | null,
  ): readonly Outgoing[] => [
    record({ topic, key, eventId: fact.eventId, atMs: fact.atMs, observedAtMs, source, payload }),
  ];
}

/** @param partitionOf Kafka's own rule from key and number of partitions to a partition */
export function createRender(accountId: string, partitionOf: PartitionOf): Render {
  const record = createToRecord(accountId, partitionOf);
  const { rawQuote, heard } = createQuoteRecords(record);
  const single = createSingle(record);
  return (fact) => {
    switch (fact.kind) {
      case 'heard':
        return heard(fact);
      case 'repeat':
        return [rawQuote(fact, fact.quoteId, fact.receivedAtMs, fact.quotedAtMs)];
      case 'transition': {
        const key = executionKeyOf(fact.attempt.assetIn, fact.attempt.assetOut);
        return single(fact, 'exec.trade_result', key, 'engine.executor', transitionPayload(fact), fact.atMs);
      }
      case 'price':
        return single(
          fact,
          'ref.market_price',
          fact.payload.pair,
          'engine.reference',
          boundTexts(fact.payload),
          fact.observedAtMs,
        );
      case 'inventory':
        return single(
          fact,
          'state.intent_inventory',
          accountId,
          'engine.inventory',
          boundTexts(fact.payload),
          fact.observedAtMs,
        );
      case 'control':
        return single(
          fact,
          'ops.control_action',
          fact.payload.service,
          'engine.control',
          controlPayload(fact.payload),
          fact.atMs,
        );
      case 'health':
        return single(fact, 'ops.service_health', fact.payload.service, 'engine', boundTexts(fact.payload), fact.atMs);
      case 'dead_letter':
        return single(fact, 'dlq.unrip', fact.origin, 'engine', deadLetterPayload(fact), fact.atMs);
      default:
        return NOTHING;
    }
  };
}
