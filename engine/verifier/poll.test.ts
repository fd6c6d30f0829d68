// The rhythm of polling, what reaches the ledger, and what of it is health.

import { afterEach, describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { NonceText } from '../../contracts/ids.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { executedIntents } from './events.ts';
import { ACCOUNT, CONTRACT, emptyIntent, nonceOf, type PollWorld, PUBLIC_KEY, startPoll, T0 } from './poll.fixture.ts';

const worlds: PollWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

function start(options: Parameters<typeof startPoll>[0] = {}): PollWorld {
  const world = startPoll(options);
  worlds.push(world);
  return world;
}

describe('an observation', () => {
  test('holds balances, nonces, salts, fee and signer of one final block', async () => {
    const world = start();
    const first = world.salt();
    const [used, unused] = [nonceOf(first, 'aa'), nonceOf(first, 'bb')];
    world.chain.execute(emptyIntent(used).envelopes, 'relayer.near');
    world.clock.advance(5000);
    const second = world.chain.rotateSalt();
    world.clock.advance(5000);
    world.reading.nonces.push(used, unused, used);
    world.reading.salts.push(first, '00000000', first);
    expect(await world.poll.refresh()).toBeNull();
    const final = world.chain.blockAt('final');
    expect(world.newest()).toMatchObject({
      block: { height: final.height, hash: final.hash, timeMs: Number(final.timestampNs / 1_000_000n) },
      confirmed: true,
      confirmedTimeMs: Number(final.timestampNs / 1_000_000n),
      readAtMs: T0 + 15_000,
      readAtUs: (T0 + 15_000) * 1000,
      nonces: [
        { nonce: used, used: true },
        { nonce: unused, used: false },
      ],
      salt: second,
      feePips: 1,
      invalidSalts: ['00000000'],
      keyRegistered: true,
      accountLocked: false,
      transactions: [],
    });
    expect(world.newest().credited).toEqual({ [BTC.id]: 100_000n, [EURE.id]: 0n } as never);
    expect(world.node(0).count('query/is_nonce_used')).toBe(2);
  });

  test('has the balances under known ids that are not traded apart from the credited ones', async () => {
    const world = start();
    world.chain.credit(ACCOUNT, 'nep141:nbtc.bridge.near', 4321n);
    world.clock.advance(5000);
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest().stranded).toEqual({ 'nep141:nbtc.bridge.near': 4321n } as never);
    expect(Object.keys(world.newest().credited)).toEqual([BTC.id, EURE.id]);
  });

  test('goes without salt and fee while the contract refuses to simulate, and without nothing else', async () => {
    const world = start();
    const panic = (method: string) =>
      world
        .node(0)
        .lie((asked, truth) =>
          asked.params['method_name'] === method ? { result: { error: 'paused', logs: [] } } : truth,
        );
    panic('simulate_intents');
    expect(await world.poll.refresh()).toBeNull();
    expect(world.newest()).toMatchObject({ salt: null, feePips: null });
    panic('mt_batch_balance_of');
    expect(await world.again()).toBe('contract_panicked');
  });

  test('shows a removed key and a locked account with the next poll', async () => {
    const world = start();
    await world.poll.refresh();
    expect(world.poll.state()).toMatchObject({
      ...{ key_registered: true, account_locked: false },
      ...{ salt: world.salt(), fee_pips: world.newest().feePips },
    });
    expect(world.newest().feePips).toBeGreaterThan(0);
    world.chain.removeKey(ACCOUNT, PUBLIC_KEY);
    expect(await world.again(3000)).toBeNull();
    expect(world.newest()).toMatchObject({ keyRegistered: false, accountLocked: false });
    expect(world.poll.health().notes).toEqual(['signer_unauthorized']);
    world.chain.registerKey(ACCOUNT, PUBLIC_KEY);
    world.chain.lockAccount(ACCOUNT);
    expect(await world.again(3000)).toBeNull();
    expect(world.newest()).toMatchObject({ keyRegistered: true, accountLocked: true });
    expect(world.poll.health().notes).toEqual(['account_locked']);
  });
});

