// A thousand random answers: the frame parses, names the open side only, and its signature verifies under a second,
// independent implementation over a preimage that is put together here from the frame alone.

import { expect, test } from 'bun:test';
import { KeyPair } from '@near-js/crypto';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { eurE18, units } from '../../contracts/amounts.ts';
import { DIRECTIONS } from '../../contracts/assets.ts';
import { type AccountId, nonceText, type QuoteId } from '../../contracts/ids.ts';
import { decodeBase58, encodeBase58 } from '../lib/base58.ts';
import { makeCapital, makeDemand, NOW_MS } from '../model/fixtures.ts';
import type { Decision } from '../model/values.ts';
import { answerFrame } from './answer.ts';
import { createExecutor } from './executor.ts';
import { EXECUTOR_READY } from './gate.ts';
import { createSigner } from './sign.ts';

const VERIFIER = 'intents.near';

const lengthBytes = (length: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(length);
  return four;
};

function preimage(message: string, nonce: string): Buffer {
  const text = Buffer.from(message, 'utf8');
  const recipient = Buffer.from(VERIFIER, 'utf8');
  return Buffer.concat([
    lengthBytes(2 ** 31 + 413),
    lengthBytes(text.length),
    text,
    Buffer.from(nonce, 'base64'),
    lengthBytes(recipient.length),
    recipient,
    Buffer.from([0]),
  ]);
}

const signers = Array.from({ length: 20 }, () => {
  const made = createSigner(KeyPair.fromRandom('ed25519').toString());
  if (!made.ok) throw new Error(made.problem);
  return made.signer;
});

test('1,000 random answers verify under an independent implementation', () => {
  let verified = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...signers),
      fc.constantFrom('solver.near', 'a-b_c.d1.near', '0'.repeat(64)),
      fc.constantFrom(...DIRECTIONS),
      fc.boolean(),
      fc.bigInt({ min: 1n, max: 10n ** 24n }),
      fc.bigInt({ min: 1n, max: 10n ** 24n }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uuid(),
      fc.integer({ min: 0, max: 600_000 }),
      (signer, account, direction, exactIn, amountIn, amountOut, nonceBytes, quoteId, lifetimeMs) => {
        const executor = createExecutor(account as AccountId, VERIFIER, signer);
        const demand = makeDemand({ direction, quoteId: quoteId as QuoteId });
        const decision: Decision = {
          accepted: true,
          reason: 'accepted',
          requestKind: exactIn ? 'exact_in' : 'exact_out',
          amountInUnits: units(amountIn),
          amountOutUnits: units(amountOut),
          impliedRateE8: null,
          referenceRateE8: null,
          grossEdgePctE4: null,
          notionalEurE18: null,
          paidEurE18: eurE18(1n),
          priceAgeMs: 0,
          inventoryAgeMs: 0,
        };
        const nonce = nonceText(Buffer.from(nonceBytes).toString('base64'));
        const prepared = executor.prepare({
          demand,
          decision,
          paid: makeCapital(demand.assetOut, amountOut),
          admission: { ok: true, lane: 0, nonce, nonceBytes },
          deadlineAtMs: NOW_MS + lifetimeMs,
          status: EXECUTOR_READY,
          nowMs: NOW_MS,
          fairE8: null,
          freeDeadline: (_in, _out, latestAtMs) => latestAtMs,
        });
        if (!prepared.ok) throw new Error(prepared.refusal.note);
        const frame = JSON.parse(
          answerFrame({
            requestId: 7,
            attempt: prepared.attempt,
            openSide: exactIn ? 'out' : 'in',
            recipient: VERIFIER,
          }),
        );
        const [answer] = frame.params;
        expect(frame).toMatchObject({ jsonrpc: '2.0', id: 7, method: 'quote_response' });
        expect(answer.quote_output).toEqual(exactIn ? { amount_out: `${amountOut}` } : { amount_in: `${amountIn}` });
        const { payload } = answer.signed_data;
        expect(JSON.parse(payload.message)).toEqual({
          signer_id: account,
          deadline: new Date(NOW_MS + lifetimeMs).toISOString(),
          intents: [
            { intent: 'token_diff', diff: { [demand.assetIn]: `${amountIn}`, [demand.assetOut]: `-${amountOut}` } },
          ],
        });
        const hash = new Uint8Array(
          new Bun.CryptoHasher('sha256').update(preimage(payload.message, payload.nonce)).digest(),
        );
        expect(prepared.attempt.quoteHash as string).toBe(encodeBase58(hash));
        const bytes = (text: string) => decodeBase58(text.replace('ed25519:', '')) ?? new Uint8Array();
        expect(
          nacl.sign.detached.verify(hash, bytes(answer.signed_data.signature), bytes(answer.signed_data.public_key)),
        ).toBe(true);
        verified++;
      },
    ),
    { numRuns: 1000 },
  );
  expect(verified).toBe(1000);
});

test('takes the deadline that is free, down to five seconds before the latest', () => {
  const signer = signers[0];
  if (signer === undefined) throw new Error('no signer');
  const executor = createExecutor('solver.near' as AccountId, VERIFIER, signer);
  const nonceBytes = new Uint8Array(32).fill(9);
  const nonce = nonceText(Buffer.from(nonceBytes).toString('base64'));
  const latestAtMs = NOW_MS + 70_000;
  const deadlineWith = (freeAtMs: number): number => {
    const demand = makeDemand();
    const decision: Decision = {
      accepted: true,
      reason: 'accepted',
      requestKind: 'exact_in',
      amountInUnits: units(10n),
      amountOutUnits: units(20n),
      impliedRateE8: null,
      referenceRateE8: null,
      grossEdgePctE4: null,
      notionalEurE18: null,
      paidEurE18: eurE18(1n),
      priceAgeMs: 0,
      inventoryAgeMs: 0,
    };
    const prepared = executor.prepare({
      demand,
      decision,
      paid: makeCapital(demand.assetOut, 20n),
      admission: { ok: true, lane: 0, nonce, nonceBytes },
      deadlineAtMs: latestAtMs,
      status: EXECUTOR_READY,
      nowMs: NOW_MS,
      fairE8: null,
      freeDeadline: (inUnits, outUnits, latest) => {
        expect([inUnits, outUnits, latest]).toEqual([units(10n), units(20n), latestAtMs]);
        return freeAtMs;
      },
    });
    if (!prepared.ok) throw new Error(prepared.refusal.note);
    const { deadlineAtMs, message } = prepared.attempt;
    expect(JSON.parse(message).deadline).toBe(new Date(deadlineAtMs).toISOString());
    return deadlineAtMs;
  };
  expect(deadlineWith(latestAtMs)).toBe(latestAtMs);
  expect(deadlineWith(latestAtMs - 49)).toBe(latestAtMs - 49);
  expect(deadlineWith(latestAtMs - 9000)).toBe(latestAtMs - 5000);
});
