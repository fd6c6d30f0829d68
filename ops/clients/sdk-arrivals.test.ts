import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { startEsploraSim } from '../sim/esplora/server.ts';
import { startGnosisSim } from '../sim/gnosis/server.ts';
import { waitForArrival } from './sdk-arrivals.ts';
import type { Paid } from './sdk-plan.ts';

const BITCOIN_ADDRESS = 'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3';
const GNOSIS_ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7';

let bitcoin: ReturnType<typeof startEsploraSim>;
let gnosis: ReturnType<typeof startGnosisSim>;
beforeAll(() => {
  bitcoin = startEsploraSim();
  gnosis = startGnosisSim();
});
afterAll(async () => {
  await Promise.all([bitcoin.close(), gnosis.close()]);
});

const urls = () => ({ BTC_OBSERVER_URL: bitcoin.url, GNOSIS_RPC_URL: gnosis.url });
const paidTo = (assetId: string, destination: string, transferTxHash: string | null): Paid => ({
  assetId,
  destination,
  burnt: '0',
  arrives: '0',
  statuses: [],
  transferTxHash,
});

test('what a transaction paid to the address, on either chain', async () => {
  const txid = bitcoin.chain.pay({ address: BITCOIN_ADDRESS, sats: 20_000 });
  const hash = gnosis.chain.transfer({ to: GNOSIS_ADDRESS.toLowerCase(), units: 7n * 10n ** 18n });
  gnosis.chain.mine();
  expect((await waitForArrival(urls(), paidTo(BTC.id, BITCOIN_ADDRESS, txid))).units).toBe(20_000n);
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, hash))).units).toBe(7n * 10n ** 18n);
});

test('a transaction that paid somebody else brought nothing', async () => {
  const txid = bitcoin.chain.pay({ address: BITCOIN_ADDRESS, sats: 20_000 });
  const hash = gnosis.chain.transfer({ to: `0x${'1'.repeat(40)}`, units: 1n });
  const other = gnosis.chain.transfer({
    to: GNOSIS_ADDRESS.toLowerCase(),
    units: 1n,
    contract: `0x${'2'.repeat(40)}`,
  });
  gnosis.chain.mine();
  expect((await waitForArrival(urls(), paidTo(BTC.id, 'bc1q', txid))).units).toBe(0n);
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, hash))).units).toBe(0n);
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, other))).units).toBe(0n);
});

test('a payment without a transaction, and one with its next block', async () => {
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, null), 0)).units).toBeNull();
  const hash = gnosis.chain.transfer({ to: GNOSIS_ADDRESS.toLowerCase(), units: 3n });
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, hash), 0)).units).toBeNull();
  gnosis.chain.mine();
  expect((await waitForArrival(urls(), paidTo(EURE.id, GNOSIS_ADDRESS, hash), 0)).units).toBe(3n);
});
