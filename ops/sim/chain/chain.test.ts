// Blocks on a clock that the test moves, what each of them remembers, and the acts of administrators.
import { describe, expect, test } from 'bun:test';
import { BTC, NOW_MS, NOW_NS, SALT, SECOND_NS, SOLVER, signIntents, USER } from '../verifier/fixtures.ts';
import { accountOf, isValidSalt } from '../verifier/state.ts';
import { startChain } from './chain.ts';
import { manualClock } from './clock.ts';

function setUp(options: { readonly keepBlocks?: number } = {}) {
  const clock = manualClock(NOW_MS);
  return { clock, chain: startChain({ clock, firstHeight: 100, ...options }) };
}

const held = (block: { readonly state: Parameters<typeof accountOf>[0] }) =>
  accountOf(block.state, 'solver.near').balances.get(BTC) ?? 0n;

describe('blocks', () => {
  test('one a second, the final one two behind the newest', () => {
    const { clock, chain } = setUp();
    expect(chain.blockAt('optimistic').height).toBe(100);
    clock.advance(5_500);
    expect(chain.blockAt('optimistic')).toMatchObject({ height: 105, timestampNs: NOW_NS + 5n * SECOND_NS });
    expect(chain.blockAt('near-final').height).toBe(104);
    expect(chain.blockAt('final').height).toBe(103);
  });

  test('each names the one before it', () => {
    const { clock, chain } = setUp();
    clock.advance(1_000);
    expect(chain.block(101)?.previousHash).toBe(chain.block(100)?.hash ?? '');
    const hash = chain.block(101)?.hash ?? '';
    expect(chain.block(hash)?.height).toBe(101);
  });

  test('a change shows in the next block, and at final two later; older blocks keep what they held', () => {
    const { clock, chain } = setUp();
    chain.credit('solver.near', BTC, 5n);
    expect(held(chain.blockAt('optimistic'))).toBe(0n);
    clock.advance(1_000);
    expect(held(chain.blockAt('optimistic'))).toBe(5n);
    expect(held(chain.blockAt('final'))).toBe(0n);
    clock.advance(2_000);
    expect(held(chain.blockAt('final'))).toBe(5n);
    expect(chain.block(100)).toBeDefined();
    expect(held(chain.block(100) ?? chain.blockAt('final'))).toBe(0n);
  });

  test('a long sleep makes all its blocks, of which the last are kept', () => {
    const { clock, chain } = setUp({ keepBlocks: 10 });
    clock.advance(86_400_000);
    expect(chain.blockAt('optimistic').height).toBe(86_500);
    expect(chain.block(86_491)?.height).toBe(86_491);
    expect(chain.block(86_490)).toBeUndefined();
    expect(chain.blockAt('optimistic').timestampNs).toBe(NOW_NS + 86_400n * SECOND_NS);
  });

  test('mined blocks come at once and later than the last', () => {
    const { chain } = setUp();
    chain.credit('solver.near', BTC, 5n);
    chain.mine(3);
    expect(held(chain.blockAt('final'))).toBe(5n);
    expect(chain.blockAt('optimistic').timestampNs).toBeGreaterThan(chain.blockAt('final').timestampNs);
  });
});

describe('transactions', () => {
  test('a batch that passes burns its nonce and is found by hash', () => {
    const { chain } = setUp();
    chain.registerKey('solver.near', SOLVER.publicKey);
    const intent = signIntents(SOLVER, []);
    const done = chain.execute([intent], 'relay.near');
    expect(done).toMatchObject({ error: undefined, height: 101, signerId: 'relay.near' });
    expect(done.logs.join()).toContain('intents_executed');
    expect(chain.transaction(done.hash)).toEqual(done);
    expect(chain.execute([intent], 'relay.near')).toMatchObject({ error: 'nonce was already used', logs: [] });
  });

  test('block time is what deadlines are measured against', () => {
    const { clock, chain } = setUp();
    chain.registerKey('solver.near', SOLVER.publicKey);
    const intent = signIntents(SOLVER, [], { deadlineNs: NOW_NS + SECOND_NS });
    clock.advance(1_001);
    expect(chain.execute([intent], 'relay.near').error).toBe('deadline has expired');
  });

  test('a batch that writes too much fails, although its simulation passes', () => {
    const { chain } = setUp();
    chain.registerKey('solver.near', SOLVER.publicKey);
    chain.credit('solver.near', BTC, 1_000n);
    chain.mine(1);
    const intents = Array.from({ length: 60 }, () => ({
      intent: 'transfer',
      receiver_id: 'user.near',
      tokens: { [BTC]: '1' },
      memo: 'x'.repeat(300),
    }));
    const batch = [signIntents(SOLVER, intents)];
    expect(chain.simulate(batch).ok).toBe(true);
    expect(chain.execute(batch, 'relay.near').error).toContain('exceeds the limit 16384');
    expect(accountOf(chain.state(), 'solver.near').balances.get(BTC)).toBe(1_000n);
  });
});

