import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedJson, mutatedText } from '../../../../ops/testing/mutated.ts';
import { wirePayload } from '../../../../ops/testing/wire.ts';
import type { Answer } from '../answer.ts';
import { readBatch, readBlock, readDecimals, readLogs, readQuantity, readReceipt } from './read-answer.ts';

const LOGS = wirePayload('gnosis/transfer-log');
const BLOCK = `{"number":"0x2a51b00","hash":"0x${'5d'.repeat(32)}","parentHash":"0x${'5c'.repeat(32)}","timestamp":"0x6955b900"}`;
const [LOG] = JSON.parse(LOGS).result;
const RECEIPT = `{"blockNumber":"0x2a51b00","status":"0x1","logs":[${JSON.stringify(LOG)}]}`;
const BATCH = `[{"jsonrpc":"2.0","id":1,"result":${BLOCK}},{"jsonrpc":"2.0","id":0,"result":[${JSON.stringify(LOG)}]}]`;
const status = fc.oneof({ arbitrary: fc.constant(200), weight: 4 }, fc.integer({ min: 100, max: 599 }));

function expectNamed(answer: Answer<unknown>): void {
  if (answer.ok) return;
  expect(answer.reason).toMatch(/^node_[a-z_]+$/);
  expect(answer.detail.isWellFormed()).toBe(true);
  expect(Buffer.byteLength(answer.detail)).toBeLessThanOrEqual(300);
}

const outcomeOf = (answer: Answer<unknown>): unknown => (answer.ok ? answer.value : answer.reason);

test('a captured log gives the transfer with its exact amount', () => {
  expect(readLogs([LOG])).toEqual({
    ok: true,
    value: {
      unreadable: 0,
      logs: [
        {
          contract: '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430',
          from: '0x00000000219ab540356cbb839cbe05303d7705fa',
          to: '0x8ba1f109551bd432803012645ac136ddd64dba72',
          units: 10n ** 19n,
          blockNumber: 44_374_784,
          blockHash: '0x5d0ed3ee59a0e1f2b6cbb9ce1d4b8cda9a3bb11c7f0ae2c7e53bcf7b7e0b4a11',
          txHash: '0x6d0ed3ee59a0e1f2b6cbb9ce1d4b8cda9a3bb11c7f0ae2c7e53bcf7b7e0b4a12',
          logIndex: 7,
          isRemoved: false,
        },
      ],
    },
  });
});

test('replies are assigned to requests by their ids, whatever their order', () => {
  const batch = readBatch(200, BATCH, 2);
  expect(batch.ok && batch.value.map((reply) => reply.ok && Array.isArray(reply.value))).toEqual([true, false]);
  expect(outcomeOf(readBatch(200, '[]', 1))).toMatchObject([{ ok: false, reason: 'node_unreadable' }]);
  expect(outcomeOf(readBatch(200, '{"jsonrpc":"2.0","id":0,"result":1}', 2))).toBe('node_unreadable');
});

describe('errors', () => {
  const replyTo = (error: unknown): unknown => {
    const batch = readBatch(200, JSON.stringify([{ jsonrpc: '2.0', id: 0, error }]), 1);
    const [reply] = batch.ok ? batch.value : [];
    return reply === undefined ? null : outcomeOf(reply);
  };

  test.each([
    [-32005, 'query returned more than 10000 results', 'node_range_refused'],
    [-32602, 'query exceeds max block range 100000', 'node_range_refused'],
    [-32602, 'limited to 1024 block range', 'node_range_refused'],
    [-32602, 'max results 20000, retry with range 0x1-0x2', 'node_range_refused'],
    [-32603, 'max is 1k blocks', 'node_range_refused'],
    [35, 'ranges over 10000 blocks are not supported', 'node_range_refused'],
    [-32000, 'query timeout exceeded', 'node_range_refused'],
    [-32005, 'rate limit exceeded', 'node_rate_limited'],
    [429, 'slow down', 'node_rate_limited'],
    [-32000, 'header not found', 'node_refused'],
  ])('%p %s', (code, message, reason) => {
    expect(replyTo({ code, message })).toBe(reason);
  });

  test('without code or message, and of a whole batch', () => {
    expect([replyTo({}), replyTo('no'), replyTo([])]).toEqual(['node_refused', 'node_refused', 'node_refused']);
    const whole = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch limit exceeded"}}';
    expect(outcomeOf(readBatch(200, whole, 2))).toBe('node_range_refused');
    expect(outcomeOf(readBatch(503, 'busy', 2))).toBe('node_refused');
  });
});

test.each([
  ['an amount that cannot exist', { data: `0x${'f'.repeat(64)}` }],
  ['an amount that is too short', { data: '0x01' }],
  ['another event', { topics: [`0x${'0'.repeat(64)}`, LOG.topics[1], LOG.topics[2]] }],
  ['a topic too many', { topics: [...LOG.topics, LOG.topics[2]] }],
  ['a receiver that is no address', { topics: [LOG.topics[0], LOG.topics[1], `0x${'f'.repeat(64)}`] }],
  ['a block number that is none', { blockNumber: '0x' }],
  ['no transaction', { transactionHash: null }],
])('a log with %s is counted and left out', (_what, over) => {
  expect(readLogs([{ ...LOG, ...over }, LOG])).toMatchObject({
    ok: true,
    value: { logs: [{ logIndex: 7 }], unreadable: 1 },
  });
});

test('any body under any status gives a value or a named reason, and so does each reader of its results', () => {
  fc.assert(
    fc.property(
      mutatedText([BATCH, LOGS, `[{"jsonrpc":"2.0","id":0,"result":${RECEIPT}}]`]),
      status,
      fc.integer({ min: 1, max: 3 }),
      (body, code, size) => {
        const batch = readBatch(code, body, size);
        expectNamed(batch);
        if (!batch.ok) return;
        expect(batch.value).toHaveLength(size);
        for (const reply of batch.value) {
          expectNamed(reply);
          const result = reply.ok ? reply.value : null;
          for (const read of [readBlock, readDecimals, readLogs, readQuantity, readReceipt]) expectNamed(read(result));
        }
      },
    ),
    FUZZ,
  );
});

test('a log that was read has bounded fields of the right kind', () => {
  fc.assert(
    fc.property(mutatedJson([JSON.stringify([LOG])]), (value) => {
      const answer = readLogs(value);
      expectNamed(answer);
      for (const log of answer.ok ? answer.value.logs : []) {
        expect([log.contract, log.from, log.to].every((each) => /^0x[0-9a-f]{40}$/.test(each))).toBe(true);
        expect([log.txHash, log.blockHash].every((each) => /^0x[0-9a-f]{64}$/.test(each))).toBe(true);
        expect(log.units >= 0n && log.units < 2n ** 127n).toBe(true);
        expect(Number.isSafeInteger(log.blockNumber) && Number.isSafeInteger(log.logIndex)).toBe(true);
      }
    }),
    FUZZ,
  );
});
