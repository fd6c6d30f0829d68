// The relay over real sockets: who is let in, subscriptions and filters, both shapes of events, replies, HTTP, faults.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { SimChain } from '../chain/chain.ts';
import { manualClock, realClock } from '../chain/clock.ts';
import { BTC, EURE, SOLVER, signIntents, wireOf } from '../verifier/fixtures.ts';
import { answerTo, type Client, connect, EXACT_IN, fundedChain } from './fixtures.ts';
import { type RelaySim, startRelaySim } from './server.ts';

const TOKEN = 'secret-of-a-test';
let chain: SimChain;
let relay: RelaySim;
const clients: Client[] = [];

async function join(): Promise<Client> {
  const client = await connect(relay.wsUrl, TOKEN);
  clients.push(client);
  return client;
}

async function solver(parameters: readonly unknown[] = ['quote']): Promise<Client> {
  const client = await join();
  await client.call('subscribe', parameters);
  return client;
}

beforeEach(() => {
  chain = fundedChain(realClock);
  relay = startRelaySim({ chain, token: TOKEN });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await relay.close();
});

const answer = (options = {}) => answerTo(EXACT_IN, Date.now(), { deadlineNs: inSeconds(70), ...options });
const inSeconds = (seconds: number) => BigInt(Date.now() + seconds * 1000) * 1_000_000n;

describe('who is let in', () => {
  test.each([
    ['no token', undefined],
    ['another token', 'wrong'],
  ])('%s: 403', async (_name, token) => {
    const headers = { authorization: token === undefined ? '' : `Bearer ${token}` };
    expect((await fetch(relay.wsUrl.replace('ws', 'http'), { headers })).status).toBe(403);
    expect((await fetch(relay.rpcUrl, { method: 'POST', body: '{}', headers })).status).toBe(403);
    await expect(connect(relay.wsUrl, token)).rejects.toThrow('refused');
  });

  test('everybody, where there is no token', async () => {
    const open = startRelaySim({ chain });
    const client = await connect(open.wsUrl);
    expect((await client.call('subscribe', ['quote'])).result).toBeString();
    client.close();
    await open.close();
  });
});

describe('subscriptions', () => {
  test('without one nothing is heard', async () => {
    await join();
    expect(relay.ask(EXACT_IN, { shape: 'event' })).toBe(0);
  });

  test.each([
    [{}, 1],
    [null, 1],
    [{ tokens_in: [BTC, EURE], tokens_out: [EURE] }, 1],
    [{ tokens_in: [], tokens_out: [] }, 1],
    [{ tokens_in: [EURE] }, 0],
    [{ tokens_in: [BTC], tokens_out: [BTC] }, 0],
  ])('filter %j hears the request %i times', async (filter, heard) => {
    await solver(['quote', filter]);
    expect(relay.ask(EXACT_IN, { shape: 'event' })).toBe(heard);
  });

  test('a second subscription replaces the first; none is left when it ends', async () => {
    const client = await solver(['quote', { tokens_in: ['nep141:x.near'] }]);
    const { result } = await client.call('subscribe', ['quote']);
    expect(relay.ask(EXACT_IN, { shape: 'event' })).toBe(1);
    expect((await client.call('unsubscribe', [result])).result).toBe('OK');
    expect(relay.ask({ ...EXACT_IN, quote_id: 'b' }, { shape: 'event' })).toBe(0);
    expect((await client.call('unsubscribe', [result])).error.code).toBe(-32602);
  });

  test('an unknown stream and a bad filter are refused', async () => {
    const client = await join();
    expect((await client.call('subscribe', ['trades'])).error.message).toContain('unknown stream');
    expect((await client.call('subscribe', ['quote', { tokens_in: 7 }])).error.message).toContain('tokens_in');
  });
});

