// What the stand-ins make of spoiled requests: an answer each time, so that a test of the engine fails for the engine's faults alone.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedJson, mutatedText } from '../testing/mutated.ts';
import { wirePayloads } from '../testing/wire.ts';
import { startChain } from './chain/chain.ts';
import { manualClock } from './chain/clock.ts';
import { Prices } from './coingecko/prices.ts';
import { answerRpc as answerGnosis, rpcResult } from './gnosis/json-rpc.ts';
import { readRecorded } from './kraken/recorded.ts';
import { readRequest } from './kraken/requests.ts';
import { answer } from './near-rpc/answer.ts';
import { makeDesk } from './relay/desk.ts';
import { answerTo, EXACT_IN, fundedChain } from './relay/fixtures.ts';
import { Records } from './relay/records.ts';
import { answerRpc } from './relay/rpc.ts';
import { newSession } from './relay/session.ts';
import { normalConduct } from './relay/socket/conduct.ts';
import { replyTo } from './relay/socket/requests.ts';
import { makeTaker } from './relay/taker.ts';
import { judgeLine } from './verifier/batch-line.ts';
import { NOW_MS, SOLVER, signIntents, tokenDiff, wireOf } from './verifier/fixtures.ts';

const request = (method: string, params: unknown): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('Kraken: any text of a client is a wish or malformed, and any recorded one is read', () => {
  const params = { channel: 'book', symbol: ['BTC/EUR'], depth: 25, snapshot: true };
  const requests = ['subscribe', 'unsubscribe', 'ping'].map((method) => JSON.stringify({ method, params, req_id: 1 }));
  fc.assert(
    fc.property(mutatedText([...requests, ...wirePayloads('kraken').values()]), (text) => {
      expect(['subscribe', 'unsubscribe', 'ping', 'malformed']).toContain(readRequest(text).kind);
      expect(readRecorded(text).kind).not.toBe('');
    }),
    FUZZ,
  );
});

test('CoinGecko: any recorded body is taken over or refused with a reason, and the next body is JSON', () => {
  const prices = new Prices(() => NOW_MS, '94750');
  const wish = { ids: ['bitcoin'], currencies: ['eur'], precision: 2, withTime: true };
  fc.assert(
    fc.property(mutatedText([...wirePayloads('coingecko').values()]), (text) => {
      const taken = prices.takeOver(text, NOW_MS);
      if (!taken.ok) expect(taken.reason).not.toBe('');
      expect(typeof JSON.parse(prices.body(wish))).toBe('object');
    }),
    FUZZ,
  );
});

test('a NEAR node answers any request with a result or a named error', () => {
  const clock = manualClock(NOW_MS);
  const chain = startChain({ clock, firstHeight: 100, keepBlocks: 20 });
  const call = (method_name: string, args: unknown) => ({
    request_type: 'call_function',
    finality: 'final',
    account_id: 'intents.near',
    method_name,
    args_base64: Buffer.from(JSON.stringify(args)).toString('base64'),
  });
  const signed = [wireOf(signIntents(SOLVER, [tokenDiff({ 'nep141:a': '-1' })]))];
  const nonce = 'Vij2xgAlKBKzAEiS6N1S/hcQLaHzX2s1fNKhBDblXT4=';
  const seeds = [
    request('query', call('mt_batch_balance_of', { account_id: 'solver.near', token_ids: ['nep141:btc.omft.near'] })),
    request('query', call('is_nonce_used', { account_id: 'solver.near', nonce })),
    request('query', call('simulate_intents', { signed })),
    request('query', { request_type: 'view_access_key', block_id: 101, account_id: 'solver.near', public_key: 'x' }),
    request('block', { finality: 'final' }),
    request('tx', { tx_hash: '8yFN', sender_account_id: 'solver.near', wait_until: 'FINAL' }),
    request('tx', ['8yFN', 'solver.near']),
    request('gas_price', [null]),
    request('status', []),
  ];
  const args = mutatedText([
    JSON.stringify({ account_id: 'solver.near', token_ids: ['a'] }),
    JSON.stringify({ signed }),
  ]);
  const methods = [
    'mt_batch_balance_of',
    'is_nonce_used',
    'simulate_intents',
    'has_public_key',
    'is_valid_salt',
    'fee',
  ];
  const anyCall = fc.tuple(fc.constantFrom(...methods), args).map(([method, text]) => ({
    ...JSON.parse(request('query', call(method, {}))),
    params: { ...call(method, {}), args_base64: Buffer.from(text.toWellFormed()).toString('base64') },
  }));
  fc.assert(
    fc.property(fc.oneof(mutatedJson(seeds), anyCall), (body) => {
      const outcome = answer(chain, body, 'mainnet');
      expect('result' in outcome || 'error' in outcome).toBe(true);
      expect(JSON.stringify(outcome).length).toBeLessThan(1_000_000);
    }),
    FUZZ,
  );
});