describe('a transaction that was named', () => {
  test('is handed on once it is final', async () => {
    const world = start();
    const nonce = nonceOf(world.salt(), 'aa');
    const intent = emptyIntent(nonce);
    const transaction = world.chain.execute(intent.envelopes, 'relayer.near');
    world.poll.start();
    await world.seen(1);
    world.poll.trigger(transaction.hash);
    await world.seen(2);
    expect(world.newest().transactions).toEqual([]);
    expect(world.poll.state().transactions_sought).toBe(1);
    world.clock.advance(5000);
    await waitFor(() => world.poll.state().transactions_sought === 0, { what: 'the transaction to be found' });
    const before = world.observations.length;
    await world.again();
    const all = world.observations.flatMap(({ transactions }) => transactions);
    expect(all).toEqual([
      { txHash: transaction.hash, executed: [{ intentHash: intent.hash, accountId: ACCOUNT, nonce }] },
    ]);
    expect(world.observations.length).toBeGreaterThan(before);
  });

  test('holds no balance up, however long the node thinks about it', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    const never = Promise.withResolvers<Response>();
    world.node(0).lie((asked, truth) => (asked.method === 'tx' ? (never.promise as never) : truth));
    world.poll.trigger('9oYnobody');
    await waitFor(() => world.node(0).count('tx') === 1, { what: 'the transaction to be asked for' });
    for (let seen = 2; seen <= 12; seen += 1) {
      await world.seen(seen);
      expect(world.newest().durationMs).toBe(0);
      expect(world.poll.state().age_ms).toBe(0);
      world.clock.advance(2000);
    }
    never.resolve(new Response('late'));
  });

  test('that nobody knows is given up after a number of tries', async () => {
    const world = start();
    world.poll.trigger('9oYnobody');
    await waitFor(
      () => {
        world.clock.advance(2000);
        return world.poll.state().transactions_given_up === 1;
      },
      { what: 'it to be given up' },
    );
    // The test's time runs while a request is under way: one of a busy machine may be given up before it reaches the node.
    expect(world.node(0).count('tx')).toBeLessThanOrEqual(20);
    expect(world.node(0).count('tx')).toBeGreaterThan(10);
    expect(world.poll.state()).toMatchObject({ transactions_sought: 0, failures: 0 });
  });

  test('is one of a bounded number, a few of which are asked for at a time', async () => {
    const world = start();
    const until = Promise.withResolvers<void>();
    world.node(0).hold(until.promise);
    for (let index = 0; index < 100; index += 1) world.poll.trigger(`hash${index}`);
    await waitFor(() => world.node(0).count('tx') === 4, { what: 'the first of them' });
    expect(world.poll.state()).toMatchObject({ transactions_sought: 64, transactions_given_up: 36 });
    world.clock.advance(1000);
    expect(world.node(0).count('tx')).toBe(4);
    until.resolve();
  });

  test('is asked of another endpoint each time', async () => {
    const world = start({ nodes: 2 });
    world.poll.trigger('9oYnobody');
    await waitFor(
      () => {
        world.clock.advance(2000);
        return world.node(0).count('tx') > 2;
      },
      { what: 'some tries' },
    );
    expect(world.node(1).count('tx')).toBeGreaterThan(1);
  });

  test('is handed on again when the ledger did not take the snapshot', async () => {
    let refuse: string | null = null;
    const world = start({ refuse: () => refuse });
    const transaction = world.chain.execute(emptyIntent(nonceOf(world.salt(), 'aa')).envelopes, 'relayer.near');
    world.clock.advance(5000);
    world.poll.trigger(transaction.hash);
    await waitFor(() => world.poll.state().transactions_sought === 0, { what: 'the transaction to be found' });
    refuse = 'inventory_incomplete';
    expect(await world.again()).toBe('inventory_incomplete');
    refuse = null;
    expect(await world.again()).toBeNull();
    expect(world.newest().transactions).toMatchObject([{ txHash: transaction.hash }]);
  });
});

