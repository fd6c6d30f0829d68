// That a nonce was not used frees the operator to pay again: two endpoints have to say it where there are two.

import { afterEach, expect, test } from 'bun:test';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { startTestNode } from '../../../contracts/runtime/near/node.fixture.ts';
import { startChain } from '../../../ops/sim/chain/chain.ts';
import { createNonceReader } from './verifier.ts';
import { ACCOUNT, NONCE, NOW_MS, VERIFIER } from './withdrawals.fixture.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function start(endpoints: number) {
  const clock = new ManualClock(NOW_MS);
  const chain = startChain({ clock });
  chain.mine(3);
  clock.advance(5_000);
  const nodes = Array.from({ length: endpoints }, () => startTestNode(chain));
  const reader = createNonceReader({ urls: nodes.map(({ url }) => url), contract: VERIFIER, account: ACCOUNT, clock });
  ends.push(...nodes.map((node) => () => node.close()), () => reader.close());
  const lieUsed = (node: number, isUsed: boolean): void => {
    const bytes = [...new TextEncoder().encode(JSON.stringify(isUsed))];
    nodes[node]?.lie(({ method, params }, truth) => {
      if (method !== 'query' || params['method_name'] !== 'is_nonce_used') return truth;
      return { ...truth, result: { ...(truth['result'] as object), result: bytes } };
    });
  };
  const dead = (node: number): void => nodes[node]?.lie(() => new Response('busy', { status: 503 }));
  return { reader, lieUsed, dead };
}

test('the only endpoint is believed', async () => {
  const { reader } = start(1);
  expect(await reader.read(NONCE)).toMatchObject({ isUsed: false });
});

test('one of two that says unused proves nothing while the other says used, or does not answer', async () => {
  const { reader, lieUsed, dead } = start(2);
  expect(await reader.read(NONCE)).toMatchObject({ isUsed: false });
  lieUsed(1, true);
  expect(await reader.read(NONCE)).toMatchObject({ isUsed: true });
  dead(1);
  expect(await reader.read(NONCE)).toBeNull();
});

test('of three, two that answer are enough', async () => {
  const { reader, dead } = start(3);
  dead(0);
  expect(await reader.read(NONCE)).toMatchObject({ isUsed: false });
});
