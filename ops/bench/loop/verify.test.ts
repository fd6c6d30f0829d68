import { expect, test } from 'bun:test';
import { generateKeyPairSync, sign } from 'node:crypto';
import { encodeBase58 } from '../../../engine/lib/base58.ts';
import { nep413Preimage } from '../../sim/verifier/hashing.ts';
import type { RunResult } from './generator/protocol.ts';
import { benchQuote } from './generator/quotes.ts';
import { verifyRun } from './verify.ts';

const MAKER = { prefix: 'test', eurPerBtc: 40_000 };
const quoteAt = (index: number) => benchQuote({ ...MAKER, firstAtMs: 0, ratePerS: 1, minDeadlineMs: 1 }, index).request;
const pair = generateKeyPairSync('ed25519');
const publicKey = `ed25519:${encodeBase58(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))}`;

function answer(index: number): string {
  const request = quoteAt(index);
  const nonce = new Uint8Array(32).fill(7);
  const message = JSON.stringify({ signer_id: 'test.near', deadline: '2026-01-01T00:00:00.000Z', intents: [] });
  const preimage = nep413Preimage({ message, nonce, recipient: 'intents.near', callbackUrl: undefined });
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(preimage, digest);
  return JSON.stringify({
    jsonrpc: '2.0',
    id: index,
    method: 'quote_response',
    params: [
      {
        quote_id: request.quote_id,
        quote_output: request.exact_amount_in === undefined ? { amount_in: '1' } : { amount_out: '1' },
        signed_data: {
          standard: 'nep413',
          payload: { message, nonce: nonce.toBase64(), recipient: 'intents.near' },
          public_key: publicKey,
          signature: `ed25519:${encodeBase58(sign(null, digest, pair.privateKey))}`,
        },
      },
    ],
  });
}

const result = (answers: readonly string[], more: Partial<RunResult> = {}): RunResult => ({
  sent: answers.length,
  latenciesUs: answers.map((text) => (text === '' ? -1 : 100)),
  latenessUs: answers.map(() => 1),
  answers: answers.flatMap((text, index): [number, string][] => (text === '' ? [] : [[index, text]])),
  repeated: 0,
  foreign: 0,
  unknown: 0,
  ...more,
});
const verified = (run: RunResult, signs = true) =>
  verifyRun(run, { count: run.latenciesUs.length, maker: MAKER }, signs);
const GOOD = Array.from({ length: 21 }, (_, index) => answer(index));

test('good answers have no fault, and a sample of the signatures was checked', () => {
  expect(verified(result(GOOD))).toEqual({ answered: 21, signatures: 2, faults: [] });
});

test('an echo is not looked into', () => {
  expect(verified(result(['anything', 'at all'], { foreign: 1 }), false)).toEqual({
    answered: 2,
    signatures: 0,
    faults: [],
  });
});

const replaced = (index: number, text: string) => result(GOOD.map((good, at) => (at === index ? text : good)));

test.each([
  ['a missing answer', replaced(3, ''), '20 of 21 quotes were answered'],
  ['a repeated answer', result(GOOD, { repeated: 1 }), '1 answers to quotes that were answered already'],
  ['a frame about something else', result(GOOD, { unknown: 2 }), '2 frames name no quote of this run'],
  ['an answer for another pair', result(GOOD, { foreign: 2 }), '2 answers to quotes for other pairs'],
  ['an answer to another quote', replaced(3, answer(4)), 'answer to test-000003 names test-000004'],
  ['no JSON', replaced(3, '{'), 'answer to test-000003 is not JSON'],
  ['another shape', replaced(3, '{}'), "answer to test-000003 is not of the venue's shape"],
  ['the fixed side filled in', replaced(2, answer(2).replace('amount_in', 'amount_out')), 'does not fill in amount_in'],
  ['a changed message', replaced(20, answer(20).replace('test.near', 'rest.near')), 'the signature does not hold'],
])('%s is a fault', (_name, run, fault) => {
  const { faults } = verified(run);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(fault);
});

test('of many faults the first few are reported', () => {
  const { faults } = verified(result(GOOD.map(() => '{')));
  expect(faults).toHaveLength(6);
  expect(faults.at(-1)).toBe('and 16 more');
});
