// Both ways to the verifier, over real sockets against the simulated relay, node and contract: what a sender says, and what became of
// the nonce on the chain.

import { afterEach, describe, expect, test } from 'bun:test';
import { KeyPair } from '@near-js/crypto';
import type { AccountId } from '../../contracts/ids.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createNearClient } from '../../contracts/runtime/near/client.ts';
import { edited, type Fields, startTestNode, type TestNode } from '../../contracts/runtime/near/node.fixture.ts';
import { type SimChain, startChain } from '../../ops/sim/chain/chain.ts';
import { startNearRpcSim } from '../../ops/sim/near-rpc/server.ts';
import { startRelaySim } from '../../ops/sim/relay/server.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { signFunctionCall } from '../executor/near-transaction.ts';
import { createPullSigner } from '../executor/pull-payload.ts';
import { createSigner } from '../executor/sign.ts';
import { encodeNonce } from '../inventory/lanes/nonce.ts';
import { createNearSender, type NearSenderOptions } from './near-sender.ts';
import { createRelaySender } from './relay-sender.ts';

const ACCOUNT = 'maker.near' as AccountId;
const SALT = '252812b3';
const T0 = 1_767_225_600_000;
const NONCE_DEADLINE = T0 + 3_600_000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

let count = 0;
function world() {
  const made = createSigner(KeyPair.fromRandom('ed25519').toString());
  if (!made.ok) throw new Error(made.problem);
  const { signer } = made;
  const clock = new ManualClock(T0);
  const chain = startChain({ clock });
  chain.registerKey(ACCOUNT, signer.publicKey);
  chain.mine(3);
  const payloads = createPullSigner(ACCOUNT, 'intents.near', signer);
  const newPull = (salt = SALT) => {
    const random = new Uint8Array(15).fill(++count);
    return payloads.sign(encodeNonce(salt, NONCE_DEADLINE, random), NONCE_DEADLINE);
  };
  return { signer, clock, chain, payloads, newPull };
}

/** Intents of the account that final blocks show as executed. */
function executedIn(chain: SimChain, txHash: string): string[] {
  chain.mine(3);
  const logs = chain.transaction(txHash)?.logs ?? [];
  return logs.flatMap((line) => {
    const event = JSON.parse(line.replace('EVENT_JSON:', ''));
    return event.event === 'intents_executed'
      ? event.data.map((each: { intent_hash: string }) => each.intent_hash)
      : [];
  });
}

describe('the payload', () => {
  test('is the same whenever it is signed, another for another nonce, and valid as long as its nonce', () => {
    const { payloads } = world();
    const nonce = encodeNonce(SALT, NONCE_DEADLINE, new Uint8Array(15).fill(7));
    const pull = payloads.sign(nonce, NONCE_DEADLINE);
    expect(payloads.sign(nonce, NONCE_DEADLINE)).toEqual(pull);
    const other = payloads.sign(encodeNonce(SALT, NONCE_DEADLINE, new Uint8Array(15).fill(8)), NONCE_DEADLINE);
    expect(other.intentHash).not.toBe(pull.intentHash);
    expect(JSON.parse(pull.signedData.payload.message)).toEqual({
      signer_id: ACCOUNT,
      deadline: new Date(NONCE_DEADLINE).toISOString(),
      intents: [],
    });
  });
});

