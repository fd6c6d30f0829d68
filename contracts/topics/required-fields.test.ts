// The records of the treasury and of alerts have every field that others rely on, and closed lists of states and codes.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../envelope.ts';
import { type TopicName, topicOf } from './registry.ts';

const golden = (topic: TopicName): Envelope<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(import.meta.dir, `../fixtures/golden/${topic}.v1.json`), 'utf8'));
const isTaken = (topic: TopicName, payload: Record<string, unknown>, by: 'schema' | 'readerSchema'): boolean =>
  TypeCompiler.Compile(topicOf(topic)[by]).Check({ ...golden(topic), payload });

test.each<[topic: TopicName, fields: readonly string[]]>([
  [
    'ops.funding_observation',
    [
      ...['funding_observation_id', 'account_id', 'asset_id', 'chain', 'funding_handle', 'source', 'tx_hash', 'status'],
      ...['amount', 'confirmations', 'first_seen_at', 'last_seen_at', 'credited_at', 'bridge_deposit_tx_hash'],
    ],
  ],
  [
    'ops.alert',
    [
      ...['alert_event_id', 'alert_code', 'status', 'severity', 'reason', 'service_scope', 'pair', 'asset_id'],
      ...['tx_hash', 'raised_at', 'cleared_at', 'details', 'first_raised_at', 'last_evaluated_at', 'correlation_ids'],
    ],
  ],
  [
    'ops.liquidity_action',
    ['liquidity_action_id', 'account_id', 'kind', 'status', 'amount', 'asset_id', 'chain', 'at'],
  ],
  ['ops.reconciliation', ['reconciliation_id', 'account_id', 'kind', 'status', 'finding_code', 'recorded', 'observed']],
])('a record of %s without one of its fields is refused, by readers too', (topic, fields) => {
  const { payload } = golden(topic);
  expect(isTaken(topic, payload, 'schema')).toBe(true);
  for (const field of fields) {
    const { [field]: _removed, ...rest } = payload;
    expect([field, isTaken(topic, rest, 'schema'), isTaken(topic, rest, 'readerSchema')]).toEqual([
      field,
      false,
      false,
    ]);
  }
});

test.each<[topic: TopicName, field: string, values: readonly string[]]>([
  [
    'ops.funding_observation',
    'status',
    ['seen', 'confirming', 'confirmed', 'delayed', 'stuck', 'reorganised', 'dropped', 'replaced', 'credited', 'failed'],
  ],
  ['ops.funding_observation', 'source', ['btc_observer', 'gnosis_rpc', 'poa_bridge', 'omni_bridge']],
  ['ops.liquidity_action', 'kind', ['deposit_address', 'deposit', 'withdrawal']],
  [
    'ops.liquidity_action',
    'status',
    [
      ...[
        'requested',
        'active',
        'retired',
        'seen',
        'confirming',
        'confirmed',
        'delayed',
        'stuck',
        'credited',
        'failed',
      ],
      ...['frozen', 'submitted', 'burned', 'returning', 'completed', 'returned'],
    ],
  ],
  ['ops.alert', 'status', ['raised', 'cleared']],
  ['ops.alert', 'severity', ['critical', 'warning', 'info']],
  [
    'ops.alert',
    'alert_code',
    [
      ...['reference_price_stale', 'inventory_snapshot_stale', 'funding_seen_unconfirmed'],
      ...['funding_confirmed_credit_pending', 'funding_stuck', 'executor_submission_failed'],
    ],
  ],
  ['ops.reconciliation', 'status', ['agrees', 'differs', 'incomplete', 'found', 'corrected', 'resolved', 'dismissed']],
])(
  '%s: %s is one of %p, and no other text for a producer; readers take those of newer versions',
  (topic, field, values) => {
    const { payload } = golden(topic);
    for (const value of values)
      expect([value, isTaken(topic, { ...payload, [field]: value }, 'schema')]).toEqual([value, true]);
    for (const value of ['', 'newer', 'CREDITED', null]) {
      expect([value, isTaken(topic, { ...payload, [field]: value }, 'schema')]).toEqual([value, false]);
    }
    expect(isTaken(topic, { ...payload, [field]: 'newer' }, 'readerSchema')).toBe(true);
  },
);