describe('a poll that fails', () => {
  test('is named and leaves the last observation to grow old', async () => {
    const world = start();
    expect(world.poll.health()).toEqual({ healthy: false, reasons: ['inventory_missing'], notes: [] });
    await world.poll.refresh();
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
    world.node(0).lie(() => new Response('no', { status: 500 }));
    expect(await world.again(16_000)).toBe('http_500');
    expect(world.observations).toHaveLength(1);
    expect(world.failures).toHaveLength(1);
    expect(world.poll.health()).toEqual({
      healthy: false,
      reasons: ['inventory_stale'],
      notes: ['inventory_failing', `rpc_http_500@${world.node(0).host}`],
    });
    expect(world.poll.state()).toMatchObject({
      last_sync_at: '2026-01-01T00:00:05.000Z',
      age_ms: 16_000,
      failures: 1,
      failures_in_row: 1,
      last_failure: expect.stringContaining('http_500'),
    });
    world.node(0).lie(null);
    expect(await world.again()).toBeNull();
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
  });

  test('halfway yields nothing: a balance without its nonces is no observation', async () => {
    const world = start();
    world.reading.nonces.push('not-base64' as NonceText);
    expect(await world.poll.refresh()).toMatchObject({ ok: false, reason: 'contract_panicked' });
    expect(world.observations).toEqual([]);
  });

  test('is also one whose snapshot the ledger refuses; it is counted, and read again at once, once', async () => {
    let refuse: string | null = null;
    const world = start({ refuse: () => refuse });
    world.poll.start();
    await world.seen(1);
    refuse = 'inventory_incomplete';
    world.clock.advance(2000);
    await waitFor(() => world.poll.state().refused_by_ledger === 1, { what: 'the refusal' });
    // Without any further time the poll is repeated; refused again, it waits for the interval and a little longer.
    await waitFor(
      () => {
        world.clock.advance(0);
        return world.poll.state().refused_by_ledger === 2;
      },
      { what: 'the second one' },
    );
    world.clock.advance(2374);
    expect(world.poll.state()).toMatchObject({ polls: 3, failures: 2, failures_in_row: 2 });
    expect(world.failures.map(({ reason }) => reason)).toEqual(['inventory_incomplete', 'inventory_incomplete']);
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: ['inventory_failing'] });
    expect(world.poll.state()).toMatchObject({ block_height: world.newest().block.height });
    refuse = null;
    world.clock.advance(1);
    await world.seen(2);
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: [] });
  });

  test('and goes on being refused makes the balance old, whatever the endpoint says', async () => {
    const world = start({ refuse: () => (world.observations.length > 0 ? 'inventory_block_went_back' : null) });
    await world.poll.refresh();
    for (let polls = 0; polls < 8; polls += 1) await world.again();
    expect(world.poll.health()).toMatchObject({ healthy: false, reasons: ['inventory_stale'] });
    expect(world.poll.state()).toMatchObject({ age_ms: 16_000, refused_by_ledger: 8 });
  });
});

