import { afterEach, expect, test } from 'bun:test';
import { encodeSegwit } from './bech32.ts';
import { startEsploraSim } from './server.ts';

const OURS = encodeSegwit(new Uint8Array(20).fill(7));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start() {
  const sim = startEsploraSim({ now: () => 1_767_225_600_000 });
  open.push(sim);
  return { ...sim, text: async (path: string) => (await fetch(`${sim.url}${path}`)).text() };
}

test('a server that lags shows an older tip, and as waiting what newer blocks contain', async () => {
  const { chain, faults, text } = start();
  chain.mine(2);
  const txid = chain.pay({ address: OURS, sats: 1000 });
  const { height, hash } = chain.mine();
  faults.lag(1);
  expect(await text('/blocks/tip/height')).toBe(String(height - 1));
  expect(await text(`/block-height/${height}`)).toBe('Block not found');
  expect(JSON.parse(await text(`/tx/${txid}/status`))).toEqual({ confirmed: false });
  expect(JSON.parse(await text(`/address/${OURS}/txs/mempool`))).toMatchObject([{ txid }]);
  faults.lag(0);
  expect(await text('/blocks/tip/hash')).toBe(hash);
  expect(JSON.parse(await text(`/tx/${txid}/status`))).toMatchObject({ confirmed: true, block_height: height });
});

test('a server that lies claims another height, and shows the same blocks', async () => {
  const { chain, faults, text } = start();
  faults.claimHeight(2_000_000);
  expect([await text('/blocks/tip/height'), await text('/blocks/tip/hash')]).toEqual(['2000000', chain.tip().hash]);
  faults.claimHeight(null);
  expect(await text('/blocks/tip/height')).toBe(String(chain.tip().height));
});

test('a server whose transactions lag has the blocks; one can hide a transaction', async () => {
  const { chain, faults, text } = start();
  const txid = chain.pay({ address: OURS, sats: 1000 });
  const { height, hash } = chain.mine();
  faults.lagTransactions(1);
  expect(await text(`/block-height/${height}`)).toBe(hash);
  expect(JSON.parse(await text(`/tx/${txid}/status`))).toEqual({ confirmed: false });
  faults.hide(txid);
  expect(await text(`/tx/${txid}`)).toBe('Transaction not found');
  expect(await text(`/address/${OURS}/txs`)).toBe('[]');
});

test('a payment of several outputs has them in their order, and the change last', async () => {
  const { chain, text } = start();
  const txid = chain.pay({ address: OURS, sats: 1000, also: [{ address: OURS, sats: 2000 }] });
  const { vin, vout, fee } = JSON.parse(await text(`/tx/${txid}`));
  expect(vout.map(({ value }: { value: number }) => value)).toEqual([1000, 2000, 150_000]);
  expect(vin[0].prevout.value).toBe(1000 + 2000 + 150_000 + fee);
});
