import { describe, expect, test } from 'bun:test';
import { failed } from '../../contracts/runtime/near/reply.ts';
import type { Observation } from '../model/observation.ts';
import {
  afterFailure,
  afterOvertaken,
  afterRefusal,
  afterTaken,
  ageMsOf,
  type HealthInputs,
  healthOf,
  NO_PROGRESS,
  type Progress,
  retryInMs,
} from './progress.ts';

const FAILURE = failed('timeout', 'no answer');
const taken = (change: Partial<Observation> = {}): Observation =>
  ({ readAtUs: 5_000_000, keyRegistered: true, accountLocked: false, ...change }) as Observation;

const failedTimes = (times: number, after = afterFailure): Progress => {
  let progress = NO_PROGRESS;
  for (let one = 0; one < times; one += 1) progress = after(progress, FAILURE, one);
  return progress;
};

describe('counting', () => {
  test('a refusal is a failure as well, and what the ledger takes ends both rows', () => {
    const refused = afterRefusal(failedTimes(2), FAILURE, 7);
    expect(refused).toMatchObject({ failures: 3, failuresInRow: 3, refusals: 1, refusalsInRow: 1, takenOrder: 0 });
    expect(refused.lastFailure).toEqual({ failure: FAILURE, atMs: 7 });
    expect(afterTaken(refused, taken(), 4)).toMatchObject({
      failures: 3,
      failuresInRow: 0,
      refusals: 1,
      refusalsInRow: 0,
      takenOrder: 4,
    });
  });

  test('a snapshot that was overtaken is no failure', () => {
    expect(afterOvertaken(NO_PROGRESS)).toEqual({ ...NO_PROGRESS, overtaken: 1 });
  });
});

describe('the next poll after a failure', () => {
  const timing = { tookMs: 300, pollMs: 2000, fraction: 0 };
  test.each([
    ['the first', failedTimes(1), 1700],
    ['the second', failedTimes(2), 1950],
    ['the third', failedTimes(3), 2200],
    ['one of many', failedTimes(100), 4200],
    ['a first refusal', failedTimes(1, afterRefusal), 0],
    ['a second refusal', failedTimes(2, afterRefusal), 1950],
  ])('%s', (_, progress, ms) => {
    expect(retryInMs(progress, timing)).toBe(ms);
  });

  test('that took longer than the interval is at once', () => {
    expect(retryInMs(failedTimes(1), { ...timing, tookMs: 9000 })).toBe(0);
  });
});

const unconfirmed = (forMs: number, code: string) => ({ forMs, by: [{ host: 'b', code, problem: '' }] });

describe('health', () => {
  const well: HealthInputs = {
    progress: afterTaken(NO_PROGRESS, taken(), 1),
    ageMs: 15_000,
    maxAgeMs: 15_000,
    isPaused: false,
    isChainElsewhere: false,
    unconfirmed: null,
    endpointNotes: [],
  };
  test.each([
    ['a snapshot at the limit', {}, [], []],
    ['one beyond it', { ageMs: 15_001 }, ['inventory_stale'], []],
    ['none', { ageMs: null }, ['inventory_missing'], []],
    ['a pause', { isPaused: true }, [], ['paused']],
    ['a pause for too long', { isPaused: true, ageMs: 15_001 }, ['inventory_stale', 'paused_and_stale'], ['paused']],
    ['another chain while fresh', { isChainElsewhere: true }, [], []],
    ['another chain', { isChainElsewhere: true, ageMs: 15_001 }, ['inventory_stale', 'inventory_block_went_back'], []],
    ['failures', { progress: failedTimes(1) }, [], ['inventory_failing']],
    [
      'an account that cannot trade',
      { progress: afterTaken(NO_PROGRESS, taken({ keyRegistered: false, accountLocked: true }), 1) },
      [],
      ['signer_unauthorized', 'account_locked'],
    ],
    [
      'no second endpoint',
      { unconfirmed: unconfirmed(120_000, 'timeout'), endpointNotes: ['rpc_timeout@b'] },
      [],
      ['rpc_unconfirmed', 'rpc_timeout@b'],
    ],
    [
      'no second endpoint for longer than quotes live',
      { unconfirmed: unconfirmed(120_001, 'timeout'), endpointNotes: ['rpc_timeout@b'] },
      ['rpc_unconfirmed'],
      ['rpc_timeout@b'],
    ],
    [
      'one that answers, and something else',
      { unconfirmed: unconfirmed(0, 'endpoints_disagree') },
      [],
      ['rpc_unconfirmed', 'rpc_endpoints_disagree@b'],
    ],
  ])('%s', (_, change, reasons, notes) => {
    expect(healthOf({ ...well, ...change })).toEqual({ healthy: reasons.length === 0, reasons, notes } as never);
  });

  test('the age counts from the reading, and never too young', () => {
    expect(ageMsOf(NO_PROGRESS, 1)).toBeNull();
    expect([5_000_000, 5_000_001, 6_000_000].map((nowUs) => ageMsOf(well.progress, nowUs))).toEqual([0, 1, 1000]);
  });
});