describe('the rhythm', () => {
  test('is one poll an interval, and a failure does not end it', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    world.clock.advance(1999);
    expect(world.poll.state().polls).toBe(1);
    world.clock.advance(1);
    await world.seen(2);
    world.node(0).lie(() => new Response('no', { status: 500 }));
    world.clock.advance(2000);
    await waitFor(() => world.failures.length === 1, { what: 'the failure' });
    world.node(0).lie(null);
    world.clock.advance(2000);
    await world.seen(3);
    expect(world.observations).toHaveLength(3);
  });

  test('does not overlap while answers come in time, and a refresh gets a poll that begins after it', async () => {
    const world = start();
    const polls = [world.poll.refresh(), world.poll.refresh(), world.poll.refresh()];
    world.chain.credit(ACCOUNT, EURE.id, 5n);
    world.clock.advance(1999);
    world.chain.mine(3);
    expect(await Promise.all(polls)).toEqual([null, null, null]);
    expect(world.node(0).count('block')).toBe(2);
    expect(world.newest().credited[EURE.id]).toBe(5n as never);
  });

  test('keeps the balance fresh when every answer takes 4 s', async () => {
    const world = start();
    const [views, answerMs] = [4, 4000];
    const waiting: { readonly method: string; readonly dueMs: number; readonly release: () => void }[] = [];
    world
      .node(0)
      .delay(({ method }) =>
        method === 'status'
          ? Promise.resolve()
          : new Promise((release) => waiting.push({ method, dueMs: world.clock.nowMs() + answerMs, release })),
      );
    const released = { block: 0, query: 0 };
    const ages: number[] = [];
    world.poll.start();
    for (let seconds = 0; seconds < 60; seconds += 1) {
      const isThrough = () =>
        world.node(0).count('block') === world.poll.state().polls &&
        waiting.length + released.block + released.query === world.poll.state().polls + views * released.block &&
        world.observations.length === Math.floor(released.query / views);
      await waitFor(isThrough, { what: `every request and snapshot after ${seconds} s` });
      const age = world.poll.state().age_ms;
      if (age !== null) ages.push(age);
      world.clock.advance(1000);
      for (const one of waiting.splice(0)) {
        if (one.dueMs > world.clock.nowMs()) {
          waiting.push(one);
          continue;
        }
        released[one.method === 'block' ? 'block' : 'query'] += 1;
        one.release();
      }
    }
    expect(ages).toHaveLength(52);
    // What two answers take, and one interval.
    expect(Math.max(...ages)).toBeLessThanOrEqual(2 * answerMs + 2000);
    expect(world.failures).toEqual([]);
    for (const { release } of waiting) release();
  });

  test('is bounded while nothing answers', async () => {
    const world = start();
    const until = Promise.withResolvers<void>();
    world.node(0).hold(until.promise);
    world.poll.start();
    for (let step = 0; step < 4; step += 1) world.clock.advance(1000);
    await waitFor(() => world.poll.state().polls_under_way >= 2, { what: 'polls under way' });
    for (let step = 0; step < 20; step += 1) {
      world.clock.advance(1000);
      void world.poll.refresh();
      world.poll.trigger(null);
      expect(world.poll.state().polls_under_way).toBeLessThanOrEqual(4);
    }
    until.resolve();
  });

  test('drops what arrives after a younger snapshot', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    const until = Promise.withResolvers<void>();
    world.node(0).hold(until.promise);
    world.clock.advance(2000);
    await waitFor(() => world.node(0).count('block') === 2, { what: 'the slow poll' });
    world.node(0).hold(null);
    world.clock.advance(2000);
    await world.seen(2);
    expect(world.newest().readAtMs).toBe(T0 + 9000);
    until.resolve();
    await waitFor(() => world.poll.state().overtaken === 1, { what: 'the slow one' });
    expect(world.observations).toHaveLength(2);
    expect(world.poll.state()).toMatchObject({ failures: 0, age_ms: 0 });
  });

  test('takes a slow answer although a younger poll has failed', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    const until = Promise.withResolvers<void>();
    world.node(0).hold(until.promise);
    world.clock.advance(2000);
    await waitFor(() => world.node(0).count('block') === 2, { what: 'the slow poll' });
    world.node(0).hold(null);
    world
      .node(0)
      .lie(({ method }, truth) =>
        method === 'block' && world.node(0).count('block') === 3 ? new Response('no', { status: 500 }) : truth,
      );
    world.clock.advance(2000);
    await waitFor(() => world.failures.length === 1, { what: 'the failure' });
    world.node(0).lie(null);
    until.resolve();
    await world.seen(2);
    expect(world.newest().readAtMs).toBe(T0 + 7000);
  });

  test('pauses: a trigger does nothing, a refresh still polls, resume goes on', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    world.poll.pause();
    world.clock.advance(10_000);
    world.poll.trigger(null);
    expect(world.poll.health()).toEqual({ healthy: true, reasons: [], notes: ['paused'] });
    await world.poll.refresh();
    expect(world.observations).toHaveLength(2);
    world.clock.advance(15_001);
    expect(world.poll.health()).toEqual({
      healthy: false,
      reasons: ['inventory_stale', 'paused_and_stale'],
      notes: ['paused'],
    });
    world.poll.resume();
    await world.seen(3);
  });

  test('ends with stop: a poll under way is not reported', async () => {
    const world = start();
    const poll = world.poll.refresh();
    world.poll.stop();
    expect(await poll).toMatchObject({ reason: 'stopped' });
    expect(world.observations).toEqual([]);
  });
});

test('ages are measured on the monotonic clock: a wall clock that is set changes none', async () => {
  const world = start();
  await world.poll.refresh();
  world.clock.stepWall(-3_600_000);
  world.clock.advance(3000);
  expect(world.poll.state().age_ms).toBe(3000);
  world.clock.advance(12_000);
  expect(world.poll.health().reasons).toEqual([]);
  world.clock.advance(1);
  expect(world.poll.health().reasons).toEqual(['inventory_stale']);
});

describe('events', () => {
  const line = (data: unknown, standard = 'dip4', event = 'intents_executed') =>
    `EVENT_JSON:${JSON.stringify({ standard, version: '9.9.9', event, data })}`;
  const data = [{ intent_hash: 'h', account_id: 'a', nonce: 'n' }];
  const receipt = (logs: string[], over: object = {}) => ({ executorId: CONTRACT, succeeded: true, logs, ...over });

  test('count only from the contract, only from receipts that held', () => {
    const logs = [line(data)];
    const executed = [{ intentHash: 'h', accountId: 'a', nonce: 'n' }];
    expect(executedIntents([receipt(logs)], CONTRACT)).toEqual(executed);
    expect(executedIntents([receipt(logs, { executorId: 'evil.near' })], CONTRACT)).toEqual([]);
    expect(executedIntents([receipt(logs, { succeeded: false })], CONTRACT)).toEqual([]);
  });

  test.each([
    'hello',
    'EVENT_JSON:{',
    'EVENT_JSON:null',
    line(data, 'nep245'),
    line(data, 'dip4', 'token_diff'),
    line({ intent_hash: 'h' }),
    line([{ intent_hash: 1 }]),
  ])('passes over %s', (text) => {
    expect(executedIntents([receipt([text])], CONTRACT)).toEqual([]);
  });
});