describe('controls', () => {
  test('a rotated salt leaves the old one valid until it is invalidated', () => {
    const { chain } = setUp();
    const salt = chain.rotateSalt();
    expect(salt).not.toBe(SALT);
    expect(chain.state().currentSaltHex).toBe(salt);
    expect(isValidSalt(chain.state(), SALT)).toBe(true);
    expect(chain.invalidateSalt(SALT).error).toBeUndefined();
    expect(isValidSalt(chain.state(), SALT)).toBe(false);
    expect(chain.invalidateSalt(SALT).error).toContain('is not valid');
  });

  test('there is always a current salt', () => {
    const { chain } = setUp();
    chain.invalidateSalt(SALT);
    expect(chain.state().currentSaltHex).not.toBe(SALT);
  });

  test('a locked account takes deposits and signs nothing', () => {
    const { chain } = setUp();
    chain.registerKey('user.near', USER.publicKey);
    chain.lockAccount('user.near');
    expect(chain.credit('user.near', BTC, 1n).error).toBeUndefined();
    expect(chain.execute([signIntents(USER, [])], 'relay.near').error).toBe("account 'user.near' is locked");
    chain.unlockAccount('user.near');
    expect(chain.execute([signIntents(USER, [])], 'relay.near').error).toBeUndefined();
  });

  test('fee, keys and withdrawals', () => {
    const { chain } = setUp();
    chain.setFee(100);
    expect(chain.state().feePips).toBe(100);
    chain.registerKey('user.near', USER.publicKey);
    expect(chain.registerKey('user.near', USER.publicKey).error).toContain('already exists');
    expect(chain.removeKey('user.near', USER.publicKey).error).toBeUndefined();
    expect(chain.removeKey('user.near', USER.publicKey).error).toContain("doesn't exist");
    chain.credit('user.near', BTC, 3n);
    expect(chain.withdraw('user.near', BTC, 4n).error).toContain('cannot withdraw 4');
    expect(chain.withdraw('user.near', BTC, 3n).error).toBeUndefined();
    expect(accountOf(chain.state(), 'user.near').balances.size).toBe(0);
  });

  test('used nonces are forgotten behind their deadline or with their salt, legacy ones never', () => {
    const { clock, chain } = setUp();
    chain.registerKey('solver.near', SOLVER.publicKey);
    const legacy = new Uint8Array(32).fill(3);
    const dated = signIntents(SOLVER, [], { nonceDeadlineNs: NOW_NS + 60n * SECOND_NS });
    for (const each of [dated, signIntents(SOLVER, [], { nonce: legacy })]) chain.execute([each], 'relay.near');
    const used = () => [...accountOf(chain.state(), 'solver.near').usedNonces];
    const all = used();
    expect(all).toHaveLength(2);
    clock.advance(60_000);
    chain.cleanUpNonces('solver.near', all);
    expect(used()).toHaveLength(2);
    clock.advance(1_000);
    chain.cleanUpNonces('solver.near', all);
    expect(used()).toEqual(['03'.repeat(32)]);
  });

  test('an invalidated salt lets its nonces go before their deadline', () => {
    const { chain } = setUp();
    chain.registerKey('solver.near', SOLVER.publicKey);
    chain.execute([signIntents(SOLVER, [])], 'relay.near');
    chain.invalidateSalt(SALT);
    chain.cleanUpNonces('solver.near', [...accountOf(chain.state(), 'solver.near').usedNonces]);
    expect(accountOf(chain.state(), 'solver.near').usedNonces.size).toBe(0);
  });
});

test('a moved clock runs what falls due, in the order of time', () => {
  const clock = manualClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b at ${clock.nowMs()}`));
  clock.after(10, () => {
    ran.push(`a at ${clock.nowMs()}`);
    clock.after(5, () => ran.push(`c at ${clock.nowMs()}`));
  });
  clock.after(30, () => ran.push('never'))();
  clock.advance(40);
  expect(ran).toEqual(['a at 10', 'c at 15', 'b at 20']);
  expect(clock.nowMs()).toBe(40);
});