function relay() {
  const clock = manualClock(NOW_MS);
  const chain = fundedChain(clock);
  const taker = makeTaker(chain, clock.nowMs, new Uint8Array(32).fill(5));
  const desk = makeDesk({ chain, clock, taker, records: new Records(), judge: 'all', tellStatus: () => {} });
  return { chain, desk, clock };
}

test('the relay answers any frame of a client with one JSON-RPC reply', () => {
  const { desk, clock } = relay();
  desk.ask(EXACT_IN, 'event', undefined);
  const seeds = [
    request('subscribe', ['quote', { tokens_in: ['a'], tokens_out: [] }]),
    request('subscribe', ['quote_status', null, true]),
    request('unsubscribe', ['00000000-0000-0000-0000-000000000000']),
    request('acknowledge', ['s', 42]),
    request('quote_response', [answerTo(EXACT_IN, clock.nowMs())]),
  ];
  const context = { desk, conduct: normalConduct() };
  fc.assert(
    fc.property(mutatedText(seeds), (text) => {
      const reply = JSON.parse(replyTo(context, newSession(1), text));
      expect('result' in reply || 'error' in reply).toBe(true);
    }),
    FUZZ,
  );
  const nested = seeds.map((text) => text.replace(/"params":\[/, `"params":[${deep(60_000)},`));
  const inside = request('quote_response', ['@']).replace('"@"', `{"quote_id":"a","signed_data":${deep(60_000)}}`);
  for (const text of [...nested, inside]) expect(JSON.parse(replyTo(context, newSession(1), text)).id).toBeDefined();
});

test('the relay answers any body at its HTTP door', async () => {
  const { chain, desk, clock } = relay();
  const asked = { defuse_asset_identifier_in: 'a', defuse_asset_identifier_out: 'b', exact_amount_in: '1000' };
  const signed_data = wireOf(signIntents(SOLVER, []));
  const seeds = [
    request('publish_intent', [{ quote_hashes: [], signed_data }]),
    request('publish_intents', [{ quote_hashes: [], signed_datas: [signed_data] }]),
    request('get_status', [{ intent_hash: 'x' }]),
    request('quote', [{ ...asked, exact_amount_out: '1' }]),
  ];
  const context = {
    chain,
    desk,
    nowMs: clock.nowMs,
    ask: () => {
      throw new Error('no quote is asked for here: both sides are fixed');
    },
    newQuoteId: () => 'quote',
  };
  await fc.assert(
    fc.asyncProperty(mutatedJson(seeds), async (body) => {
      // Without one fixed side no auction begins, which would have to be waited for.
      const isQuote = typeof body === 'object' && body !== null && Reflect.get(body, 'method') === 'quote';
      if (isQuote) return;
      const reply = JSON.parse(await answerRpc(context, body));
      expect('result' in reply || 'error' in reply).toBe(true);
    }),
    FUZZ,
  );
});

test('Gnosis answers any body, single or a batch', async () => {
  const seeds = [request('eth_chainId', []), `[${request('eth_blockNumber', [])},${request('x', {})}]`];
  await fc.assert(
    fc.asyncProperty(mutatedText(seeds), async (body) => {
      const http = new Request('http://127.0.0.1/', { method: 'POST', body: body.toWellFormed() });
      const response = await answerGnosis(http, ({ method }) => rpcResult({ method, units: 2n ** 70n }));
      expect([200, 400]).toContain(response.status);
      expect(typeof JSON.parse(await response.text())).toBe('object');
    }),
    { numRuns: 300 },
  );
});

test('any line of a batch gets a verdict or a reason', () => {
  const line = {
    state: {
      now_ms: NOW_MS,
      salt: '252812b3',
      fee_pips: 1,
      balances: { 'solver.near': { 'nep141:a': '1000' } },
      keys: { 'solver.near': [SOLVER.publicKey] },
      used_nonces: { 'solver.near': ['00'.repeat(32)] },
      locked: [],
    },
    signed: [wireOf(signIntents(SOLVER, [tokenDiff({ 'nep141:a': '-1' })]))],
  };
  fc.assert(
    fc.property(mutatedText([JSON.stringify(line)]), (text) => {
      const judged = judgeLine(text);
      if (judged.ok) expect(judged.value.ok || judged.value.error !== null).toBe(true);
      else expect(judged.reason).not.toBe('');
    }),
    FUZZ,
  );
  for (const depth of [1_000, 60_000]) {
    const text = JSON.stringify({ ...line, signed: ['@'] }).replace('"@"', deep(depth));
    expect(judgeLine(text).ok).toBe(true);
  }
});
