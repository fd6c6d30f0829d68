import { afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { startChain } from '../../ops/sim/chain/chain.ts';
import { startNearRpcSim } from '../../ops/sim/near-rpc/server.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { ManualClock } from '../lib/manual-clock.fixture.ts';
import { createNearClient } from './near-client.ts';
import { readBlock, readReply, readTransaction, readView } from './near-client-reply.ts';

const T0 = 1_767_225_600_000;
const ACCOUNT = 'maker.near';
const BTC = 'nep141:btc.omft.near';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start(nodes = 1) {
  const clock = new ManualClock(T0);
  const chain = startChain({ clock });
  chain.credit(ACCOUNT, BTC, 100_000n);
  chain.mine(3);
  clock.advance(5000);
  const sims = Array.from({ length: nodes }, () => startNearRpcSim({ chain }));
  const client = createNearClient({ urls: sims.map((sim) => sim.url), contract: 'intents.near', clock });
  closing.push(() => client.close(), ...sims.map((sim) => () => sim.close()));
  const [first, second] = [sims[0], sims[1] ?? sims[0]];
  if (first === undefined || second === undefined) throw new Error('a node at least');
  const balance = () => client.call('mt_balance_of', { account_id: ACCOUNT, token_id: BTC }, { finality: 'final' });
  return { clock, chain, client, first, second, balance };
}

describe('views', () => {
  test('are answered at the final block, and at a block that was given', async () => {
    const { chain, client, clock, balance } = start();
    const block = await client.finalBlock();
    if (!block.ok) throw new Error(block.reason);
    expect(block.value).toMatchObject({ height: chain.blockAt('final').height, hash: chain.blockAt('final').hash });
    chain.credit(ACCOUNT, BTC, 1n);
    clock.advance(5000);
    expect(await balance()).toMatchObject({ ok: true, value: { json: '100001' } });
    const args = { account_id: ACCOUNT, token_id: BTC };
    const then = await client.call('mt_balance_of', args, { blockHeight: block.value.height });
    expect(then).toEqual({
      ok: true,
      value: { json: '100000', blockHeight: block.value.height, blockHash: block.value.hash },
    });
  });

  test("the contract's refusal is an answer: no other node is asked", async () => {
    const { client, second } = start(2);
    const answer = await client.call('mt_balance_of', { token_id: BTC }, { finality: 'final' });
    expect(answer).toMatchObject({ ok: false, reason: 'contract_panicked' });
    expect(second.requests().size).toBe(0);
    expect(client.state().endpoints[0]?.failures).toBe(0);
  });
});

describe('a node that fails', () => {
  test.each([
    ['429', 'rate_limited'],
    ['500', 'http_500'],
    ['unsynced', 'no_synced_blocks'],
    ['garbage', 'reply_malformed'],
  ] as const)('with %s is named, and the next is asked from then on', async (fault, reason) => {
    const { client, first, second, balance } = start(2);
    first.faults.fail(fault);
    expect(await balance()).toMatchObject({ ok: true, value: { json: '100000' } });
    const state = client.state();
    expect(state.endpoints[0]).toMatchObject({ requests: 1, failures: 1 });
    expect(state.endpoints[0]?.last_failure).toStartWith(`${reason}: `);
    expect(state.endpoint).toBe(new URL(second.url).host);
    await balance();
    expect(client.state().endpoints.map((endpoint) => endpoint.requests)).toEqual([1, 2]);
    second.faults.fail(fault);
    expect(await balance()).toMatchObject({ ok: false, reason });
  });

  test('by silence is left after the time limit', async () => {
    const { client, clock, first, balance } = start(2);
    first.faults.fail('timeout');
    const answer = balance();
    await waitFor(() => first.requests().size > 0, { what: 'the request' });
    clock.advance(5000);
    expect(await answer).toMatchObject({ ok: true });
    expect(client.state().endpoints[0]?.last_failure).toStartWith('timeout: ');
  });

  test('by being gone is passed over', async () => {
    const { client, first, balance } = start(2);
    await first.close();
    expect(await balance()).toMatchObject({ ok: true });
    expect(client.state().endpoints[0]?.last_failure).toStartWith('unreachable: ');
  });

  test('by lagging is an error, and not a younger answer', async () => {
    const { clock, first, second, balance, client } = start(2);
    expect(await balance()).toMatchObject({ ok: true });
    first.faults.lagBlocks(3);
    clock.advance(1000);
    expect(await client.finalBlock()).toMatchObject({ ok: true });
    expect(client.state().endpoints[0]?.last_failure).toStartWith('block_went_back: ');
    second.faults.lagBlocks(3);
    expect(await balance()).toMatchObject({ ok: false, reason: 'block_went_back' });
  });

  test('by standing still is found out by the age of its final block', async () => {
    const clock = new ManualClock(T0);
    const chain = startChain({ clock: { nowMs: () => T0 } });
    const sim = startNearRpcSim({ chain });
    const client = createNearClient({ urls: [sim.url], contract: 'intents.near', clock, blockMaxLagMs: 30_000 });
    closing.push(() => sim.close());
    expect(await client.finalBlock()).toMatchObject({ ok: true });
    clock.advance(40_000);
    expect(await client.finalBlock()).toMatchObject({ ok: false, reason: 'block_too_old' });
  });
});

test('closing gives up what is under way', async () => {
  const { client, first, balance } = start();
  first.faults.fail('timeout');
  const answer = balance();
  await waitFor(() => first.requests().size > 0, { what: 'the request' });
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
    [200, '{"error":"too many requests"}', 'rate_limited', 'too many'],
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

  test('a view gives its bytes as JSON, nothing as null', () => {
    const view = (result: unknown) => readView({ result, block_height: 1, block_hash: 'b', logs: [] });
    expect(view([34, 50, 53, 34])).toMatchObject({ ok: true, value: { json: '25' } });
    expect(view([])).toMatchObject({ ok: true, value: { json: null } });
    expect(view([0xff, 0xfe])).toMatchObject({ ok: false, reason: 'reply_malformed' });
    expect(view([256])).toMatchObject({ ok: false, reason: 'reply_malformed' });
    expect(view('25')).toMatchObject({ ok: false, reason: 'reply_malformed' });
    expect(readView({ error: 'panicked', logs: [] })).toMatchObject({ ok: false, reason: 'contract_panicked' });
  });

  test('the time of a block keeps its milliseconds and is never rounded up', () => {
    const header = { height: 5, hash: 'h', timestamp_nanosec: '1767225600999999999' };
    expect(readBlock({ header })).toEqual({ ok: true, value: { height: 5, hash: 'h', timeMs: 1_767_225_600_999 } });
    expect(readBlock({ header: { ...header, timestamp_nanosec: 1 } })).toMatchObject({ ok: false });
  });

  test('a transaction counts when it is final', () => {
    const outcome = { executor_id: 'intents.near', logs: ['x'], status: { SuccessValue: '' } };
    const result = { final_execution_status: 'FINAL', receipts_outcome: [{ outcome }] };
    expect(readTransaction(result)).toEqual({
      ok: true,
      value: [{ executorId: 'intents.near', succeeded: true, logs: ['x'] }],
    });
    expect(readTransaction({ ...result, final_execution_status: 'EXECUTED_OPTIMISTIC' })).toMatchObject({
      ok: false,
      reason: 'not_final',
    });
  });

  test('whatever a node sends, reading it does not throw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(fc.string(), fc.json()),
        fc.jsonValue(),
        (status, body, value) => {
          for (const read of [readReply(status, body), readView(value), readBlock(value), readTransaction(value)]) {
            expect(typeof read.ok).toBe('boolean');
          }
        },
      ),
    );
  });
});
