// Payments as the simulated chains show them, over real sockets.

import { afterEach, describe, expect, test } from 'bun:test';
import { lastingTimers, machineClock } from '../../../contracts/runtime/clock.ts';
import { encodeSegwit } from '../../../ops/sim/esplora/bech32.ts';
import { startEsploraSim } from '../../../ops/sim/esplora/server.ts';
import { startGnosisSim } from '../../../ops/sim/gnosis/server.ts';
import { createOutsideReader, type Shown } from './outside.ts';

/** Nobody else's, such as those to whom the simulated wallets give what is left over. */
const DESTINATION = encodeSegwit(new Uint8Array(20).fill(42));
const GNOSIS_DESTINATION = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed';
const OTHER = { bitcoin: 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', gnosis: `0x${'11'.repeat(20)}` };
const CLOCK = { ...machineClock, ...lastingTimers };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function begin() {
  const bitcoin = [startEsploraSim()];
  const gnosis = [startGnosisSim()];
  const [{ chain: bitcoinChain }] = bitcoin as [ReturnType<typeof startEsploraSim>];
  const [{ chain: gnosisChain }] = gnosis as [ReturnType<typeof startGnosisSim>];
  bitcoin.push(startEsploraSim({ chain: bitcoinChain }));
  gnosis.push(startGnosisSim({ chain: gnosisChain }));
  bitcoinChain.mine(10);
  const urlsOf = (sims: readonly { readonly url: string }[]) => sims.map(({ url }) => url);
  const reader = createOutsideReader(
    {
      'btc:mainnet': { urls: urlsOf(bitcoin), confirmations: 2 },
      'eth:100': { urls: urlsOf(gnosis), confirmations: 20 },
    },
    CLOCK,
  );
  ends.push(
    () => Promise.all([...bitcoin, ...gnosis].map((sim) => sim.close())),
    () => reader.close(),
  );
  const ofBitcoin = (txHash: string): Promise<Shown> =>
    reader.payment({ chain: 'btc:mainnet', txHash, destination: DESTINATION });
  const ofGnosis = (txHash: string): Promise<Shown> =>
    reader.payment({ chain: 'eth:100', txHash, destination: GNOSIS_DESTINATION });
  return { bitcoin, gnosis, bitcoinChain, gnosisChain, reader, ofBitcoin, ofGnosis };
}

const nothing = (said: string): Shown => ({ kind: 'nothing', detail: expect.stringContaining(said) });

describe('on Bitcoin', () => {
  test('a payment is each output to the destination, from the mempool on', async () => {
    const { bitcoinChain, ofBitcoin } = begin();
    const txid = bitcoinChain.pay({
      address: DESTINATION,
      sats: 48_500,
      also: [
        { address: OTHER.bitcoin, sats: 7_000 },
        { address: DESTINATION, sats: 1_000 },
      ],
    });
    expect(await ofBitcoin(txid)).toEqual({ kind: 'paid', outputs: [48_500n, 1_000n], confirmations: 0 });
    bitcoinChain.mine();
    expect(await ofBitcoin(txid.toUpperCase())).toMatchObject({ kind: 'paid', confirmations: 1 });
    bitcoinChain.mine(2);
    expect(await ofBitcoin(`0x${txid}`)).toMatchObject({ kind: 'paid', confirmations: 3 });
  });

  test('nothing is shown of a transaction that pays others, is not known, or is none', async () => {
    const { bitcoinChain, ofBitcoin } = begin();
    const other = bitcoinChain.pay({ address: OTHER.bitcoin, sats: 48_500 });
    expect(await ofBitcoin(other)).toEqual(nothing('pays nothing to the destination'));
    expect(await ofBitcoin('ab'.repeat(32))).toEqual(nothing('does not show'));
    for (const none of ['', 'ab', '../blocks/tip/height', 'zz'.repeat(32)])
      expect(await ofBitcoin(none)).toEqual(nothing('is no transaction'));
  });

  test('a node that fails is replaced by the next; without any, nothing is known', async () => {
    const { bitcoin, bitcoinChain, ofBitcoin } = begin();
    const txid = bitcoinChain.pay({ address: DESTINATION, sats: 48_500 });
    bitcoin[0]?.faults.fail({ requests: 1_000, status: 500, body: 'no' });
    expect(await ofBitcoin(txid)).toMatchObject({ kind: 'paid' });
    bitcoin[1]?.faults.fail({ requests: 1_000, status: 500, body: 'no' });
    expect(await ofBitcoin(txid)).toEqual({ kind: 'unread' });
  });
});

describe('on Gnosis', () => {
  test('a payment is each transfer of EURe to the destination, from its block on', async () => {
    const { gnosisChain, ofGnosis } = begin();
    const units = 199n * 10n ** 17n;
    const txHash = gnosisChain.transfer({ to: GNOSIS_DESTINATION, units });
    gnosisChain.transfer({ to: OTHER.gnosis, units: 1n, within: txHash });
    // Another token, and a transfer of nothing, are no payment.
    gnosisChain.transfer({ to: GNOSIS_DESTINATION, units: 5n, within: txHash, contract: OTHER.gnosis });
    gnosisChain.transfer({ to: GNOSIS_DESTINATION, units: 0n, within: txHash });
    expect(await ofGnosis(txHash)).toEqual(nothing('does not show'));
    gnosisChain.mine();
    expect(await ofGnosis(txHash)).toEqual({ kind: 'paid', outputs: [units], confirmations: 1 });
    gnosisChain.mine(19);
    expect(await ofGnosis(txHash.toUpperCase().replace('0X', '0x'))).toMatchObject({ confirmations: 20 });
    gnosisChain.reorg({ depth: 20, drop: [txHash] });
    expect(await ofGnosis(txHash)).toEqual(nothing('does not show'));
  });

  test('nothing is shown of one that pays others, and nothing is known without a node', async () => {
    const { gnosis, gnosisChain, ofGnosis } = begin();
    const other = gnosisChain.transfer({ to: OTHER.gnosis, units: 5n });
    gnosisChain.mine();
    expect(await ofGnosis(other)).toEqual(nothing('pays nothing to the destination'));
    expect(await ofGnosis('0x12')).toEqual(nothing('is no transaction'));
    for (const sim of gnosis) sim.faults.fail({ requests: 1_000, status: 503, body: 'busy' });
    expect(await ofGnosis(other)).toEqual({ kind: 'unread' });
  });
});

test('a chain that is not read shows nothing, and needs no confirmations that could be met', async () => {
  const { reader } = begin();
  expect(await reader.payment({ chain: 'doge', txHash: 'ab', destination: 'x' })).toEqual({ kind: 'unread' });
  expect([reader.confirmationsRequired('doge'), reader.confirmationsRequired('eth:100')]).toEqual([null, 20]);
});
