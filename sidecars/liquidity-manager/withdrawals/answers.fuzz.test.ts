import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { poaBridgeReviver } from '../../../contracts/wire/poa-bridge.ts';
import { FUZZ, mutatedText } from '../../../ops/testing/mutated.ts';
import { wirePayloads } from '../../../ops/testing/wire.ts';
import { readAnswer } from '../bridges/ask.ts';
import { readResult } from '../bridges/poa/reply.ts';
import { readCost, readWithdrawal } from '../bridges/poa/withdrawal-reply.ts';
import { BTC, DESTINATION, NEAR_TX } from './withdrawals.fixture.ts';

const SOUGHT = {
  asset: BTC,
  nearTxHash: NEAR_TX,
  account: 'solver.near',
  destination: DESTINATION,
  amountUnits: 50_000n,
} as const;

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
