import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '../cli/deposit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { renderEvidence } from './render.ts';

const golden = (topic: string) =>
  JSON.parse(readFileSync(join(CHECKOUT, `contracts/fixtures/golden/${topic}.v1.json`), 'utf8')).payload;

const NONE = { observations: 0, actions: 0, deposits: 0, unreadable: 0 };
const action = golden('ops.liquidity_action');
const observation = golden('ops.funding_observation');

test('times, confirmations, blocks and the answers of the bridge are all there, in their order', () => {
  const credited = {
    ...action,
    transition_seq: 5,
    previous_status: 'confirmed',
    status: 'credited',
    bridge_status: 'COMPLETED',
    credited_amount: '24600',
    reason_code: 'credit_lower',
    detail: '25000 were sent, 24600 were credited',
    near_tx_hash: '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj',
    credited_at: '2026-01-15T12:03:00.000Z',
    at: '2026-01-15T12:03:00.000Z',
  };
  const text = renderEvidence(observation.tx_hash, {
    ...{ observations: [observation], actions: [action, credited], omitted: NONE },
  });
  expect(text).not.toContain('not shown');
  expect(text).toContain(observation.tx_hash);
  expect(text).toContain(`${observation.confirmations} of ${observation.confirmations_required} confirmations`);
  expect(text).toContain(`in block ${observation.block_height}`);
  expect(text).toContain('24600 of nep141:btc.omft.near (0.00024600 BTC) at 2026-01-15T12:03:00.000Z');
  expect(text).toContain('8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj');
  expect(text.indexOf('the bridge says PENDING')).toBeLessThan(text.indexOf('the bridge says COMPLETED'));
  expect(text).toContain('credit_lower (the bridge credited less than was sent, fee included): 25000 were sent');
});

test('of a transaction that replaces another, and of the one that is replaced, the other one is named', () => {
  const evidenceOf = (over: object) =>
    renderEvidence('tx', { observations: [{ ...observation, ...over }], actions: [], omitted: NONE });
  expect(evidenceOf({ replaces_tx_hash: 'tx-1' })).toContain('replaces   tx-1\n');
  expect(evidenceOf({ replaced_by_tx_hash: 'tx-2' })).toContain('replaced by tx-2\n');
  expect(evidenceOf({})).not.toContain('replace');
});

test('what others chose steers no terminal, and what is missing is said', () => {
  const text = renderEvidence('tx', {
    ...{ observations: [], actions: [{ ...action, bridge_status: '\u001b[31mred' }], omitted: NONE },
  });
  expect(text).not.toContain('\u001b');
  expect(text).toContain('no observer of the chain has recorded it');
  expect(renderEvidence('tx', { observations: [observation], actions: [], omitted: NONE })).toContain(
    'it is part of no deposit',
  );
});

test('what is left out is said, and how to get it', () => {
  const omitted = { observations: 200, actions: 7, deposits: 0, unreadable: 3 };
  const text = renderEvidence('abc', { observations: [observation], actions: [action], omitted });
  expect(text).toContain('200 older records of its outputs are not shown\n');
  expect(text).toContain('7 older records of its deposits are not shown\n');
  expect(text).not.toContain('further deposits');
  expect(text).toContain('./unrip deposit abc --all\n');
  expect(text).toContain('3 records cannot be read by this version');
});

test('arguments: one transaction, in the case in which it is kept', () => {
  expect(parse(['0xABCDEF0123456789'])).toEqual({ txHash: '0xabcdef0123456789', all: false, json: false });
  expect(parse(['0xabcdef0123456789', '--all'])).toMatchObject({ all: true });
  for (const args of [[], ['a', 'b'], ["x'; drop table"], ['--jsn', 'abcdef0123456789']])
    expect(parse(args)).toBeString();
});
