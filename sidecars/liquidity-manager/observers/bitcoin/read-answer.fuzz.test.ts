import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedJson, mutatedText } from '../../../../ops/testing/mutated.ts';
import { wirePayload } from '../../../../ops/testing/wire.ts';
import type { Answer } from '../answer.ts';
import { readBlockHash, readSpender, readTipHeight, readTransaction, readTransactions } from './read-answer.ts';

const TX = wirePayload('esplora/transaction');
const TXID = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';
const SPENT = `{"spent":true,"txid":"${TXID}","vin":0,"status":{"confirmed":false}}`;
const READERS = [readBlockHash, readSpender, readTipHeight, readTransaction, readTransactions];
const status = fc.oneof({ arbitrary: fc.constant(200), weight: 4 }, fc.integer({ min: 100, max: 599 }));

function expectNamed(answer: Answer<unknown>): void {
  if (answer.ok) return;
  expect(answer.reason).toMatch(/^(?:node_[a-z_]+|not_found)$/);
  expect(answer.detail.isWellFormed()).toBe(true);
  expect(Buffer.byteLength(answer.detail)).toBeLessThanOrEqual(300);
}

test('a captured transaction gives its inputs, its payments and its block', () => {
  expect(readTransaction(200, TX)).toEqual({
    ok: true,
    value: {
      txid: TXID,
      inputs: ['0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098:1'],
      sender: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      outputs: [{ index: 0, address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', units: 100_000n }],
      place: {
        height: 880_000,
        hash: '00000000000000000000c8b6c3bcd3c8d3bfa7e2e6a3f6a0d3c8f2f0f9a7b1c2',
        timeMs: 1_767_225_600_000,
      },
    },
  });
});

describe('single answers', () => {
  test.each([
    ['880000', 880_000],
    [' 880000\n', 880_000],
    ['-1', 'node_unreadable'],
    ['8e5', 'node_unreadable'],
    ['99999999999', 'node_unreadable'],
    ['', 'node_unreadable'],
  ])('height %p', (body, outcome) => {
    const answer = readTipHeight(200, body);
    expect<unknown>(answer.ok ? answer.value : answer.reason).toBe(outcome);
  });

  test.each([
    [200, SPENT, TXID],
    [200, '{"spent":false}', null],
    [200, '{"spent":true}', 'node_unreadable'],
    [200, '{}', 'node_unreadable'],
    [404, 'Transaction not found', 'not_found'],
    [429, '', 'node_rate_limited'],
    [400, 'Too many requests', 'node_rate_limited'],
    [500, SPENT, 'node_refused'],
  ])('spender, %p %p', (code, body, outcome) => {
    const answer = readSpender(code, body);
    expect(answer.ok ? answer.value : answer.reason).toBe(outcome);
  });

  test('new coins spend nothing, and an output without an address is none', () => {
    const coins = JSON.parse(TX);
    coins.vin = [{ is_coinbase: true, txid: '0'.repeat(64), vout: 0, prevout: null }];
    expect(readTransaction(200, JSON.stringify(coins))).toMatchObject({
      ok: true,
      value: { inputs: [], sender: null },
    });
  });

  test('one transaction of a list that cannot be read is counted, and the others are read', () => {
    const answer = readTransactions(200, `[${TX},{"txid":1},${TX.replace('"value":100000', '"value":0.5')}]`);
    expect(answer).toMatchObject({ ok: true, value: { transactions: [{ txid: TXID }], unreadable: 2 } });
  });
});

test('any body under any status gives a value or a named reason', () => {
  fc.assert(
    fc.property(mutatedText([TX, `[${TX}]`, SPENT, '880000']), status, (body, code) => {
      for (const read of READERS) expectNamed(read(code, body));
    }),
    FUZZ,
  );
});

test('a transaction that was read has bounded fields of the right kind', () => {
  fc.assert(
    fc.property(mutatedJson([TX]), (value) => {
      const answer = readTransaction(200, JSON.stringify(value) ?? '');
      expectNamed(answer);
      if (!answer.ok) return;
      const { txid, inputs, outputs, place, sender } = answer.value;
      expect(txid).toMatch(/^[0-9a-f]{64}$/);
      expect(inputs.length).toBeLessThanOrEqual(64);
      for (const input of inputs) expect(input).toMatch(/^[0-9a-f]{64}:[0-9]+$/);
      for (const { units, address } of outputs) expect([units >= 0n, address.length <= 128]).toEqual([true, true]);
      expect((sender ?? '').length).toBeLessThanOrEqual(128);
      if (place !== null) expect(Number.isSafeInteger(place.height)).toBe(true);
    }),
    FUZZ,
  );
});
