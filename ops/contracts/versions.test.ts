// Two versions that run together during an upgrade. Of the first version there are records, rendered from facts of quotes that went
// through its loop, and the schemas that its history-writer demands of a record (contracts/fixtures/earlier).

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import type { Envelope } from '../../contracts/envelope.ts';
import { parseIsoTime } from '../../contracts/time.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { healthReportIn } from '../../engine/background/health-report.ts';
import { envelopeIn, factsOfQuotes, plainFacts, render } from '../../engine/bus/render/records.fixture.ts';
import { columnsOf, problemOf, rowOf } from '../../sidecars/history-writer/postgres/rows.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { readRecord } from '../../sidecars/history-writer/record.ts';

const EARLIER = join(import.meta.dir, '../../contracts/fixtures/earlier');
const SCHEMAS: Record<string, object> = JSON.parse(readFileSync(join(EARLIER, 'schemas.json'), 'utf8'));

type Sample = { readonly topic: TopicName; readonly text: string };
const samples: readonly Sample[] = readFileSync(join(EARLIER, 'records.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const at = line.indexOf('\t');
    return { topic: line.slice(0, at) as TopicName, text: line.slice(at + 1) };
  });

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function read({ topic, text }: Sample) {
  const nowMs = parseIsoTime((JSON.parse(text) as Envelope).ingested_at) ?? 0;
  const record = readRecord(topic, bytesOf(text), nowMs);
  if (!record.ok) throw new Error(`${topic}: ${record.detail}: ${text}`);
  return record;
}

test('the history-writer takes every record of the first version, as a row without anything that PostgreSQL refuses', () => {
  expect([...new Set(samples.map(({ topic }) => topic))].sort()).toEqual(Object.keys(SCHEMAS).sort() as TopicName[]);
  for (const sample of samples) {
    const record = read(sample);
    expect(record.text).toBe(sample.text);
    const table = TABLES[sample.topic];
    const row = rowOf(table, record, { partition: 0, offset: 0n });
    expect(row).toHaveLength(columnsOf(table).length);
    expect(problemOf(table, record.envelope, row)).toBeNull();
  }
});

test('the engine reads the health of a process of the first version', () => {
  const reports = samples.filter(({ topic }) => topic === 'ops.service_health');
  expect(reports.length).toBeGreaterThan(0);
  for (const { text } of reports) {
    const { account_id, payload } = JSON.parse(text);
    const writer = { ...payload, service: 'history-writer', writing: true, lag_ms: 5 };
    const report = healthReportIn(bytesOf(JSON.stringify({ ...JSON.parse(text), payload: writer })), account_id);
    expect(report).toMatchObject({ service: 'history-writer', healthy: payload.healthy, writing: true, lagMs: 5 });
  }
});

/** New fields and new codes, also of a part that may be null. Not a field that is missing, nor one of another type. */
const ADDED = /must NOT have additional properties|must be equal to constant|must be null|must match a schema in anyOf/;

test('the history-writer of the first version refuses decisions, commands and results for what was added, and takes the rest', async () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  const judges = new Map<string, ValidateFunction>(
    Object.entries(SCHEMAS).map(([topic, schema]) => [topic, ajv.compile(schema)]),
  );
  const refused = new Set<TopicName>();
  const others: string[] = [];
  const facts = [...(await factsOfQuotes()), ...plainFacts(1_767_225_600_000)];
  for (const record of facts.flatMap((fact) => render(fact))) {
    const judge = judges.get(record.topic);
    if (judge?.(envelopeIn(record)) === true) continue;
    refused.add(record.topic);
    for (const { instancePath, message = '' } of judge?.errors ?? []) {
      if (!ADDED.test(message)) others.push(`${record.topic}${instancePath}: ${message}`);
    }
  }
  // Dead letters with their text there: ops/deploy/README.md, "Upgrade", says so.
  expect([...refused].sort()).toEqual(['cmd.execute_trade', 'decision.trade_decision', 'exec.trade_result']);
  expect(others).toEqual([]);
});
