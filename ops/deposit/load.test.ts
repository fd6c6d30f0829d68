// Which rows are evidence.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { loadEvidence } from './load.ts';

const golden = (topic: string) =>
  JSON.parse(readFileSync(join(CHECKOUT, `contracts/fixtures/golden/${topic}.v1.json`), 'utf8'));

/** Gives these rows of each table. */
function databaseWith(observations: readonly unknown[], actions: readonly unknown[]): Database {
  const rows = (records: readonly unknown[]) =>
    records.map((record) => ({ envelope: JSON.stringify(record), total: records.length }));
  const unsafe = (text: string) =>
    Promise.resolve(
      text.includes('from funding_observations') ? rows(observations) : text.includes('distinct') ? [] : rows(actions),
    );
  return { unsafe } as unknown as Database;
}

test('records of a newer version, with fields and words that are not known here, are shown as well', async () => {
  const newer = (topic: string) => {
    const record = golden(topic);
    const payload = { ...record.payload, added: 1, status: 'of a newer version' };
    return { ...record, raw: 'x'.repeat(70_000), payload };
  };
  const { observations, actions } = await loadEvidence(
    databaseWith([newer('ops.funding_observation')], [newer('ops.liquidity_action')]),
    'tx',
    false,
  );
  expect(observations.map(({ status }) => String(status))).toEqual(['of a newer version']);
  expect(actions.map(({ status }) => String(status))).toEqual(['of a newer version']);
});

test('what is no record is none, and is counted', async () => {
  expect(await loadEvidence(databaseWith([{}, 1], [null]), 'tx', false)).toEqual({
    ...{ observations: [], actions: [] },
    omitted: { observations: 0, actions: 0, deposits: 0, unreadable: 3 },
  });
});