describe('events', () => {
  test('shape with data and metadata', async () => {
    const client = await join();
    const { result: subscription } = await client.call('subscribe', ['quote']);
    relay.ask(EXACT_IN, { shape: 'event', metadata: { partner_id: '1click', traceparent: '00-aa-bb-01' } });
    expect(await client.event()).toEqual({
      jsonrpc: '2.0',
      method: 'event',
      params: { subscription, data: EXACT_IN, metadata: { partner_id: '1click', traceparent: '00-aa-bb-01' } },
    });
  });

  test('flat shape', async () => {
    const client = await join();
    const { result: subscription } = await client.call('subscribe', ['quote']);
    relay.ask(EXACT_IN, { shape: 'subscribe' });
    expect(await client.event()).toEqual({
      jsonrpc: '2.0',
      method: 'subscribe',
      params: { subscription, ...EXACT_IN },
    });
  });

  test('a raw text goes to every client as it is', async () => {
    const client = await join();
    relay.sendRaw('{"odd": true}');
    expect(await client.event()).toEqual({ odd: true });
  });
});

describe('answers', () => {
  test('accepted, taken, settled: the status reaches every subscriber of it', async () => {
    const client = await solver();
    const watcher = await solver(['quote_status']);
    relay.ask(EXACT_IN, { shape: 'event' });
    expect((await client.call('quote_response', [answer()])).result).toBe('OK');
    const settlement = relay.takeNow(EXACT_IN.quote_id);
    expect(settlement).toMatchObject({ ok: true });
    chain.mine(1);
    expect((await watcher.event()).params.data).toEqual({
      quote_hash: relay.answers()[0]?.quoteHash ?? '',
      intent_hash: settlement?.intentHash ?? '',
      tx_hash: settlement?.txHash ?? '',
    });
  });

  test('the flat shape of a status has no subscription', async () => {
    const client = await solver();
    const watcher = await solver(['quote_status']);
    relay.ask(EXACT_IN, { shape: 'subscribe' });
    await client.call('quote_response', [answer()]);
    relay.faults.statusBeforeBlock(true);
    const { txHash, ok } = relay.takeNow(EXACT_IN.quote_id) ?? {};
    expect(ok).toBe(true);
    const { method, params } = await watcher.event();
    expect(method).toBe('subscribe');
    expect(Object.keys(params)).toEqual(['quote_hash', 'intent_hash', 'tx_hash']);
    expect(params.tx_hash).toBe(txHash);
  });

  test('a late one gets the venue’s own error, others their reason', async () => {
    const client = await solver();
    const late = await client.call('quote_response', [{ ...answer(), quote_id: 'unknown' }]);
    expect(late.error).toMatchObject({ code: -32098, message: 'quote not found or already finished' });
    relay.ask(EXACT_IN, { shape: 'event' });
    const wrong = await client.call('quote_response', [answer({ recipient: 'other.near' })]);
    expect(wrong.error.data.reason).toBe('wrong_recipient');
  });

  test('listeners hear every answer until they stop', async () => {
    const client = await solver();
    const heard: (string | null)[] = [];
    const stop = relay.onAnswer(({ reason }) => heard.push(reason));
    await client.call('quote_response', [answer()]);
    stop();
    await client.call('quote_response', [answer()]);
    expect(heard).toEqual(['quote_gone']);
    expect(relay.counts()).toMatchObject({ answers: 2, refused: 2, refusals: { quote_gone: 2 } });
  });

  test.each([
    ['no JSON', '{', -32700, null],
    ['no request', '{"id":1}', -32600, null],
    ['no such method', '{"id":"x","method":"respond_quote","params":[]}', -32601, 'x'],
  ])('%s is answered with an error', async (_name, text, code, id) => {
    const client = await join();
    client.send(text);
    const frame = await client.event();
    expect(frame).toMatchObject({ id, error: { code } });
  });
});

