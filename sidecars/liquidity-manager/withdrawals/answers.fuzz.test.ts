import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { poaBridgeReviver } from '../../../contracts/wire/poa-bridge.ts';
import { FUZZ, mutatedText } from '../../../ops/testing/mutated.ts';
import { wirePayloads } from '../../../ops/testing/wire.ts';
import { readAnswer } from '../bridges/ask.ts';
import { readResult } from '../bridges/poa/reply.ts';
import { readCost, readWithdrawal } from '../bridges/poa/withdrawal-reply.ts';
import { readPublished, readTransaction } from './relay.ts';
import { BTC, DESTINATION, INTENT_HASH, NEAR_TX } from './withdrawals.fixture.ts';

const SOUGHT = {
  asset: BTC,
  nearTxHash: NEAR_TX,
  account: 'solver.near',
  destination: DESTINATION,
  amountUnits: 50_000n,
} as const;

const RELAY = [
  '{"jsonrpc":"2.0","id":"1","result":{"status":"OK","intent_hash":"h"}}',
  '{"jsonrpc":"2.0","id":"1","result":{"status":"FAILED","reason":"insufficient balance or overflow","intent_hash":"h"}}',
  `{"jsonrpc":"2.0","id":"1","result":{"intent_hash":"${INTENT_HASH}","status":"SETTLED","data":{"hash":"${NEAR_TX}"}}}`,
  '{"jsonrpc":"2.0","id":"1","error":{"code":-32000,"message":"nonce was already used"}}',
];

test('any answer of the relay is taken, refused or unknown', () => {
  fc.assert(
    fc.property(mutatedText(RELAY), fc.integer({ min: 100, max: 599 }), (text, status) => {
      const published = readPublished(status, text);
      expect(['taken', 'refused', 'unknown']).toContain(published.kind);
      expect(Buffer.byteLength(published.detail)).toBeLessThanOrEqual(300);
      const hash = readTransaction(text, INTENT_HASH);
      expect(hash === null || /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(hash)).toBe(true);
    }),
    FUZZ,
  );
  expect(RELAY.map((text) => readPublished(200, text).kind)).toEqual(['taken', 'refused', 'unknown', 'taken']);
  expect(RELAY.map((text) => readTransaction(text, INTENT_HASH))).toEqual([null, null, NEAR_TX, null]);
});

test('any answer of the bridge about a withdrawal gives a value within bounds or a named failure', () => {
  const body = mutatedText([...wirePayloads('poa-bridge').values()]);
  fc.assert(
    fc.property(body, (text) => {
      const result = readResult(readAnswer({ status: 200, body: text, retryAfter: null }, 0, poaBridgeReviver));
      if (!result.ok) return;
      const withdrawal = readWithdrawal(result.value, SOUGHT);
      if (withdrawal.ok && withdrawal.value !== null)
        expect(withdrawal.value.bridgeStatus.length).toBeLessThanOrEqual(128);
      const terms = { assetId: BTC.id, minDepositUnits: 0n, minWithdrawalUnits: 700n, withdrawalFeeUnits: 1_500n };
      const cost = readCost(result.value, BTC, [terms]);
      if (cost.ok) expect(cost.value.feeUnits).toBeGreaterThanOrEqual(1_500n);
    }),
    FUZZ,
  );
});

test('of several withdrawals of an account in one transaction, that to the address and of the amount counts', () => {
  const item = (address: string, amount: string, status: string) => ({
    status,
    data: {
      tx_hash: NEAR_TX,
      transfer_tx_hash: `paid ${address} ${amount}`,
      chain: BTC.chain,
      defuse_asset_identifier: 'btc:mainnet:native',
      near_token_id: BTC.nearToken,
      decimals: 8,
      amount,
      account_id: 'solver.near',
      address,
      withdrawal_fee: '1500',
    },
  });
  const OTHER = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
  const withdrawals = [
    item(OTHER, '50000', 'FAILED'),
    item(DESTINATION, '70000', 'FAILED'),
    item(DESTINATION.toUpperCase(), '48500', 'COMPLETED'),
  ];
  const read = (items: unknown) => readWithdrawal({ withdrawals: items }, SOUGHT);
  expect(read(withdrawals)).toMatchObject({
    ok: true,
    value: { outcome: 'completed', txHash: `paid ${DESTINATION.toUpperCase()} 48500` },
  });
  expect(read(withdrawals.slice(0, 2))).toEqual({ ok: true, value: null });
  // One alone is meant, in whichever words the bridge tells of it.
  expect(read(withdrawals.slice(0, 1))).toMatchObject({ ok: true, value: { outcome: 'failed' } });
});
