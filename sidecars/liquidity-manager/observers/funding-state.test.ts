import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { FundingState } from '../../../contracts/control/funding-state.ts';
import { readAll } from '../../../contracts/runtime/process/state/sections.fixture.ts';
import { fundingState } from './funding-state.ts';
import { addressesOf, bitcoinRig, creditTo, gnosisRig } from './observer.fixture.ts';

const [ADDRESS, SECOND, OLD] = addressesOf('btc:mainnet');
const [GNOSIS] = addressesOf('eth:100');

test('the state has observations by address, the newest change, totals that are not credited, and the correlation', async () => {
  await using btc = bitcoinRig();
  await using gnosis = gnosisRig();
  const credited = btc.chain.pay({ address: ADDRESS, sats: 100_000 });
  const waiting = btc.chain.pay({ address: ADDRESS, sats: 20_000 });
  btc.chain.mine(3);
  const pending = btc.chain.pay({ address: OLD, sats: 7_000 });
  const replaced = btc.chain.pay({ address: SECOND, sats: 9_000 });
  gnosis.chain.transfer({ to: GNOSIS, units: 10n ** 19n });
  gnosis.chain.mine();
  await btc.read();
  btc.chain.replace(replaced, { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' });
  btc.clock.advance(1000);
  await btc.read();
  await gnosis.read();
  btc
    .observer()
    .takeCredits([
      creditTo('btc:mainnet', { txHash: credited }),
      creditTo('btc:mainnet', { creditId: 'unknown', txHash: 'f'.repeat(64), amountUnits: 1n }),
      creditTo('eth:100', { creditId: 'of another chain' }),
    ]);
  const addresses = [...btc.addresses, ...gnosis.addresses];
  const state = readAll(fundingState([btc.observer(), gnosis.observer()], () => addresses));
  expect([...Value.Errors(FundingState, state)]).toEqual([]);
  expect(state.funding_observations_by_handle[ADDRESS]?.observations.map(({ tx_hash }) => tx_hash).sort()).toEqual(
    [credited, waiting].sort(),
  );
  expect(state.funding_observations_by_handle[OLD]).toMatchObject({
    active: false,
    observations: [{ tx_hash: pending }],
  });
  expect(state.latest_funding_observation_at).toBe('2026-01-01T00:00:01.000Z');
  expect(state.uncredited_funding_total_by_asset).toEqual({ [BTC.id]: '27000', [EURE.id]: '10000000000000000000' });
  expect(state.credit_correlation).toMatchObject({
    credited: 1,
    waiting: 1,
    latest: { tx_hash: credited, bridge_deposit_tx_hash: 'near-mint-1' },
    unmatched_credits: [{ tx_hash: 'f'.repeat(64), amount: '1' }],
  });
  expect(state.funding_observers.map(({ chain, status }) => [chain, status])).toEqual([
    ['btc:mainnet', 'current'],
    ['eth:100', 'current'],
  ]);
});
