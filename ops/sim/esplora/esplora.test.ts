import { afterEach, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import {
  EsploraAddress,
  EsploraBlockStatus,
  EsploraOutspend,
  EsploraTx,
  EsploraUtxo,
} from '../../../contracts/wire/esplora.ts';
import { decodeSegwit, encodeSegwit } from './bech32.ts';
import { startEsploraSim } from './server.ts';

const OURS = encodeSegwit(new Uint8Array(20).fill(7));

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start() {
  const sim = startEsploraSim({ now: () => 1_767_225_600_000 });
  open.push(sim);
  const get = async (path: string): Promise<{ status: number; text: string; json: unknown }> => {
    const response = await fetch(`${sim.url}${path}`);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, text, json: isJson ? JSON.parse(text) : null };
  };
  return { ...sim, get };
}

describe('segwit addresses', () => {
  test('the vector of BIP 173', () => {
    const program = Uint8Array.from(Buffer.from('751e76e8199196d454941c45d1b3a323f1433bd6', 'hex'));
    expect(encodeSegwit(program)).toBe('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4');
    expect(decodeSegwit('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4')).toEqual(program);
  });

  test('what is encoded is decoded, and one wrong letter is noticed', () => {
    const program = fc.constantFrom(20, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(program, fc.nat(30), (bytes, at) => {
        const address = encodeSegwit(bytes);
        expect(decodeSegwit(address)).toEqual(Uint8Array.from(bytes));
        const wrong = address.charAt(4 + at) === 'q' ? 'p' : 'q';
        expect(decodeSegwit(address.slice(0, 4 + at) + wrong + address.slice(5 + at))).toBeNull();
      }),
    );
  });
});

