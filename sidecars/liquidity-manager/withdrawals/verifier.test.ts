// That a payload was not executed frees the operator to pay again: it has to be proved, by two endpoints where there are two.

import { afterEach, describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { type Lie, otherBlock, startTestNode } from '../../../contracts/runtime/near/node.fixture.ts';
import { startChain } from '../../../ops/sim/chain/chain.ts';
import { SALT, SOLVER, signIntents } from '../../../ops/sim/verifier/fixtures.ts';
import { NS_PER_MS } from '../../../ops/sim/verifier/text/deadline.ts';
import { createNonceReader } from './verifier.ts';
import { ACCOUNT, NONCE, NONCE_UNTIL_MS, NOW_MS, VERIFIER } from './withdrawals.fixture.ts';

const DEADLINE_AT_MS = NOW_MS + 900_000;
const BLOCK_MS = 10_000;
const ALL_BLOCKS = 100_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function start(given: { readonly endpoints?: number; readonly keepBlocks?: number } = {}) {
  const { endpoints = 1, keepBlocks = ALL_BLOCKS } = given;
  const clock = new ManualClock(NOW_MS);
  const chain = startChain({ clock, blockMs: BLOCK_MS, keepBlocks });
  chain.registerKey(ACCOUNT, SOLVER.publicKey);
  clock.advance(5 * BLOCK_MS);
  const nodes = Array.from({ length: endpoints }, () => startTestNode(chain));
  const reader = createNonceReader({ urls: nodes.map(({ url }) => url), contract: VERIFIER, account: ACCOUNT, clock });
  ends.push(...nodes.map((node) => () => node.close()), () => reader.close());
  return {
    chain,
    nodes,
    read: () => reader.read(NONCE, DEADLINE_AT_MS),
    /** Up to this time after the deadline, with all blocks on the way. */
    reach(afterDeadlineMs: number) {
      clock.advance(DEADLINE_AT_MS + afterDeadlineMs - clock.nowMs());
      chain.mine(0);
    },
    execute() {
      const nonce = Uint8Array.fromBase64(NONCE);
      const envelope = signIntents(SOLVER, [], { nonce, deadlineNs: BigInt(DEADLINE_AT_MS) * NS_PER_MS });
      expect(chain.execute([envelope], 'relay.near').error).toBeUndefined();
    },
    forget: () => chain.cleanUpNonces(ACCOUNT, [Buffer.from(NONCE, 'base64').toString('hex')]),
    lieUsed(node: number, isUsed: boolean) {
      const bytes = [...new TextEncoder().encode(JSON.stringify(isUsed))];
      nodes[node]?.lie(({ method, params }, truth) => {
        if (method !== 'query' || params['method_name'] !== 'is_nonce_used') return truth;
        return { ...truth, result: { ...(truth['result'] as object), result: bytes } };
      });
    },
    lie: (lie: Lie) => nodes[0]?.lie(lie),
    dead: (node: number) => nodes[node]?.lie(() => new Response('busy', { status: 503 })),
  };
}

const BEHIND_MS = 10 * BLOCK_MS;
/** Behind the nonce's own deadline. */
const LONG_MS = NONCE_UNTIL_MS - DEADLINE_AT_MS + BEHIND_MS;

test('before the deadline nothing is over, after it what was not executed never will be', async () => {
  const run = start();
  expect(await run.read()).toBe('open');
  run.reach(BEHIND_MS);
  expect(await run.read()).toBe('never');
});

test('a block from behind the deadline proves nothing before our own clock is there too', async () => {
  const run = start();
  run.reach(0);
  run.lie(otherBlock({ aheadMs: 60_000 }));
  expect(await run.read()).toBe('open');
  run.reach(1);
  expect(await run.read()).toBe('never');
});

test('what was executed is used, before the deadline as well', async () => {
  const run = start();
  run.execute();
  run.reach(-BEHIND_MS);
  expect(await run.read()).toBe('used');
});

test('one of two that says unused proves nothing while the other says used, or does not answer', async () => {
  const run = start({ endpoints: 2 });
  run.reach(BEHIND_MS);
  expect(await run.read()).toBe('never');
  run.lieUsed(1, true);
  expect(await run.read()).toBe('used');
  run.dead(1);
  expect(await run.read()).toBeNull();
});

test('of three, two that answer are enough', async () => {
  const run = start({ endpoints: 3 });
  run.reach(BEHIND_MS);
  run.dead(0);
  expect(await run.read()).toBe('never');
});

describe('a used nonce that the verifier was made to forget', () => {
  test('since its time was past is not taken for an unused one: an older block shows it', async () => {
    const run = start();
    run.execute();
    run.reach(LONG_MS);
    run.forget();
    run.reach(LONG_MS + BEHIND_MS);
    expect(await run.read()).toBe('used');
  });

  test('since its salt was invalidated, long before its time, is not either', async () => {
    const run = start();
    run.execute();
    run.reach(20 * 60_000);
    run.chain.invalidateSalt(SALT);
    run.forget();
    run.reach(20 * 60_000 + BEHIND_MS);
    expect(await run.read()).toBe('used');
  });

  test('before its deadline looks like an unused one', async () => {
    const run = start();
    run.execute();
    run.reach(-BEHIND_MS);
    run.chain.invalidateSalt(SALT);
    run.forget();
    run.reach(BEHIND_MS);
    expect(await run.read()).toBe('forgotten');
  });
});

describe('a nonce that was never used, read for the first time after its own time', () => {
  test('is proved unused by an older block', async () => {
    const run = start({ endpoints: 2 });
    run.reach(LONG_MS + 86_400_000);
    expect(await run.read()).toBe('never');
  });

  test('proves nothing at a node that has no such block any more, which is not asked about it all the time', async () => {
    const run = start({ keepBlocks: 50 });
    run.reach(LONG_MS);
    expect(await run.read()).toBe('forgotten');
    const requests = run.nodes[0]?.total() ?? 0;
    expect(await run.read()).toBe('forgotten');
    expect(run.nodes[0]?.total()).toBe(requests);
    run.reach(LONG_MS + 600_000);
    expect(await run.read()).toBe('forgotten');
    expect(run.nodes[0]?.total()).toBeGreaterThan(requests);
  });

  test('proves nothing at a node that has the block, but not what the verifier held at it', async () => {
    const run = start();
    run.reach(LONG_MS);
    const newest = run.chain.blockAt('final').height;
    run.nodes[0]?.lie(({ method, params }, { jsonrpc, id, ...truth }) =>
      method === 'query' && Number(params['block_id']) < newest - 1
        ? { jsonrpc, id, error: { name: 'HANDLER_ERROR', cause: { name: 'GARBAGE_COLLECTED_BLOCK', info: {} } } }
        : { jsonrpc, id, ...truth },
    );
    expect(await run.read()).toBe('forgotten');
  });

  test('is as good as not read while the node fails', async () => {
    const run = start();
    run.reach(LONG_MS);
    run.nodes[0]?.lie(({ method, params }, truth) =>
      method === 'block' && 'block_id' in params ? new Response('busy', { status: 503 }) : truth,
    );
    expect(await run.read()).toBeNull();
    run.nodes[0]?.lie(null);
    expect(await run.read()).toBe('never');
  });
});
