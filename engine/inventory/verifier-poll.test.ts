import { afterEach, describe, expect, test } from 'bun:test';
import nacl from 'tweetnacl';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { AccountId, NonceText } from '../../contracts/ids.ts';
import { startChain } from '../../ops/sim/chain/chain.ts';
import { startNearRpcSim } from '../../ops/sim/near-rpc/server.ts';
import { encodeBase58 } from '../../ops/sim/verifier/base58.ts';
import { readEnvelopes } from '../../ops/sim/verifier/envelope.ts';
import { payloadHash } from '../../ops/sim/verifier/hashing.ts';
import { nodeOfValue } from '../../ops/sim/verifier/json.ts';
import { buildNonce } from '../../ops/sim/verifier/nonce.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { ManualClock } from '../lib/manual-clock.fixture.ts';
import { createNearClient, type NearClient } from './near-client.ts';
import type { NearFailure } from './near-client-reply.ts';
import type { Observation } from './observation.ts';
import { createVerifierPoll } from './verifier-poll.ts';
import { executedIntents } from './verifier-poll-events.ts';
import { lookAtVerifier } from './verifier-poll-look.ts';

const T0 = 1_767_225_600_000;
const CONTRACT = 'intents.near';
const ACCOUNT = 'maker.near' as AccountId;
const RANDOM = { fill: (bytes: Uint8Array) => void bytes.fill(7), fraction: () => 0.5 };
const KEYS = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(3));
const PUBLIC_KEY = `ed25519:${encodeBase58(KEYS.publicKey)}`;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const nonceOf = (salt: string, mark: string): NonceText =>
  Buffer.from(buildNonce(salt, BigInt(T0 + 3_600_000) * 1_000_000n, mark.repeat(15))).toString('base64') as NonceText;

/** An intent without effect but for the nonce that it uses. */
function emptyIntent(nonce: NonceText) {
  const payload = JSON.stringify({
    signer_id: ACCOUNT,
    verifying_contract: CONTRACT,
    deadline: new Date(T0 + 60_000).toISOString(),
    nonce,
    intents: [],
  });
  const signature = `ed25519:${encodeBase58(nacl.sign.detached(new TextEncoder().encode(payload), KEYS.secretKey))}`;
  const read = readEnvelopes([nodeOfValue({ standard: 'raw_ed25519', payload, public_key: PUBLIC_KEY, signature })]);
  if (!read.ok) throw new Error(read.reason);
  const [envelope] = read.value;
  if (envelope === undefined) throw new Error('one envelope was given');
  return { envelopes: read.value, hash: encodeBase58(payloadHash(envelope)) };
}

function start(over: { readonly registered?: boolean; readonly pollMs?: number } = {}) {
  const clock = new ManualClock(T0);
  const chain = startChain({ clock });
  chain.credit(ACCOUNT, BTC.id, 100_000n);
  if (over.registered !== false) chain.registerKey(ACCOUNT, PUBLIC_KEY);
  chain.mine(3);
  clock.advance(5000);
  const sim = startNearRpcSim({ chain });
  const client = createNearClient({ urls: [sim.url], contract: CONTRACT, clock });
  const observations: Observation[] = [];
  const failures: NearFailure[] = [];
  const reading = { nonces: [] as NonceText[], salts: [] as string[] };
  const poll = createVerifierPoll({
    client,
    accountId: ACCOUNT,
    publicKey: PUBLIC_KEY,
    contract: CONTRACT,
    assets: [BTC.id, EURE.id],
    pollMs: over.pollMs ?? 2000,
    maxAgeMs: 15_000,
    toRead: () => reading,
    onObservation: (observation) => observations.push(observation),
    onFailure: (failure) => failures.push(failure),
    clock,
    random: RANDOM,
  });
  closing.push(
    () => poll.stop(),
    () => client.close(),
    () => sim.close(),
  );
  const seen = (count: number) => waitFor(() => observations.length >= count, { what: `observation ${count}` });
  const newest = (): Observation => {
    const last = observations.at(-1);
    if (last === undefined) throw new Error('nothing was observed yet');
    return last;
  };
  return { clock, chain, sim, client, poll, observations, failures, reading, seen, newest };
}

