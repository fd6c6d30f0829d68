// What a sidecar publishes fits the schema of its topic.

import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { topicOf } from '../../topics/registry.ts';
import { renderEnvelope } from './envelope.ts';

const HEALTH = {
  service: 'history-writer',
  instance_id: 'one',
  healthy: true,
  reasons: [],
  notes: ['writer.paused'],
  since: '2026-01-15T12:00:00.000Z',
  started_at: '2026-01-15T12:00:00.000Z',
  at: '2026-01-15T12:00:00.000Z',
  version: '1',
  writing: true,
  lag_ms: 0,
  parts: {},
};

test.each([['solver.near'], ['']])('an envelope for account %p', (accountId) => {
  const facts = { topic: 'ops.service_health', eventId: 'e1', source: 'history-writer', accountId } as const;
  const text = renderEnvelope({ ...facts, observedAtMs: null, ingestedAtMs: 1_768_478_400_000 }, HEALTH);
  const record: unknown = JSON.parse(text);
  expect([...Value.Errors(topicOf('ops.service_health').schema, record)]).toEqual([]);
  expect(record).toMatchObject({ observed_at: null, ingested_at: '2026-01-15T12:00:00.000Z', payload: HEALTH });
});
