import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { WIRE_DIRECTORY, type WireProtocol, wirePayloads } from '../../ops/testing/wire.ts';
import { CoinGeckoError, CoinGeckoSimplePrice, coinGeckoReviver } from './coingecko.ts';
import { EsploraTx } from './esplora.ts';
import { EthLog } from './gnosis.ts';
import {
  KrakenAck,
  KrakenBookFrame,
  KrakenHeartbeatFrame,
  KrakenPong,
  KrakenRateError,
  KrakenStatusFrame,
  KrakenTickerFrame,
  krakenReviver,
} from './kraken.ts';
import { BlockResult, CallFunctionPanic, CallFunctionResult, NearRpcReply, TxResult } from './near-rpc.ts';
import {
  PoaDepositAddress,
  PoaRecentDeposits,
  PoaReply,
  PoaSupportedTokens,
  PoaWithdrawalEstimate,
  PoaWithdrawalStatus,
  poaBridgeReviver,
} from './poa-bridge.ts';
import { QuoteEvent, QuoteStatusEvent, RpcFailure, RpcSuccess } from './relay.ts';

const result = (schema: TSchema): TSchema => Type.Object({ result: schema });

/** The shape of each payload, by the beginning of its name; the longest that fits. */
const SHAPES: Readonly<Record<WireProtocol, Readonly<Record<string, TSchema>>>> = {
  relay: {
    accepted: RpcSuccess,
    subscribed: RpcSuccess,
    error: RpcFailure,
    refused: RpcFailure,
    quote: QuoteEvent,
    'quote-status': QuoteStatusEvent,
  },
  'near-rpc': {
    block: result(BlockResult),
    view: result(CallFunctionResult),
    'view-panic': result(CallFunctionPanic),
    transaction: result(TxResult),
    status: result(Type.Object({ chain_id: Type.String() })),
    error: Type.Intersect([NearRpcReply, Type.Object({ error: Type.Object({}) })]),
    // What comes before a node has no names of causes.
    'error-rate-limit': Type.Object({ error: Type.Object({ message: Type.String() }) }),
  },
  kraken: {
    book: KrakenBookFrame,
    ticker: KrakenTickerFrame,
    heartbeat: KrakenHeartbeatFrame,
    status: KrakenStatusFrame,
    subscribed: KrakenAck,
    refused: KrakenAck,
    unsubscribed: KrakenAck,
    error: KrakenRateError,
    pong: KrakenPong,
  },
  coingecko: { prices: CoinGeckoSimplePrice, error: CoinGeckoError },
  'poa-bridge': {
    'supported-tokens': result(PoaSupportedTokens),
    'deposit-address': result(PoaDepositAddress),
    'recent-deposits': result(PoaRecentDeposits),
    'withdrawal-estimate': result(PoaWithdrawalEstimate),
    'withdrawal-status': result(PoaWithdrawalStatus),
    error: PoaReply,
  },
  esplora: { transaction: EsploraTx },
  gnosis: { 'transfer-log': result(Type.Array(EthLog)) },
};

const REVIVERS = { kraken: krakenReviver, coingecko: coinGeckoReviver, 'poa-bridge': poaBridgeReviver };
const PROTOCOLS = Object.keys(SHAPES) as WireProtocol[];

test.each(PROTOCOLS)('each payload of %s has its shape', (protocol) => {
  const shapes = Object.entries(SHAPES[protocol]).sort(([a], [b]) => b.length - a.length);
  const reviver = Object.entries(REVIVERS).find(([name]) => name === protocol)?.[1];
  for (const [name, text] of wirePayloads(protocol)) {
    const shape = shapes.find(([beginning]) => name.startsWith(beginning))?.[1];
    if (shape === undefined) throw new Error(`${protocol}/${name} has no shape in this test`);
    const value: unknown = JSON.parse(text, reviver);
    expect({ name, errors: [...Value.Errors(shape, value)] }).toEqual({ name, errors: [] });
  }
});

test('the table names each file with its origin, source and date, and no other', () => {
  const table = readFileSync(join(WIRE_DIRECTORY, 'README.md'), 'utf8');
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (.+) \| (.+) \| (.+) \| (.+) \|$/gm)];
  const files = readdirSync(WIRE_DIRECTORY, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.json'),
  );
  expect(rows.map(([, file]) => file ?? '').sort()).toEqual(files.sort());
  for (const [, , , origin] of rows) expect(['captured', 'published', 'made']).toContain(origin ?? '');
});

test.each([
  ['100000', '100000'],
  ['5000000000000000000', '5000000000000000000'],
  ['999999999999999999999', '999999999999999999999'],
  // As JSON.stringify writes 1,000 EURe and 1,234.5 EURe.
  [JSON.stringify(1e21), '1000000000000000000000'],
  [JSON.stringify(1.2345e21), '1234500000000000000000'],
  ['1E21', '1000000000000000000000'],
  ['0', '0'],
  ['1.5', '1.5'],
  ['1.23e1', '1.23e1'],
  ['-1e+21', '-1e+21'],
  ['1e-7', '1e-7'],
  ['1e400', '1e400'],
])('the amount %s of the bridge is read as %s', (written, read) => {
  expect(JSON.parse(`{"amount":${written}}`, poaBridgeReviver)).toEqual({ amount: read });
});
