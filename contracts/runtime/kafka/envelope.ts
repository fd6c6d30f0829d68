// The envelope around what a sidecar itself publishes. Pure: id and time are passed in.

import { VENUE } from '../../ids.ts';
import { isoTime } from '../../time.ts';
import { type TopicName, topicOf } from '../../topics/registry.ts';

export type EnvelopeFacts = {
  readonly topic: TopicName;
  readonly eventId: string;
  readonly source: string;
  /** Empty when the process serves no single account. */
  readonly accountId: string;
  readonly observedAtMs: number | null;
  readonly ingestedAtMs: number;
};

/** The record's value as JSON text. */
export function renderEnvelope(facts: EnvelopeFacts, payload: unknown): string {
  const { eventType, schemaVersion } = topicOf(facts.topic);
  return JSON.stringify({
    event_id: facts.eventId,
    event_type: eventType,
    venue: VENUE,
    source: facts.source,
    schema_version: schemaVersion,
    account_id: facts.accountId,
    observed_at: facts.observedAtMs === null ? null : isoTime(facts.observedAtMs),
    ingested_at: isoTime(facts.ingestedAtMs),
    payload,
    raw: null,
  });
}
