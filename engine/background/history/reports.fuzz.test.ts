import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isoTime, parseIsoTime } from '../../../contracts/time.ts';
import { FUZZ, mutatedBytes, mutatedText } from '../../../ops/testing/mutated.ts';
import { healthReportIn } from '../health-report.ts';
import { HistoryReports, historyReportOf } from './reports.ts';

const golden = JSON.parse(
  readFileSync(join(import.meta.dir, '../../../contracts/fixtures/golden/ops.service_health.v1.json'), 'utf8'),
);
const ACCOUNT = 'solver.near';
const AT_MS = Date.parse(golden.payload.at);
const payload = { ...golden.payload, service: 'history-writer', writing: true, lag_ms: 12, notes: [] };
const text = JSON.stringify({ ...golden, account_id: ACCOUNT, payload });
const encoder = new TextEncoder();
const reportIn = (bytes: Uint8Array) => {
  const report = healthReportIn(bytes, ACCOUNT);
  return report === null ? null : historyReportOf(report);
};
const anyRecord = fc.oneof(
  { arbitrary: mutatedText([text]).map((given) => encoder.encode(given)), weight: 3 },
  mutatedBytes([encoder.encode(text)]),
);

test('any records are reports that hold together or none, and never make what is known about history unbounded', () => {
  expect(reportIn(encoder.encode(text))).toMatchObject({ writing: true, lagMs: 12 });
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 6 }), (records) => {
      const reports = new HistoryReports();
      for (const [at, bytes] of records.entries()) {
        const report = reportIn(bytes);
        if (report === null) continue;
        expect(parseIsoTime(isoTime(report.atMs))).toBe(report.atMs);
        expect(report.lagMs === null || (Number.isFinite(report.lagMs) && report.lagMs >= 0)).toBe(true);
        reports.take(report, AT_MS, at * 1_000);
      }
      const status = reports.status(records.length * 1_000);
      if (status.reportedAtMs !== null) expect(status.reportedAtMs).toBeLessThanOrEqual(AT_MS);
      if (status.lagMs !== null) expect(status.writing).not.toBeNull();
    }),
    { numRuns: FUZZ.numRuns / 2 },
  );
});
