import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { UNITS_MAX } from '../../contracts/amounts.ts';
import { BTC, DEFAULT_PAIR, EURE, otherAssets } from '../../contracts/assets.ts';
import type { AccountId, NonceText } from '../../contracts/ids.ts';
import type { NearEndpoint } from '../../contracts/runtime/near/client.ts';
import { viewBytes } from '../../contracts/runtime/near/node.fixture.ts';
import { failed, readReply, readView } from '../../contracts/runtime/near/reply.ts';
import { mutatedText } from '../../ops/testing/mutated.ts';
import { takeSnapshot, type Wanted } from './read-snapshot.ts';

const BLOCK = { height: 169_553_183, hash: 'G8KZAZF7q6x7VVmfFpe1wDijygVdz4WSscW1Sn7EPPtF', timeMs: 1_761_247_965_639 };
const WANTED: Wanted = {
  accountId: 'solver.near' as AccountId,
  assets: [BTC.id, EURE.id],
  otherAssets: otherAssets(DEFAULT_PAIR).map(({ id }) => id),
  toRead: { nonces: ['n1', 'n2'] as NonceText[], salts: ['aabbccdd'], timeFrees: [] },
  publicKey: 'ed25519:C3jXhkGhEx88Gj7XKtUziJKXEBMRaJ67bWFkxJikVxZ2',
};
const TRUTH: Readonly<Record<string, unknown>> = {
  mt_batch_balance_of: ['100000', '94750000000000000000', '7'],
  simulate_intents: { intents_executed: [], logs: [], min_deadline: 'x', state: { fee: 1, current_salt: '252812b3' } },
  has_public_key: true,
  is_account_locked: false,
  is_nonce_used: false,
  is_valid_salt: true,
};
const METHODS = Object.keys(TRUTH);

/** A reply of a node to a view, as text. */
const replyTo = (method: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 'unrip',
    result: { result: viewBytes(TRUTH[method]), logs: [], block_height: BLOCK.height, block_hash: BLOCK.hash },
  });

/** One endpoint that spoils the replies to some methods: the value inside, or the reply around it. */
const anyReplies: fc.Arbitrary<Readonly<Record<string, string>>> = fc.dictionary(
  fc.constantFrom(...METHODS),
  fc.constantFrom(...METHODS).chain((method) =>
    fc.oneof(
      mutatedText([replyTo(method)]),
      mutatedText([JSON.stringify(TRUTH[method])]).map((value) =>
        replyTo(method).replace(
          JSON.stringify(viewBytes(TRUTH[method])),
          JSON.stringify([...new TextEncoder().encode(value)]),
        ),
      ),
    ),
  ),
  { maxKeys: 3 },
);

const endpointOf = (replies: Readonly<Record<string, string>>): NearEndpoint => ({
  host: 'node',
  call: (method) => {
    const reply = readReply(200, replies[method] ?? replyTo(method));
    return Promise.resolve(reply.ok ? readView(reply.value) : reply);
  },
  finalBlock: () => Promise.resolve({ ok: true, value: BLOCK }),
  blockAt: () => Promise.resolve({ ok: true, value: BLOCK }),
  chainId: () => Promise.resolve({ ok: true, value: 'mainnet' }),
  accessKey: () => Promise.resolve(failed('unknown_access_key', '')),
  sendTransaction: () => Promise.resolve(failed('timeout', '')),
  tx: () => Promise.resolve(failed('unknown_transaction', '')),
  state: () => ({ requests: 0, failures: 0, last_failure: null, last_failure_at: null }),
});

test('any replies make a whole snapshot of sound values, or a named failure', async () => {
  expect((await takeSnapshot(endpointOf({}), BLOCK, WANTED)).ok).toBe(true);
  await fc.assert(
    fc.asyncProperty(anyReplies, async (replies) => {
      const taken = await takeSnapshot(endpointOf(replies), BLOCK, WANTED);
      if (!taken.ok) {
        expect(taken.reason).toMatch(/^[a-z0-9_]{1,64}$/);
        expect(Buffer.byteLength(taken.detail)).toBeLessThanOrEqual(300);
        return;
      }
      const { credited, stranded, nonces, salt, feePips, invalidSalts, keyRegistered, accountLocked } = taken.value;
      expect(Object.keys(credited)).toEqual([...WANTED.assets]);
      for (const units of Object.values(credited)) expect(units >= 0n && units <= UNITS_MAX).toBe(true);
      for (const [id, units] of Object.entries(stranded)) {
        expect(WANTED.otherAssets as readonly string[]).toContain(id);
        expect(units >= 0n && units <= UNITS_MAX).toBe(true);
      }
      expect(nonces.map(({ nonce }) => nonce)).toEqual([...WANTED.toRead.nonces]);
      for (const flag of [...nonces.map(({ used }) => used), keyRegistered, accountLocked]) {
        expect(typeof flag).toBe('boolean');
      }
      expect((salt === null) === (feePips === null)).toBe(true);
      if (salt !== null) expect(invalidSalts).not.toContain(salt);
      for (const one of invalidSalts) expect(one).toMatch(/^[0-9a-f]{8}$/);
      if (feePips !== null) expect(Number.isInteger(feePips) && feePips >= 0 && feePips <= 1_000_000).toBe(true);
    }),
    { numRuns: 400 },
  );
});
