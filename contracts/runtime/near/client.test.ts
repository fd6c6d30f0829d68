import { afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { startChain } from '../../../ops/sim/chain/chain.ts';
import { startNearRpcSim } from '../../../ops/sim/near-rpc/server.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { ManualClock } from '../manual-clock.fixture.ts';
import { createNearClient, type NearEndpoint } from './client.ts';
import { readAccessKey, readBlock, readChainId, readReply, readSent, readTransaction, readView } from './reply.ts';

const T0 = 1_767_225_600_000;
const ACCOUNT = 'maker.near';
const BTC = 'nep141:btc.omft.near';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start() {
  const clock = new ManualClock(T0);
  const chain = startChain({ clock });
  chain.credit(ACCOUNT, BTC, 100_000n);
  chain.mine(3);
  clock.advance(5000);
  const sim = startNearRpcSim({ chain });
  const client = createNearClient({ urls: [sim.url], contract: 'intents.near', clock });
  closing.push(
    () => client.close(),
    () => sim.close(),
  );
  const endpoint = client.endpoints[0] as NearEndpoint;
  const height = chain.blockAt('final').height;
  const balance = () => endpoint.call('mt_balance_of', { account_id: ACCOUNT, token_id: BTC }, height);
  return { clock, chain, client, endpoint, sim, height, balance };
}

describe('an endpoint', () => {
  test('gives the final block, views at a block, and its network', async () => {
    const { chain, endpoint, clock, height, balance } = start();
    const final = chain.blockAt('final');
    expect(await endpoint.finalBlock()).toMatchObject({ ok: true, value: { height: final.height, hash: final.hash } });
    chain.credit(ACCOUNT, BTC, 1n);
    clock.advance(5000);
    expect(await balance()).toEqual({
      ok: true,
      value: { json: '100000', blockHeight: height, blockHash: final.hash },
    });
    expect(await endpoint.chainId()).toEqual({ ok: true, value: 'mainnet' });
  });

  test("counts its failures; the contract's refusal is an answer", async () => {
    const { endpoint, height, sim, balance } = start();
    const panic = await endpoint.call('mt_balance_of', { token_id: BTC }, height);
    expect(panic).toMatchObject({ ok: false, reason: 'contract_panicked' });
    expect(endpoint.state()).toMatchObject({ requests: 1, failures: 0, last_failure: null });
    sim.faults.failNext('429', 1);
    expect(await balance()).toMatchObject({ ok: false, reason: 'rate_limited' });
    expect(endpoint.state()).toMatchObject({ requests: 2, failures: 1, last_failure_at: '2026-01-01T00:00:05.000Z' });
  });

  test.each([
    ['429', 'rate_limited'],
    ['500', 'http_500'],
    ['unsynced', 'no_synced_blocks'],
    ['garbage', 'reply_malformed'],
  ] as const)('that answers with %s fails by name', async (fault, reason) => {
    const { sim, balance } = start();
    sim.faults.fail(fault);
    expect(await balance()).toMatchObject({ ok: false, reason });
  });

  test('that is silent fails at the time limit', async () => {
    const { clock, sim, balance } = start();
    sim.faults.fail('timeout');
    const answer = balance();
    await waitFor(() => sim.requests().size > 0, { what: 'the request' });
    clock.advance(5000);
    expect(await answer).toMatchObject({ ok: false, reason: 'timeout' });
  });

  test('that is gone fails', async () => {
    const { sim, balance } = start();
    await sim.close();
    expect(await balance()).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  test.each([
    ['more bytes than are read', () => new Response(new Uint8Array(1_048_577)), 'too_large'],
    ['a redirect', () => Response.redirect('http://127.0.0.1:1/', 307), 'redirected'],
    ['a compressed body', () => new Response('x', { headers: { 'content-encoding': 'gzip' } }), 'encoded'],
    ['deep nesting', () => new Response(`{"result":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), 'reply_malformed'],
    ['too many values', () => new Response(`{"result":[${'1,'.repeat(300_000)}1]}`), 'reply_malformed'],
  ])('that answers with %s fails by name', async (_name, answer, reason) => {
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
    closing.push(() => server.stop(true));
    const url = `http://127.0.0.1:${server.port}`;
    const { endpoints } = createNearClient({ urls: [url], contract: 'c', clock: new ManualClock(T0) });
    expect(await endpoints[0]?.finalBlock()).toMatchObject({ ok: false, reason });
  });
});

test('an endpoint that asks for it is left alone for a while, though not for as long as it likes', async () => {
  let asked = 0;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch() {
      asked += 1;
      return new Response('busy', { status: 429, headers: { 'retry-after': '3600' } });
    },
  });
  closing.push(() => server.stop(true));
  const clock = new ManualClock(T0);
  const { endpoints } = createNearClient({ urls: [`http://127.0.0.1:${server.port}`], contract: 'c', clock });
  const ask = async () => (await endpoints[0]?.finalBlock())?.ok;
  expect(await ask()).toBe(false);
  clock.advance(9999);
  expect(await ask()).toBe(false);
  expect(asked).toBe(1);
  clock.advance(1);
  await ask();
  expect(asked).toBe(2);
});

test('a URL counts once, and shows no more than its host', () => {
  const urls = ['https://a.example/x?key=1', 'https://b.example/', 'https://a.example/x?key=1', 'https://a.example/y'];
  const { endpoints } = createNearClient({ urls, contract: 'c', clock: new ManualClock(T0) });
  expect(endpoints.map(({ host }) => host)).toEqual(['a.example', 'b.example', 'a.example#2']);
});

test('closing gives up what is under way', async () => {
  const { client, sim, balance } = start();
  sim.faults.fail('timeout');
  const answer = balance();
  await waitFor(() => sim.requests().size > 0, { what: 'the request' });
  client.close();
  expect(await answer).toMatchObject({ ok: false, reason: 'closed' });
  expect(await balance()).toMatchObject({ ok: false, reason: 'closed' });
});

describe('replies', () => {
  const rpcError = (cause: string, extra: object = {}) =>
    JSON.stringify({
      error: { name: 'HANDLER_ERROR', cause: { name: cause, info: {} }, message: 'Server error', ...extra },
    });

  test.each([
    [200, rpcError('UNKNOWN_BLOCK', { data: 'gone' }), 'unknown_block', 'gone'],
    [400, rpcError('GARBAGE_COLLECTED_BLOCK'), 'garbage_collected_block', 'Server error'],
    [200, rpcError('CONTRACT_EXECUTION_ERROR', { data: 'nonce was already used' }), 'contract_panicked', 'nonce was'],
    [200, rpcError('INTERNAL_ERROR', { data: 'upstream said 429' }), 'rate_limited', '429'],
    [200, rpcError('UNKNOWN_ACCESS_KEY', { data: 'no such key' }), 'access_key_missing', 'no such key'],
    [200, '{"error":"too many requests"}', 'rate_limited', 'too many'],
    [200, '{"error":{"code":-429,"message":"slow down"}}', 'rate_limited', 'slow down'],
    [200, '{"error":{"code":-32007,"message":"50/second request limit reached"}}', 'rate_limited', '50/second'],
    [429, '{}', 'rate_limited', '{}'],
    [503, '<html>', 'http_503', '<html>'],
    [502, '{}', 'http_502', '{}'],
    [200, '{}', 'reply_malformed', 'no result'],
    [200, '[]', 'reply_malformed', 'not a JSON object'],
    [200, '', 'reply_malformed', 'not JSON'],
  ])('HTTP %d with %s is %s', (status, body, reason, detail) => {
    const reply = readReply(status, body);
    expect(reply).toMatchObject({ ok: false, reason });
    expect(reply.ok ? '' : reply.detail).toContain(detail);
  });

  test.each(['<b>', 'two words', 'x'.repeat(65), '', 5, null, 'a\nb'])('%p is no code of a failure', (name) => {
    expect(readReply(200, JSON.stringify({ error: { name, cause: { name } } }))).toMatchObject({ reason: 'rpc_error' });
  });

  test('what a node says of a failure is cut', () => {
    const long = rpcError('漢'.repeat(5000), { data: '漢'.repeat(5000) });
    const reply = readReply(200, long);
    if (reply.ok) throw new Error('it is an error');
    expect(reply.reason).toBe('handler_error');
    expect(Buffer.byteLength(reply.detail)).toBeLessThanOrEqual(300);
  });

  test('a view gives its bytes as JSON, nothing as null', () => {
    const view = (result: unknown) => readView({ result, block_height: 1, block_hash: 'b', logs: [] });
    expect(view([34, 50, 53, 34])).toMatchObject({ ok: true, value: { json: '25' } });
    expect(view([])).toMatchObject({ ok: true, value: { json: null } });
    for (const bad of [[0xff, 0xfe], [256], [-1], [1.5], ['34'], [null], '25', {}, null, undefined]) {
      expect(view(bad)).toMatchObject({ ok: false, reason: 'reply_malformed' });
    }
    expect(readView({ error: 'panicked', logs: [] })).toMatchObject({ ok: false, reason: 'contract_panicked' });
  });

  const NO_HEIGHTS = [-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '5', null, undefined, { 0: 5 }];

  test.each(NO_HEIGHTS)('%p is no height', (height) => {
    const header = { height, hash: 'h', timestamp_nanosec: '1767225600999999999' };
    expect(readBlock({ header })).toMatchObject({ ok: false, reason: 'reply_malformed' });
    expect(readView({ result: [], block_height: height, block_hash: 'b' })).toMatchObject({ ok: false });
  });

  test.each(['', 'x'.repeat(129), 5, null, undefined, { h: 1 }])('%p is no hash, and no network', (name) => {
    const header = { height: 5, hash: name, timestamp_nanosec: '1767225600999999999' };
    expect(readBlock({ header })).toMatchObject({ ok: false, reason: 'reply_malformed' });
    expect(readView({ result: [], block_height: 5, block_hash: name })).toMatchObject({ ok: false });
    expect(readChainId({ chain_id: name })).toMatchObject({ ok: false });
  });

  test.each([1, '', '-1', '1.5', '1e18', ' 1', '1'.repeat(21), null, undefined])('%p is no block time', (nanos) => {
    expect(readBlock({ header: { height: 5, hash: 'h', timestamp_nanosec: nanos } })).toMatchObject({ ok: false });
  });

  test('the time of a block keeps its milliseconds and is never rounded up', () => {
    const header = { height: 5, hash: 'h', timestamp_nanosec: '1767225600999999999' };
    expect(readBlock({ header })).toEqual({ ok: true, value: { height: 5, hash: 'h', timeMs: 1_767_225_600_999 } });
  });

  test('a transaction counts when it is final', () => {
    const outcome = { executor_id: 'intents.near', logs: ['x'], status: { SuccessValue: '' } };
    const transaction = { hash: 'asked' };
    const result = { final_execution_status: 'FINAL', transaction, receipts_outcome: [{ outcome }] };
    expect(readTransaction(result, 'asked')).toEqual({
      ok: true,
      value: [{ executorId: 'intents.near', succeeded: true, logs: ['x'] }],
    });
    expect(readTransaction({ ...result, final_execution_status: 'EXECUTED_OPTIMISTIC' }, 'asked')).toMatchObject({
      ok: false,
      reason: 'not_final',
    });
  });

  test.each([[{ hash: 'other' }], [{ hash: 7 }], [{}], [null], [undefined]])(
    'an answer for the transaction %j is none for the one that was asked for, nor for the one that was sent',
    (transaction) => {
      const final = { final_execution_status: 'FINAL', transaction, receipts_outcome: [] };
      expect(readTransaction(final, 'asked')).toMatchObject({ ok: false, reason: 'other_transaction' });
      for (const status of [{ SuccessValue: '' }, { Failure: 'invalid salt' }])
        expect(readSent({ status, transaction }, 'asked')).toMatchObject({ ok: false, reason: 'other_transaction' });
    },
  );

  test('whatever a node sends, reading it does not throw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(fc.string(), fc.json()),
        fc.jsonValue(),
        (status, body, value) => {
          const read = [readReply(status, body), readView(value), readBlock(value), readTransaction(value, 'asked')];
          for (const { ok } of [...read, readChainId(value)]) expect(typeof ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('what a sender of transactions reads', () => {
  test('an access key, with the block that a transaction names', async () => {
    const { chain, clock, endpoint } = start();
    const publicKey = `ed25519:${'1'.repeat(32)}`;
    expect(await endpoint.accessKey(ACCOUNT, publicKey)).toMatchObject({ ok: false, reason: 'access_key_missing' });
    chain.registerKey(ACCOUNT, publicKey);
    clock.advance(2000);
    expect(await endpoint.accessKey(ACCOUNT, publicKey)).toEqual({
      ok: true,
      value: { nonce: 170_000_000_000_000n, blockHash: chain.blockAt('optimistic').hash, hasFullAccess: true },
    });
    expect(await endpoint.accessKey('nobody.near', publicKey)).toMatchObject({ ok: false, reason: 'unknown_account' });
  });

  test.each([
    ['FullAccess', true],
    [{ FunctionCall: { allowance: null, receiver_id: 'intents.near', method_names: [] } }, false],
    [undefined, false],
  ])('the permission %j is full access: %p', (permission, hasFullAccess) => {
    const key = { nonce: 1, block_height: 9, block_hash: 'x', permission };
    expect(readAccessKey(key)).toMatchObject({ ok: true, value: { hasFullAccess } });
  });

  test.each<[unknown, string]>([
    [{ status: { SuccessValue: '' }, transaction: { hash: 'sent' } }, 'ok'],
    [
      { status: { Failure: { ActionError: { kind: 'invalid salt' } } }, transaction: { hash: 'sent' } },
      'contract_panicked',
    ],
    [{ status: 'Started' }, 'not_executed'],
    [{ status: {}, transaction: { hash: 'sent' } }, 'not_executed'],
    [{ final_execution_status: 'NONE' }, 'not_executed'],
    [null, 'reply_malformed'],
  ])('%j of a transaction that was sent: %s', (result, expected) => {
    const read = readSent(result, 'sent');
    expect(read.ok ? 'ok' : read.reason).toBe(expected);
  });

  test('what is no transaction is refused by the node, by name', async () => {
    expect(await start().endpoint.sendTransaction('AAAA', 'sent')).toMatchObject({ ok: false, reason: 'parse_error' });
  });

  test.each([
    [{ nonce: -1, block_height: 9, block_hash: 'x' }],
    [{ nonce: '1', block_height: 9, block_hash: 'x' }],
    [{ nonce: 1, block_height: 9 }],
    [{ nonce: 1, block_hash: 'x' }],
    [{ nonce: 9_000_000, block_height: 9, block_hash: 'x' }],
    [{ nonce: Number.MAX_SAFE_INTEGER, block_height: 220_000_000, block_hash: 'x' }],
    [[]],
    [null],
  ])('the access key %j is malformed', (result) => {
    expect(readAccessKey(result)).toMatchObject({ ok: false, reason: 'reply_malformed' });
  });
});