describe('HTTP', () => {
  const post = async (body: unknown) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const reply = await fetch(`${relay.rpcUrl}?method=x`, { method: 'POST', headers, body: JSON.stringify(body) });
    return JSON.parse(await reply.text());
  };
  const rpc = (method: string, parameter: unknown) =>
    post({ jsonrpc: '2.0', id: 'dontcare', method, params: [parameter] });

  test('quote asks the connected solvers and gives their answers', async () => {
    const client = await solver();
    const { quote_id: _, ...request } = { ...EXACT_IN, min_wait_ms: 1, max_wait_ms: 5_000 };
    const asked = rpc('quote', request);
    const { params } = await client.event();
    const parameter = answerTo(params.data, Date.now());
    expect((await client.call('quote_response', [parameter])).result).toBe('OK');
    const { id, result } = await asked;
    expect(id).toBe('dontcare');
    expect(result).toMatchObject([{ amount_in: '100000', amount_out: '94749905250000000000' }]);
    expect(result[0].quote_hash).toBe(relay.answers()[0]?.quoteHash);
  });

  test('quote that nobody answers is null', async () => {
    const { quote_id: _, ...request } = { ...EXACT_IN, max_wait_ms: 20 };
    expect((await rpc('quote', request)).result).toBeNull();
  });

  test.each([1, 'one'])('the id %p comes back as it was sent', async (id) => {
    const body = { jsonrpc: '2.0', id, method: 'get_status', params: [{ intent_hash: 'unknown' }] };
    expect(await post(body)).toMatchObject({ id, result: { intent_hash: 'unknown' } });
    expect(await post({ ...body, method: 'no_such' })).toMatchObject({ id, error: { code: -32601 } });
    expect(await post({ ...body, params: [{}] })).toMatchObject({ id, error: { code: -32602 } });
  });

  test('an intent is pending, broadcast, and settled with its block', async () => {
    const clock = manualClock(Date.now());
    const slow = startRelaySim({ chain: fundedChain(clock), clock });
    const call = async (method: string, parameter: unknown) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [parameter] });
      return JSON.parse(await (await fetch(slow.rpcUrl, { method: 'POST', body })).text()).result;
    };
    const signed = wireOf(signIntents(SOLVER, [], { deadlineNs: inSeconds(60) }));
    const published = await call('publish_intent', { quote_hashes: [], signed_data: signed });
    expect(published).toMatchObject({ status: 'OK' });
    const seen = [];
    for (const afterMs of [0, 100, 900]) {
      clock.advance(afterMs);
      const { status, data } = await call('get_status', { intent_hash: published.intent_hash });
      seen.push([status, typeof data?.hash]);
    }
    expect(seen).toEqual([
      ['PENDING', 'undefined'],
      ['TX_BROADCASTED', 'string'],
      ['SETTLED', 'string'],
    ]);
    await slow.close();
  });

  test.each(['exact_amount_in', 'exact_amount_out'])('two amounts or none are no quote: %s', async (name) => {
    const pair = { defuse_asset_identifier_in: BTC, defuse_asset_identifier_out: EURE };
    const both = { ...pair, exact_amount_in: '1', exact_amount_out: '1' };
    expect((await rpc('quote', both)).error.code).toBe(-32602);
    expect((await rpc('quote', { ...pair, [name]: null })).error.code).toBe(-32602);
  });

  test('publish_intents runs several as one', async () => {
    const signed = [1, 2].map(() => wireOf(signIntents(SOLVER, [], { deadlineNs: inSeconds(60) })));
    const { result } = await rpc('publish_intents', { quote_hashes: [], signed_datas: signed });
    expect(result.status).toBe('OK');
    expect(result.intent_hashes).toHaveLength(2);
    const again = await rpc('publish_intents', { quote_hashes: [], signed_datas: signed });
    expect(again.result).toMatchObject({ status: 'FAILED', reason: 'already processed' });
  });

  test('a refused intent says why, and was not sent; one that is sent and fails has the status of it', async () => {
    const clock = manualClock(Date.now());
    const slow = startRelaySim({ chain: fundedChain(clock), clock });
    const call = async (method: string, parameter: unknown) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [parameter] });
      return JSON.parse(await (await fetch(slow.rpcUrl, { method: 'POST', body })).text()).result;
    };
    const publish = (seconds: number, fill: number) => {
      const options = { deadlineNs: inSeconds(seconds), nonce: new Uint8Array(32).fill(fill) };
      const signed = wireOf(signIntents(SOLVER, [], options));
      return call('publish_intent', { quote_hashes: [], signed_data: signed });
    };
    const refused = await publish(-1, 1);
    expect(refused).toMatchObject({ status: 'FAILED', reason: 'deadline has expired' });
    expect(await call('get_status', { intent_hash: refused.intent_hash })).toEqual({
      intent_hash: refused.intent_hash,
      status: 'NOT_FOUND_OR_NOT_VALID',
    });
    expect(await publish(60, 2)).toMatchObject({ status: 'OK' });
    const failing = await publish(50, 2);
    expect(failing).toMatchObject({ status: 'OK' });
    expect(await call('get_status', { intent_hash: failing.intent_hash })).toEqual({
      intent_hash: failing.intent_hash,
      status: 'NOT_FOUND_OR_NOT_VALID',
      status_details: 'FAILED',
      data: { hash: expect.any(String) },
    });
    await slow.close();
  });

  test.each([
    ['no_such_method', {}, -32601],
    ['quote', { exact_amount_in: '1' }, -32602],
    ['publish_intent', {}, -32602],
    ['publish_intents', {}, -32602],
    ['get_status', {}, -32602],
  ])('%s %j: %i', async (method, parameter, code) => {
    expect((await rpc(method, parameter)).error.code).toBe(code);
  });

  test('a body that is no request', async () => {
    expect((await post([])).error.code).toBe(-32600);
  });
});