describe('a payment', () => {
  test('waits, is confirmed, and counts its confirmations against the tip', async () => {
    const { chain, get } = start();
    const txid = chain.pay({ address: OURS, sats: 100_000 });
    const waiting = await get(`/tx/${txid}`);
    expect(Value.Check(EsploraTx, waiting.json)).toBe(true);
    expect((await get(`/tx/${txid}/status`)).json).toEqual({ confirmed: false });
    chain.mine(3);
    const tip = Number((await get('/blocks/tip/height')).text);
    const { json } = await get(`/tx/${txid}/status`);
    expect(json).toMatchObject({ confirmed: true, block_height: tip - 2, block_time: 1_767_225_600 });
    expect(json).toMatchObject({ block_hash: (await get(`/block-height/${tip - 2}`)).text });
    expect((await get('/blocks/tip/hash')).text).toBe(chain.tip().hash);
  });

  test('shows on its address: lists, sums, outputs', async () => {
    const { chain, get } = start();
    const first = chain.pay({ address: OURS, sats: 100_000 });
    chain.mine();
    const second = chain.pay({ address: OURS, sats: 5_000 });
    const ids = async (path: string) =>
      ((await get(`/address/${OURS}${path}`)).json as EsploraTx[]).map((tx) => tx.txid);
    expect(await ids('/txs')).toEqual([second, first]);
    expect(await ids('/txs/mempool')).toEqual([second]);
    expect(await ids('/txs/chain')).toEqual([first]);
    const { json } = await get(`/address/${OURS.toUpperCase()}`);
    expect(Value.Check(EsploraAddress, json)).toBe(true);
    expect(json).toMatchObject({ chain_stats: { funded_txo_sum: 100_000 }, mempool_stats: { funded_txo_sum: 5_000 } });
    const utxo = (await get(`/address/${OURS}/utxo`)).json as unknown[];
    expect(utxo.every((each) => Value.Check(EsploraUtxo, each))).toBe(true);
    expect(utxo).toHaveLength(2);
  });

  test('pages of 25 that end with an empty one', async () => {
    const { chain, get } = start();
    for (let each = 0; each < 60; each += 1) {
      chain.pay({ address: OURS, sats: 1000 + each });
      if (each % 7 === 0) chain.mine();
    }
    chain.mine();
    const seen: string[] = [];
    for (let path = `/address/${OURS}/txs/chain`; ; ) {
      const list = (await get(path)).json as EsploraTx[];
      if (list.length === 0) break;
      expect(list.length).toBeLessThanOrEqual(25);
      seen.push(...list.map((tx) => tx.txid));
      path = `/address/${OURS}/txs/chain/${seen.at(-1)}`;
    }
    expect(new Set(seen).size).toBe(60);
  });

  test('is replaced: the old one is gone, its input names the new one', async () => {
    const { chain, get } = start();
    const old = chain.pay({ address: OURS, sats: 100_000 });
    const { vin } = (await get(`/tx/${old}`)).json as EsploraTx;
    const next = chain.replace(old, { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' });
    expect(await get(`/tx/${old}`)).toMatchObject({ status: 404, text: 'Transaction not found' });
    const { json } = await get(`/tx/${vin[0]?.txid}/outspend/${vin[0]?.vout}`);
    expect(Value.Check(EsploraOutspend, json)).toBe(true);
    expect(json).toMatchObject({ spent: true, txid: next });
    expect((await get(`/address/${OURS}/txs`)).json).toEqual([]);
    chain.mine();
    expect(() => chain.replace(next)).toThrow('is confirmed');
  });

  test('is dropped: its input is unspent again', async () => {
    const { chain, get } = start();
    const txid = chain.pay({ address: OURS, sats: 100_000 });
    const { vin } = (await get(`/tx/${txid}`)).json as EsploraTx;
    chain.drop(txid);
    expect((await get(`/tx/${vin[0]?.txid}/outspend/${vin[0]?.vout}`)).json).toEqual({ spent: false });
  });

  test('is swept from the address: spent, and in its list', async () => {
    const { chain, get } = start();
    const txid = chain.pay({ address: OURS, sats: 100_000 });
    chain.mine();
    const sweep = chain.spend({ txid, vout: 0 });
    expect((await get(`/tx/${txid}/outspends`)).json).toMatchObject([{ spent: true, txid: sweep }, { spent: false }]);
    expect((await get(`/address/${OURS}/utxo`)).json).toEqual([]);
    expect((await get(`/address/${OURS}`)).json).toMatchObject({ mempool_stats: { spent_txo_sum: 100_000 } });
    expect(() => chain.spend({ txid, vout: 0 })).toThrow('is spent');
  });
});

describe('a reorganisation', () => {
  test('puts payments back into the mempool, changes hashes, and makes the old blocks orphans', async () => {
    const { chain, get } = start();
    chain.mine(2);
    const kept = chain.pay({ address: OURS, sats: 1000 });
    const lost = chain.pay({ address: OURS, sats: 2000 });
    const block = chain.mine();
    const before = (await get(`/block/${block.hash}/status`)).json;
    expect(Value.Check(EsploraBlockStatus, before)).toBe(true);
    expect(before).toEqual({ in_best_chain: true, height: block.height });
    chain.reorg({ depth: 1, drop: [lost] });
    expect((await get(`/block/${block.hash}/status`)).json).toEqual({ in_best_chain: false });
    expect((await get(`/block-height/${block.height}`)).text).not.toBe(block.hash);
    expect((await get(`/tx/${kept}/status`)).json).toEqual({ confirmed: false });
    expect((await get(`/tx/${lost}`)).status).toBe(404);
    expect(chain.tip().height).toBe(block.height + 1);
    chain.mine();
    expect((await get(`/tx/${kept}/status`)).json).toMatchObject({ confirmed: true, block_height: block.height + 2 });
  });
});

test.each([
  ['/address/bc1qnonsense', 400, 'Invalid Bitcoin address'],
  [`/tx/${'0'.repeat(64)}`, 404, 'Transaction not found'],
  ['/block-height/1', 404, 'Block not found'],
  ['/nothing', 404, 'Not Found'],
])('%s is refused in plain text', async (path, status, text) => {
  expect(await start().get(path)).toMatchObject({ status, text });
});

test('failures can be asked for', async () => {
  const { faults, get } = start();
  faults.fail({ requests: 1, status: 429, body: 'Too Many Requests' });
  expect(await get('/blocks/tip/height')).toMatchObject({ status: 429, text: 'Too Many Requests' });
  expect((await get('/blocks/tip/height')).status).toBe(200);
});
