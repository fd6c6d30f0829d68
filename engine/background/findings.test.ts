// The reconciler's records: the newest run, and what is open.

import { expect, test } from 'bun:test';
import type { OpsReconciliation } from '../../contracts/topics/ops-reconciliation.ts';
import { Findings } from './findings.ts';
import { GOLDEN_NOW_MS, goldenPayload } from './ops-records.fixture.ts';

const NOW = { nowMs: GOLDEN_NOW_MS, nowUs: 1_000_000 };
const AT_MS = GOLDEN_NOW_MS;
const finding = (over: Partial<OpsReconciliation> = {}) => goldenPayload<OpsReconciliation>('ops.reconciliation', over);
const run = (over: Partial<OpsReconciliation>) =>
  finding({ kind: 'run', finding_id: null, finding_seq: null, finding_code: null, ...over });

test.each([
  ['found', 1],
  ['corrected', 0],
  ['resolved', 0],
  ['dismissed', 0],
  ['of a newer version', 1],
])('a finding that is %s is open or not: %p', (status, open) => {
  const findings = new Findings();
  findings.take(finding({ status: status as 'found' }), AT_MS, NOW);
  expect(findings.open(NOW.nowUs)).toEqual(open === 0 ? {} : { balance_lower: open });
});

test('open findings are counted by code, each once, by its newest state; codes of newer versions are one', () => {
  const findings = new Findings();
  findings.take(finding({ finding_id: 'a', finding_seq: 2, status: 'resolved' }), AT_MS, NOW);
  findings.take(finding({ finding_id: 'a', finding_seq: 1 }), AT_MS, NOW);
  findings.take(finding({ finding_id: 'b' }), AT_MS, NOW);
  findings.take(finding({ finding_id: 'b', finding_seq: 2 }), AT_MS, NOW);
  for (const code of ['newer_one', 'newer_two', 'toString'])
    findings.take(finding({ finding_id: code, finding_code: code as 'balance_lower' }), AT_MS, NOW);
  expect(findings.open(NOW.nowUs)).toEqual({ balance_lower: 1, other: 3 });
  findings.forget();
  expect([findings.open(NOW.nowUs), findings.lastRun()]).toEqual([{}, null]);
});

test('a finding without its id, number or code is refused; a record of a newer kind is passed over', () => {
  const findings = new Findings();
  for (const lacking of ['finding_id', 'finding_seq', 'finding_code'])
    expect(findings.take(finding({ [lacking]: null }), AT_MS, NOW)).toBe('schema');
  expect(findings.take(finding({ kind: 'plan' as 'run' }), AT_MS, NOW)).toBeNull();
  expect(findings.open(NOW.nowUs)).toEqual({});
});

test('the last run of the topic is kept', () => {
  const findings = new Findings();
  findings.take(run({ status: 'differs', open_findings: 2 }), AT_MS, NOW);
  findings.take(run({ status: 'incomplete', open_findings: null }), AT_MS + 1, NOW);
  expect(findings.lastRun()).toEqual({ status: 'incomplete', atMs: AT_MS + 1, openFindings: null });
});
