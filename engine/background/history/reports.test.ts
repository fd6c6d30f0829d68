// What the engine makes of the history-writers' reports on ops.service_health: they can only stop decisions.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { healthReportIn, SILENCE_MS } from '../health-report.ts';
import { type HistoryReport, HistoryReports, historyReportOf, isHistoryWritten } from './reports.ts';

const GOLDEN = JSON.parse(
  readFileSync(join(import.meta.dir, '../../../contracts/fixtures/golden/ops.service_health.v1.json'), 'utf8'),
);
const AT_MS = Date.parse(GOLDEN.payload.at);
const ACCOUNT = 'solver.near';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (payload: object, envelope: object = {}): Uint8Array =>
  bytesOf(
    JSON.stringify({ ...GOLDEN, ...envelope, payload: { ...GOLDEN.payload, service: 'history-writer', ...payload } }),
  );
const reportIn = (bytes: Uint8Array) => {
  const report = healthReportIn(bytes, ACCOUNT);
  return report === null ? null : historyReportOf(report);
};

describe('a record', () => {
  test.each([
    ['writing', { writing: true, lag_ms: 40 }, { writing: true, lagMs: 40, leaving: false }],
    ['not writing', { writing: false, lag_ms: 0 }, { writing: false, lagMs: 0, leaving: false }],
    ['not saying whether it writes', { writing: null, lag_ms: 0 }, { writing: false, lagMs: 0, leaving: false }],
    ['not saying its lag', { writing: true, lag_ms: null }, { writing: true, lagMs: null, leaving: false }],
    ['ending', { writing: false, lag_ms: 0, notes: ['writer.draining'] }, { writing: false, lagMs: 0, leaving: true }],
  ])('of a history-writer that is %s', (_name, payload, expected) => {
    expect(reportIn(record(payload))).toEqual({ instanceId: GOLDEN.payload.instance_id, atMs: AT_MS, ...expected });
  });

  test.each([
    ['of a writer without an account', record({}, { account_id: '' }), true],
    ['of a writer of another account', record({}, { account_id: 'other.near' }), false],
    ['of another process', record({ service: 'engine' }), false],
    ['of another topic', record({}, { event_type: 'swap_demand' }), false],
    ['of another version', record({}, { schema_version: 2 }), false],
    ['with a lag that is none', record({ lag_ms: 'none' }), false],
    ['with a negative lag', record({ lag_ms: -1 }), false],
    ['of the 31st of February', record({ at: '2026-02-31T11:59:58.250Z' }), false],
    ['of month 99', record({ at: '2026-99-01T11:59:58.250Z' }), false],
    ['of hour 99', record({ at: '2026-01-01T99:59:58.250Z' }), false],
    ['started at no time', record({ started_at: '2026-02-31T11:59:58.250Z' }), false],
    ['unchanged since no time', record({ since: '2026-02-31T11:59:58.250Z' }), false],
    ['made at no time', record({}, { ingested_at: '2026-02-31T11:59:58.250Z' }), false],
    ['observed at no time', record({}, { observed_at: '2026-02-31T11:59:58.250Z' }), false],
    ['that is no JSON', bytesOf('{"payload":'), false],
    ['that is nothing', bytesOf(''), false],
    ['that is null', bytesOf('null'), false],
    ['nested 40,000 deep', bytesOf(`${'['.repeat(20_000)}${']'.repeat(20_000)}`), false],
    ['of a megabyte', record({ version: 'x'.repeat(1_000_000) }), false],
    ['of no text', new Uint8Array([0xff, 0xfe, 0x00]), false],
  ])('%s is taken or passed over: %#', (_name, bytes, taken) => {
    expect(reportIn(bytes) !== null).toBe(taken);
  });
});

const report = (over: Partial<HistoryReport> = {}): HistoryReport => ({
  instanceId: 'a',
  atMs: AT_MS,
  writing: true,
  lagMs: 300,
  leaving: false,
  ...over,
});

