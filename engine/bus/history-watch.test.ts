// What the engine makes of the history-writer's word on ops.service_health: it can only stop decisions.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HISTORY_SILENCE_MS, heardIn, isWritten } from './history-watch.ts';

const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dir, '../../contracts/fixtures/golden/ops.service_health.v1.json'), 'utf8'),
);
const record = (payload: object, envelope: object = {}): string =>
  JSON.stringify({ ...GOLDEN, ...envelope, payload: { ...GOLDEN.payload, service: 'history-writer', ...payload } });

describe('a record', () => {
  test('of the history-writer tells whether it writes and how far behind it is', () => {
    expect(heardIn(record({ writing: true, lag_ms: 40 }), 7)).toEqual({ atMs: 7, writing: true, lagMs: 40 });
    expect(heardIn(record({ writing: false, lag_ms: 0 }), 7)).toEqual({ atMs: 7, writing: false, lagMs: 0 });
  });

  test('that leaves it open counts as not written', () => {
    for (const payload of [
      { writing: null, lag_ms: 0 },
      { writing: true, lag_ms: null },
    ]) {
      expect(isWritten(heardIn(record(payload), 0), 1e9, 0)).toBe(false);
    }
  });

  test.each([
    ['of another process', record({ service: 'engine', writing: true, lag_ms: 0 })],
    ['of another topic', record({ writing: true, lag_ms: 0 }, { event_type: 'swap_demand' })],
    ['of another version', record({ writing: true, lag_ms: 0 }, { schema_version: 2 })],
    ['with a lag that is none', record({ writing: true, lag_ms: 'none' })],
    ['that is no JSON', '{"payload":'],
    ['that is nothing', ''],
    ['that is null', 'null'],
  ])('%s is not heard', (_name, text) => {
    expect(heardIn(text, 7)).toBeNull();
  });
});

describe('history is written', () => {
  const heard = { atMs: 1000, writing: true, lagMs: 300 };
  test.each([
    ['heard just now', heard, 300, 1000, true],
    ['heard at the limit of silence', heard, 300, 1000 + HISTORY_SILENCE_MS, true],
    ['silent for too long', heard, 300, 1001 + HISTORY_SILENCE_MS, false],
    ['behind by more than allowed', heard, 299, 1000, false],
    ['not writing', { ...heard, writing: false }, 300, 1000, false],
    ['never heard of', null, 300, 1000, false],
  ])('%s: %#', (_name, word, maxLagMs, nowMs, expected) => {
    expect(isWritten(word, maxLagMs, nowMs)).toBe(expected);
  });
});
