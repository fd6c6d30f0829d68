import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedJson, mutatedText } from '../../../ops/testing/mutated.ts';
import { wirePayload, wirePayloads } from '../../../ops/testing/wire.ts';
import { isoTime, parseIsoTime } from '../../time.ts';
import {
  type NearResult,
  readAccessKey,
  readBlock,
  readChainId,
  readReply,
  readSent,
  readTransaction,
  readView,
} from './reply.ts';

/** Of the payload `transaction`. */
const TX_HASH = '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';
const READERS: Readonly<Record<string, (result: unknown) => NearResult<unknown>>> = {
  readBlock,
  readChainId,
  readTransaction: (result) => readTransaction(result, TX_HASH),
  readView,
};
const ALL_READERS = [...Object.values(READERS), readAccessKey, (result: unknown) => readSent(result, TX_HASH)];
const replies = wirePayloads('near-rpc');
const status = fc.oneof({ arbitrary: fc.constant(200), weight: 4 }, fc.integer({ min: 100, max: 599 }));

function expectNamed(read: NearResult<unknown>): void {
  if (read.ok) return;
  expect(read.reason).toMatch(/^[a-z0-9_]{1,64}$/);
  expect(read.detail.isWellFormed()).toBe(true);
  expect(Buffer.byteLength(read.detail)).toBeLessThanOrEqual(300);
}

test('each known reply is what it is', () => {
  const outcomes = [...replies].map(([name, body]) => {
    const reply = readReply(200, body);
    if (!reply.ok) return [name, reply.reason];
    const whole = Object.entries(READERS).filter(([, read]) => read(reply.value).ok);
    const view = readView(reply.value);
    return [name, whole[0]?.[0] ?? (view.ok ? 'readView' : view.reason)];
  });
  expect(Object.fromEntries(outcomes)).toEqual({
    block: 'readBlock',
    'error-contract': 'contract_panicked',
    'error-rate-limit': 'rate_limited',
    'error-unknown-block': 'unknown_block',
    'error-unknown-transaction': 'unknown_transaction',
    status: 'readChainId',
    transaction: 'readTransaction',
    'transaction-not-final': 'reply_malformed',
    'view-balances': 'readView',
    'view-nothing': 'readView',
    'view-panic': 'contract_panicked',
    'view-salt': 'readView',
    'view-simulated': 'readView',
    'view-true': 'readView',
  });
});

test('a captured block gives its height, hash and time', () => {
  const reply = readReply(200, wirePayload('near-rpc/block'));
  expect(reply.ok && readBlock(reply.value)).toEqual({
    ok: true,
    value: {
      height: 169_553_183,
      hash: 'G8KZAZF7q6x7VVmfFpe1wDijygVdz4WSscW1Sn7EPPtF',
      timeMs: 1_761_247_965_639,
    },
  });
});

test('any body under any status gives a value or a named reason, and so does each reader of it', () => {
  fc.assert(
    fc.property(mutatedText([...replies.values()]), status, (body, code) => {
      const reply = readReply(code, body);
      expectNamed(reply);
      if (!reply.ok) return;
      expect(code >= 200 && code < 300).toBe(true);
      for (const read of ALL_READERS) expectNamed(read(reply.value));
      const block = readBlock(reply.value);
      if (block.ok) {
        expect(parseIsoTime(isoTime(block.value.timeMs))).toBe(block.value.timeMs);
        expect(Number.isSafeInteger(block.value.height)).toBe(true);
      }
    }),
    FUZZ,
  );
});

test('each reader is total over any value', () => {
  const results = [...replies.values()].map((body) => JSON.stringify(JSON.parse(body).result ?? null));
  fc.assert(
    fc.property(mutatedJson(results), (value) => {
      for (const read of ALL_READERS) expectNamed(read(value));
    }),
    FUZZ,
  );
});