/** One wall and one monotonic clock, which need not go together. */
function rig() {
  const reports = new HistoryReports();
  let [nowMs, nowUs] = [AT_MS, 5_000_000];
  return {
    take: (over: Partial<HistoryReport> = {}) => reports.take(report(over), nowMs, nowUs),
    pass(ms: number) {
      nowMs += ms;
      nowUs += ms * 1000;
    },
    setWallBack: (ms: number) => {
      nowMs -= ms;
    },
    now: () => nowMs,
    status: () => reports.status(nowUs),
    isWritten: (maxLagMs = 1_000) => isHistoryWritten(reports.status(nowUs), maxLagMs),
    forget: () => reports.forget(),
  };
}

describe('history is written', () => {
  test('when a writer reported lately that it writes and is not too far behind', () => {
    const world = rig();
    expect(world.isWritten()).toBe(false);
    world.take();
    expect([world.isWritten(300), world.isWritten(299)]).toEqual([true, false]);
    world.pass(SILENCE_MS);
    expect(world.isWritten()).toBe(true);
    world.pass(1);
    expect(world.isWritten()).toBe(false);
    expect(world.status()).toEqual({ writing: null, lagMs: null, reportedAtMs: AT_MS });
  });

  test('not when the lag is unknown, not writing, or nothing can be read any more', () => {
    const world = rig();
    world.take({ lagMs: null });
    expect(world.isWritten(Number.MAX_VALUE)).toBe(false);
    world.take({ writing: false });
    expect(world.isWritten()).toBe(false);
    world.take();
    expect(world.isWritten()).toBe(true);
    world.forget();
    expect(world.isWritten()).toBe(false);
  });

  test('a limit or a value that is no number fails', () => {
    const world = rig();
    world.take({ lagMs: Number.NaN });
    expect(world.isWritten()).toBe(false);
    world.take({ atMs: Number.NaN });
    expect(world.isWritten()).toBe(false);
    world.take();
    expect(world.isWritten(Number.NaN)).toBe(false);
  });

  test('a dead writer is found out though our wall clock is set back', () => {
    const world = rig();
    world.take();
    world.setWallBack(3_600_000);
    world.pass(SILENCE_MS + 1);
    expect(world.isWritten()).toBe(false);
  });

  test('a report that was long on its way is as old as its writer says; a clock ahead gains nothing', () => {
    const late = rig();
    late.take({ atMs: late.now() - SILENCE_MS - 1 });
    expect(late.isWritten()).toBe(false);
    const ahead = rig();
    ahead.take({ atMs: ahead.now() + 3_600_000 });
    ahead.pass(SILENCE_MS + 1);
    expect(ahead.isWritten()).toBe(false);
    expect(ahead.status().reportedAtMs).toBe(AT_MS);
  });
});

describe('two writers', () => {
  test('one that ends or falls silent does not impair the other', () => {
    const world = rig();
    world.take({ instanceId: 'b' });
    world.take({ instanceId: 'a' });
    world.take({ instanceId: 'b', writing: false, leaving: true });
    expect(world.isWritten()).toBe(true);
    world.pass(SILENCE_MS - 1_000);
    world.take({ instanceId: 'a', atMs: world.now() });
    world.pass(2_000);
    expect(world.isWritten()).toBe(true);
  });

  test('one that has partitions and does not write them, or is behind, impairs history', () => {
    for (const over of [{ writing: false }, { lagMs: 1_001 }, { lagMs: null }]) {
      const world = rig();
      world.take({ instanceId: 'a' });
      world.take({ instanceId: 'b', ...over });
      world.take({ instanceId: 'a' });
      expect(world.isWritten()).toBe(false);
    }
  });

  test('any number of instances is followed in bounded memory, the newest ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 200 }), (count) => {
        const world = rig();
        world.take({ instanceId: 'first', writing: false });
        for (let instance = 0; instance < count; instance++) world.take({ instanceId: `${instance}` });
        // The first one is no longer followed, the last one is.
        expect(world.isWritten()).toBe(true);
        world.take({ instanceId: `${count - 1}`, writing: false });
        expect(world.isWritten()).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});