describe('over the relay', () => {
  function start(apiKey: string | null = 'token') {
    const { chain, clock, ...rest } = world();
    const sinceStart = { nowMs: () => clock.nowMs(), after: (ms: number, run: () => void) => clock.after(ms, run) };
    const relay = startRelaySim({ chain, clock: sinceStart, token: 'token' });
    const sender = createRelaySender({ url: relay.rpcUrl, apiKey, clock });
    closing.push(
      () => sender.close(),
      () => relay.close(),
    );
    return { ...rest, chain, clock, relay, sender };
  }

  test('is executed, under the hash that is on record; sent again it is executed once', async () => {
    const { chain, clock, sender, newPull } = start();
    const pull = newPull();
    expect(await sender.transactionsOf(pull)).toEqual([]);
    expect(await sender.send(pull)).toEqual({ kind: 'taken', txHash: null });
    // The relay broadcasts it first.
    expect(await sender.transactionsOf(pull)).toEqual([]);
    clock.advance(1000);
    const [txHash = ''] = await sender.transactionsOf(pull);
    expect(executedIn(chain, txHash)).toEqual([pull.intentHash]);
    expect(await sender.send(pull)).toEqual({ kind: 'taken', txHash: null });
    expect(await sender.transactionsOf(pull)).toEqual([txHash]);
  });

  test("a refusal is named with the verifier's own reason", async () => {
    const { sender, newPull } = start();
    expect(await sender.send(newPull('00000001'))).toEqual({
      kind: 'refused',
      reason: 'relay_refused',
      detail: 'invalid salt',
    });
  });

  test('what the relay says of another intent counts for none: it is not taken, and no transaction carried it', async () => {
    const { clock, newPull } = world();
    const pull = newPull();
    let intentHash = newPull().intentHash;
    const txHash = '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';
    const relay = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const { method } = JSON.parse(await request.text());
        const status = method === 'get_status' ? 'SETTLED' : 'OK';
        return Response.json({ id: 'unrip', result: { status, intent_hash: intentHash, data: { hash: txHash } } });
      },
    });
    const sender = createRelaySender({ url: `http://127.0.0.1:${relay.port}/rpc`, apiKey: null, clock });
    closing.push(
      () => sender.close(),
      () => relay.stop(true),
    );
    expect(await sender.send(pull)).toMatchObject({ kind: 'unknown', reason: 'other_intent' });
    expect(await sender.transactionsOf(pull)).toEqual([]);
    ({ intentHash } = pull);
    expect(await sender.send(pull)).toEqual({ kind: 'taken', txHash: null });
    expect(await sender.transactionsOf(pull)).toEqual([txHash]);
  });

  test('without the right token, or without a relay, it is not taken', async () => {
    const { sender, newPull, relay } = start('another');
    expect(await sender.send(newPull())).toMatchObject({ kind: 'refused', reason: 'http_403' });
    await relay.close();
    expect(await sender.send(newPull())).toMatchObject({ kind: 'unknown', reason: 'unreachable' });
    expect(await sender.transactionsOf(newPull())).toEqual([]);
  });
});