describe('faults', () => {
  test('held replies come when they are let go', async () => {
    const client = await join();
    relay.faults.holdAcks(true);
    const received = new Promise((settle) => relay.onAnswer(settle));
    let isReplied = false;
    const reply = client.call('quote_response', [answer()]).finally(() => {
      isReplied = true;
    });
    await received;
    await relay.flushed();
    expect(isReplied).toBe(false);
    relay.faults.holdAcks(false);
    expect((await reply).error.code).toBe(-32098);
  });

  test('delayed replies come later', async () => {
    const client = await join();
    relay.faults.ackDelayMs(20);
    expect((await client.call('subscribe', ['quote'])).result).toBeString();
  });

  test('a silent relay keeps its sockets and says nothing', async () => {
    const client = await solver();
    relay.faults.silent(true);
    relay.ask(EXACT_IN, { shape: 'event' });
    relay.faults.silent(false);
    relay.ask({ ...EXACT_IN, quote_id: 'heard' }, { shape: 'event' });
    expect((await client.event()).params.data.quote_id).toBe('heard');
  });

  test('connections are cut, and new ones turned away', async () => {
    const client = await join();
    relay.faults.refuseUpgrade(503);
    expect(relay.faults.drop()).toBe(1);
    await client.closed;
    expect(relay.clients()).toBe(0);
    await expect(connect(relay.wsUrl, TOKEN)).rejects.toThrow('refused');
    relay.faults.refuseUpgrade(null);
    await join();
    expect(relay.clients()).toBe(1);
  });

  test('a quote comes twice', async () => {
    const client = await solver();
    relay.faults.repeatQuotes(true);
    relay.ask(EXACT_IN, { shape: 'event' });
    expect(await client.event()).toEqual(await client.event());
  });

  test('the status overtakes the reply', async () => {
    const client = await solver();
    await client.call('subscribe', ['quote_status']);
    relay.faults.statusBeforeAck(true);
    relay.ask(EXACT_IN, { shape: 'event', takeAfterMs: 60_000 });
    await client.event();
    const order: string[] = [];
    const status = client.event().then(() => order.push('status'));
    const reply = client.call('quote_response', [answer()]).then(() => order.push('reply'));
    await Promise.all([status, reply]);
    expect(order).toEqual(['status', 'reply']);
  });

  test('garbage reaches the clients and harms nobody', async () => {
    const client = await solver();
    relay.faults.garbage();
    await relay.flushed();
    expect(client.unread.length).toBeGreaterThan(10);
    expect(relay.clients()).toBe(1);
  });
});
