// What the history-writer would publish of itself every few seconds.

import type { Sim } from '../sim.ts';

const TOPIC = 'ops.service_health';

export function historyReport({ machine, setting, model }: Sim, mood: 'writes' | 'not_writing' | 'lags'): void {
  if (machine.kafka.isAway) return;
  if (mood === 'writes') model.answers.historyWritten();
  const at = new Date(machine.schedule.nowMs).toISOString();
  const payload = {
    service: 'history-writer',
    instance_id: 'history-writer-1',
    healthy: mood === 'writes',
    reasons: [],
    notes: [],
    since: at,
    started_at: at,
    at,
    version: '0.0.0',
    writing: mood !== 'not_writing',
    lag_ms: mood === 'lags' ? 120_000 : 40,
    parts: {},
  };
  const envelope = {
    event_id: `019bc187-03b2-7569-b131-${String(machine.schedule.nowMs).padStart(12, '0').slice(-12)}`,
    event_type: 'service_health',
    venue: 'near_intents',
    source: 'history-writer',
    schema_version: 1,
    account_id: setting.accountId,
    observed_at: at,
    ingested_at: at,
    payload,
    raw: null,
  };
  const value = new TextEncoder().encode(JSON.stringify(envelope));
  machine.kafka.write({ topic: TOPIC, partition: 0, key: 'history-writer', value });
}