describe('as a NEAR transaction', () => {
  function start(over: Partial<NearSenderOptions> = {}) {
    const { chain, clock, signer, ...rest } = world();
    const node = startNearRpcSim({ chain });
    const client = createNearClient({ urls: [node.url], contract: 'intents.near', clock });
    const recorded: string[] = [];
    const sender = createNearSender({
      client,
      clock,
      chainId: 'mainnet',
      account: ACCOUNT,
      publicKey: signer.publicKey,
      contract: 'intents.near',
      signCall: (call) => signFunctionCall(ACCOUNT, signer, call),
      onTransaction: async (_nonce, txHash) => {
        // Before it is sent.
        expect(chain.transaction(txHash)).toBeUndefined();
        recorded.push(txHash);
      },
      transactionsOf: () => recorded,
      ...over,
    });
    closing.push(
      () => sender.close(),
      () => node.close(),
    );
    return { ...rest, chain, clock, node, sender, recorded };
  }

  test('is executed, under the hash that is on record before it is sent', async () => {
    const { chain, sender, newPull, recorded } = start();
    const pull = newPull();
    const sent = await sender.send(pull);
    expect(sent).toEqual({ kind: 'taken', txHash: recorded[0] ?? null });
    expect(await sender.transactionsOf(pull)).toEqual(recorded);
    expect(executedIn(chain, recorded[0] ?? '')).toEqual([pull.intentHash]);
  });

  test('several at once have numbers of their own, also those that others overtake, and all are executed', async () => {
    const { chain, sender, newPull, recorded } = start();
    const pulls = Array.from({ length: 6 }, () => newPull());
    const sent = await Promise.all(pulls.map((pull) => sender.send(pull)));
    expect(sent.map(({ kind }) => kind)).toEqual(pulls.map(() => 'taken'));
    expect(recorded.flatMap((txHash) => executedIn(chain, txHash)).sort()).toEqual(
      pulls.map(({ intentHash }) => intentHash).sort(),
    );
  });

  test('one that transactions with later numbers overtake is sent with another number, a bounded number of times', async () => {
    const hashes: string[] = [];
    let overtakes = 0;
    const { chain, sender, newPull } = start({
      onTransaction: async (_nonce, txHash) => {
        hashes.push(txHash);
        if (overtakes-- > 0) for (const [key, used] of chain.accessNonces) chain.accessNonces.set(key, used + 1n);
      },
    });
    expect(await sender.send(newPull())).toMatchObject({ kind: 'taken' });
    const pull = newPull();
    overtakes = 2;
    expect(await sender.send(pull)).toEqual({ kind: 'taken', txHash: hashes[3] ?? null });
    expect(hashes.flatMap((txHash) => executedIn(chain, txHash))).toContain(pull.intentHash);
    overtakes = Number.POSITIVE_INFINITY;
    expect(await sender.send(newPull())).toMatchObject({ kind: 'refused', reason: 'invalid_transaction' });
    expect(hashes.length).toBeLessThan(20);
  });

  test('a nonce that was used by something else is for the final block to explain', async () => {
    const { sender, newPull } = start();
    const pull = newPull();
    await sender.send(pull);
    expect(await sender.send(pull)).toMatchObject({ kind: 'taken' });
  });

  test("a refusal is named with the verifier's own reason", async () => {
    const { sender, newPull } = start();
    const sent = await sender.send(newPull('00000001'));
    expect(sent).toMatchObject({ kind: 'refused', reason: 'contract_panicked' });
    expect('detail' in sent ? sent.detail : '').toContain('invalid salt');
  });

  test.each<[string, Partial<NearSenderOptions>, string]>([
    ['another network', { chainId: 'testnet' }, 'other_network'],
    ['a key that the account does not have', { publicKey: `ed25519:${'1'.repeat(32)}` }, 'access_key_missing'],
    ['a journal that fails', { onTransaction: () => Promise.reject(new Error('no space left')) }, 'journal_failed'],
    ['a block hash that is none', { signCall: () => null }, 'reply_malformed'],
  ])('%s: nothing is sent', async (_name, over, reason) => {
    const { sender, newPull, node } = start(over);
    expect(await sender.send(newPull())).toMatchObject({ kind: 'unknown', reason });
    expect(node.requests().get('send_tx')).toBeUndefined();
  });

  test('one that fails holds up none after it', async () => {
    const { sender, newPull, node } = start();
    node.faults.failNext('500', 1);
    const sent = await Promise.all([sender.send(newPull()), sender.send(newPull())]);
    expect(sent.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
    expect(sent.find(({ kind }) => kind !== 'taken')).toMatchObject({ kind: 'unknown', reason: 'http_500' });
  });

  test('the network of an endpoint is asked for once, and again after it failed', async () => {
    const { sender, newPull, node } = start();
    for (let sends = 0; sends < 3; sends++) await sender.send(newPull());
    expect(node.requests().get('status')).toBe(1);
    node.faults.failNext('500', 1);
    await sender.send(newPull());
    await sender.send(newPull());
    expect(node.requests().get('status')).toBe(2);
  });
});

describe('as a NEAR transaction, over two endpoints', () => {
  const READ_LIMIT_MS = 3000;
  /** Beyond what any block takes. */
  const NO_NONCE = 9_000_000_000_000_000;

  function start() {
    const { chain, clock, signer, newPull } = world();
    const nodes = [startTestNode(chain), startTestNode(chain)] as const;
    const urls = nodes.map(({ url }) => url);
    const limits = { timeLimitMs: READ_LIMIT_MS, sendLimitMs: 5 * READ_LIMIT_MS };
    const sender = createNearSender({
      client: createNearClient({ urls, contract: 'intents.near', clock, ...limits }),
      clock,
      chainId: 'mainnet',
      account: ACCOUNT,
      publicKey: signer.publicKey,
      contract: 'intents.near',
      signCall: (call) => signFunctionCall(ACCOUNT, signer, call),
      onTransaction: () => Promise.resolve(),
      transactionsOf: () => [],
    });
    closing.push(() => sender.close(), ...nodes.map(({ close }) => close));
    return { clock, newPull, sender, first: nodes[0], second: nodes[1] };
  }

  /** Does not answer until the test is over. */
  function hang(node: TestNode): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    node.hold(promise);
    closing.unshift(resolve);
  }

  test('one that hangs holds up its own pull for as long as it may read, and no other, and is left out then', async () => {
    const { clock, sender, newPull, first, second } = start();
    hang(first);
    const held = sender.send(newPull());
    expect(await sender.send(newPull())).toMatchObject({ kind: 'taken' });
    await waitFor(() => first.total() === 1, { what: 'the request that hangs' });
    clock.advance(READ_LIMIT_MS);
    expect(await held).toMatchObject({ kind: 'unknown', reason: 'timeout' });
    for (let sends = 0; sends < 4; sends++) expect(await sender.send(newPull())).toMatchObject({ kind: 'taken' });
    expect([first.total(), second.count('send_tx')]).toEqual([1, 5]);
  });

  test('a transaction has longer to be answered than what is read for it', async () => {
    const { clock, sender, newPull, first } = start();
    const { promise, resolve } = Promise.withResolvers<void>();
    first.delay(({ method }) => (method === 'send_tx' ? promise : Promise.resolve()));
    const sent = sender.send(newPull());
    await waitFor(() => first.count('send_tx') === 1, { what: 'the transaction' });
    clock.advance(4 * READ_LIMIT_MS);
    resolve();
    expect(await sent).toMatchObject({ kind: 'taken' });
  });

  test('one that failed is used again later, and at once when the other one fails too', async () => {
    const { clock, sender, newPull, first, second } = start();
    const busy = () => new Response('', { status: 500 });
    first.lie(busy);
    second.lie(busy);
    await sender.send(newPull());
    await sender.send(newPull());
    const totals = () => [first.total(), second.total()];
    expect(totals()).toEqual([1, 1]);
    for (let sends = 0; sends < 4; sends++) await sender.send(newPull());
    expect(totals()).toEqual([3, 3]);
    second.lie(null);
    await sender.send(newPull());
    expect(await sender.send(newPull())).toMatchObject({ kind: 'taken' });
    first.lie(null);
    clock.advance(15_000);
    const before = first.count('send_tx');
    for (let sends = 0; sends < 2; sends++) await sender.send(newPull());
    expect(first.count('send_tx')).toBe(before + 1);
  });

  test.each<[string, Fields]>([
    ['a number beyond all', { nonce: Number.MAX_SAFE_INTEGER }],
    ['a number beyond all, and a height to match', { nonce: NO_NONCE, block_height: Number.MAX_SAFE_INTEGER }],
    ['a number long gone', { nonce: 1 }],
    ['a block that there is not', { block_hash: '1'.repeat(32) }],
  ])('one that names %s for the access key spoils no pull over the other one', async (_name, over) => {
    const { clock, sender, newPull, first, second } = start();
    first.lie((asked, truth) =>
      asked.params['request_type'] === 'view_access_key'
        ? edited(truth, ['result'], (result) => ({ ...(result as Fields), ...over }))
        : truth,
    );
    for (let rounds = 0; rounds < 3; rounds++) {
      await sender.send(newPull());
      expect(await sender.send(newPull())).toMatchObject({ kind: 'taken' });
      // The first one is tried again.
      clock.advance(15_000);
    }
    expect(first.total()).toBeGreaterThanOrEqual(3);
    expect(second.count('send_tx')).toBe(3);
  });
});