const salt = (world: ReturnType<typeof start>): string => world.chain.state().currentSaltHex;

describe('an observation', () => {
  test('holds balances, nonces, salts, fee and signer of one final block', async () => {
    const world = start();
    const first = salt(world);
    const [used, unused] = [nonceOf(first, 'aa'), nonceOf(first, 'bb')];
    world.chain.execute(emptyIntent(used).envelopes, 'relayer.near');
    world.clock.advance(5000);
    const second = world.chain.rotateSalt();
    world.clock.advance(5000);
    world.reading.nonces.push(used, unused);
    world.reading.salts.push(first, '00000000');
    expect(await world.poll.refresh()).toBeNull();
    const final = world.chain.blockAt('final');
    expect(world.newest()).toMatchObject({
      block: { height: final.height, hash: final.hash, timeMs: Number(final.timestampNs / 1_000_000n) },
      readAtMs: T0 + 15_000,
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
    expect([...world.newest().validSalts].sort()).toEqual([first, second].sort());
    expect(world.newest().credited).toEqual({ [BTC.id]: 100_000n, [EURE.id]: 0n } as never);
  });

  test('names the intents of a transaction that was told, once it is final', async () => {
    const world = start();
    const nonce = nonceOf(salt(world), 'aa');
    const intent = emptyIntent(nonce);
    const transaction = world.chain.execute(intent.envelopes, 'relayer.near');
    world.poll.start();
    await world.seen(1);
    world.poll.trigger(transaction.hash);
    await world.seen(2);
    expect(world.newest().transactions).toEqual([]);
    expect(world.poll.state(T0).transactions_sought).toBe(1);
    world.clock.advance(5000);
    await world.seen(3);
    expect(world.newest().transactions).toEqual([
      { txHash: transaction.hash, executed: [{ intentHash: intent.hash, accountId: ACCOUNT, nonce }] },
    ]);
    world.clock.advance(2000);
    await world.seen(4);
    expect(world.newest().transactions).toEqual([]);
  });

  test('is not held up by a transaction that nobody knows, which is given up in the end', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    world.poll.trigger('9oYnobody');
    await world.seen(2);
    for (let look = 3; look <= 24; look += 1) {
      world.clock.advance(2000);
      await world.seen(look);
    }
    expect(world.poll.state(T0)).toMatchObject({ transactions_sought: 0, transactions_given_up: 1, failures: 0 });
  });

  test('goes without salt and fee while the contract refuses to simulate, and without nothing else', async () => {
    const world = start();
    const refusing = (method: string): NearClient => ({
      ...world.client,
      call: (name, args, at) =>
        name === method
          ? Promise.resolve({ ok: false, reason: 'contract_panicked', detail: 'paused' })
          : world.client.call(name, args, at),
    });
    const wanted = { accountId: ACCOUNT, assets: [BTC.id], toRead: world.reading, publicKey: null };
    expect(await lookAtVerifier(refusing('simulate_intents'), wanted)).toMatchObject({
      ok: true,
      value: { salt: null, feePips: null, credited: { [BTC.id]: 100_000n }, validSalts: [] },
    });
    expect(await lookAtVerifier(refusing('mt_batch_balance_of'), wanted)).toMatchObject({ ok: false });
  });
});

describe('a look that fails', () => {
  test('is named and leaves the last observation to grow old', async () => {
    const world = start();
    expect(world.poll.health(T0)).toEqual({ healthy: false, reasons: ['inventory_missing'], notes: [] });
    await world.poll.refresh();
    expect(world.poll.health(T0 + 5000)).toEqual({ healthy: true, reasons: [], notes: [] });
    world.sim.faults.fail('unsynced');
    world.clock.advance(16_000);
    expect(await world.poll.refresh()).toMatchObject({ ok: false, reason: 'no_synced_blocks' });
    expect(world.observations).toHaveLength(1);
    expect(world.failures).toHaveLength(1);
    expect(world.poll.health(T0 + 21_000)).toEqual({
      healthy: false,
      reasons: ['inventory_stale'],
      notes: ['inventory_failing'],
    });
    expect(world.poll.state(T0 + 21_000)).toMatchObject({
      last_sync_at: '2026-01-01T00:00:05.000Z',
      age_ms: 16_000,
      failures: 1,
      failures_in_row: 1,
      last_failure: expect.stringContaining('no_synced_blocks'),
    });
    world.sim.faults.fail(null);
    expect(await world.poll.refresh()).toBeNull();
    expect(world.poll.health(T0 + 21_000)).toEqual({ healthy: true, reasons: [], notes: [] });
  });

  test('mixes no chains: a node that has another block at that height is refused', async () => {
    const world = start();
    const forked: NearClient = {
      ...world.client,
      async call(...asked) {
        const answer = await world.client.call(...asked);
        return answer.ok ? { ok: true, value: { ...answer.value, blockHash: 'another' } } : answer;
      },
    };
    const wanted = { accountId: ACCOUNT, assets: [BTC.id], toRead: world.reading, publicKey: null };
    expect(await lookAtVerifier(forked, wanted)).toMatchObject({ ok: false, reason: 'other_block' });
  });

  test('halfway yields nothing: a balance without its nonces is no observation', async () => {
    const world = start();
    world.reading.nonces.push('not-base64' as NonceText);
    expect(await world.poll.refresh()).toMatchObject({ ok: false, reason: 'contract_panicked' });
    expect(world.observations).toEqual([]);
  });
});

describe('the rhythm', () => {
  test('is one look a poll interval, and a failure does not end it', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    world.clock.advance(1999);
    world.clock.advance(1);
    await world.seen(2);
    world.sim.faults.failNext('500', 1);
    world.clock.advance(2000);
    await waitFor(() => world.failures.length === 1, { what: 'the failure' });
    world.clock.advance(2000);
    await world.seen(3);
    expect(world.observations).toHaveLength(3);
  });

  test('never overlaps, and a refresh during a look gets one that begins after it', async () => {
    const world = start();
    const blocks = () => world.sim.requests().get('block') ?? 0;
    const looks = [world.poll.refresh(), world.poll.refresh(), world.poll.refresh()];
    world.chain.credit(ACCOUNT, EURE.id, 5n);
    world.clock.advance(4000);
    expect(await Promise.all(looks)).toEqual([null, null, null]);
    expect(blocks()).toBe(2);
    expect(world.newest().credited[EURE.id]).toBe(5n as never);
  });

  test('pauses: a trigger does nothing, a refresh still looks, resume goes on', async () => {
    const world = start();
    world.poll.start();
    await world.seen(1);
    world.poll.pause();
    world.clock.advance(10_000);
    world.poll.trigger(null);
    await world.poll.refresh();
    expect(world.observations).toHaveLength(2);
    expect(world.poll.health(T0 + 60_000)).toEqual({
      healthy: true,
      reasons: [],
      notes: ['paused', 'inventory_stale'],
    });
    world.poll.resume();
    await world.seen(3);
  });

  test('asks for the key at first, then every few minutes, sooner while it is not there', async () => {
    const world = start({ registered: false });
    const asked = () => world.sim.requests().get('query/has_public_key') ?? 0;
    await world.poll.refresh();
    expect(world.newest()).toMatchObject({ keyRegistered: false });
    expect(world.poll.health(T0 + 5000).notes).toEqual(['signer_unauthorized']);
    world.clock.advance(2900);
    await world.poll.refresh();
    expect(asked()).toBe(1);
    world.chain.registerKey(ACCOUNT, PUBLIC_KEY);
    world.clock.advance(5000);
    await world.poll.refresh();
    expect([asked(), world.newest().keyRegistered]).toEqual([2, true]);
    world.clock.advance(299_000);
    await world.poll.refresh();
    expect(asked()).toBe(2);
    world.chain.lockAccount(ACCOUNT);
    world.clock.advance(5000);
    await world.poll.refresh();
    expect([asked(), world.newest().accountLocked]).toEqual([3, true]);
  });

  test('ends with stop: a look under way is not reported', async () => {
    const world = start();
    const look = world.poll.refresh();
    world.poll.stop();
    expect(await look).toMatchObject({ reason: 'stopped' });
    expect(world.observations).toEqual([]);
  });
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
