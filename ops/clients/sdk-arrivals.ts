// Whether a withdrawal arrived: the transaction that the bridge named, as the simulated outside chains show it to anybody.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BTC } from '../../contracts/assets.ts';
import { EURE_CONTRACT, TRANSFER_TOPIC } from '../../contracts/wire/gnosis.ts';
import type { Arrival } from './sdk-judge.ts';
import type { Paid } from './sdk-plan.ts';

/** More than a block of either chain takes. */
const BLOCK_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 500;

type Urls = Readonly<Record<string, string>>;

const BitcoinTx = Type.Object({
  vout: Type.Array(Type.Object({ scriptpubkey_address: Type.Optional(Type.String()), value: Type.Integer() })),
});
const Receipt = Type.Object({
  result: Type.Object({
    logs: Type.Array(Type.Object({ address: Type.String(), topics: Type.Array(Type.String()), data: Type.String() })),
  }),
});

async function satsTo(urls: Urls, txid: string, address: string): Promise<bigint | null> {
  const response = await fetch(`${urls['BTC_OBSERVER_URL']}/tx/${txid}`);
  const body: unknown = response.ok ? await response.json() : null;
  if (!Value.Check(BitcoinTx, body)) return null;
  const own = body.vout.filter(({ scriptpubkey_address }) => scriptpubkey_address === address);
  return own.reduce((sum, { value }) => sum + BigInt(value), 0n);
}

async function eureTo(urls: Urls, hash: string, address: string): Promise<bigint | null> {
  const response = await fetch(urls['GNOSIS_RPC_URL'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getTransactionReceipt', params: [hash] }),
  });
  const body: unknown = await response.json();
  if (!Value.Check(Receipt, body)) return null;
  const receiver = `0x${address.slice(2).toLowerCase().padStart(64, '0')}`;
  const own = body.result.logs.filter(
    (log) =>
      log.address.toLowerCase() === EURE_CONTRACT && log.topics[0] === TRANSFER_TOPIC && log.topics[2] === receiver,
  );
  return own.reduce((sum, { data }) => sum + BigInt(data), 0n);
}

async function arrivalOf(urls: Urls, paid: Paid): Promise<Arrival> {
  const { assetId, destination, transferTxHash } = paid;
  if (transferTxHash === null) return { paid, units: null };
  const read = assetId === BTC.id ? satsTo : eureTo;
  return { paid, units: await read(urls, transferTxHash, destination) };
}

/** A payment that was just made gets its receipt with the next block. */
export async function waitForArrival(urls: Urls, paid: Paid, limitMs = BLOCK_LIMIT_MS): Promise<Arrival> {
  const endsAtMs = performance.now() + limitMs;
  for (;;) {
    const arrival = await arrivalOf(urls, paid);
    if (arrival.units !== null || performance.now() > endsAtMs) return arrival;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
