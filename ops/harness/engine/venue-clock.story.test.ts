// An engine whose clock is wrong, and one whose RPC endpoint lies: over real sockets, with the journal on disk.

import { describe, expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { otherBlock, startTestNode } from '../../../contracts/runtime/near/node.fixture.ts';
import { waitFor } from '../../testing/wait.ts';
import { fastClock, makeSetting, startEngineOn } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

const clockReason = 'executor.clock_skew';

describe('a clock that is', () => {
  test.each([-30_000, 120_000])(
    '%d ms off keeps from signing, says so, and no longer does when it is set right',
    async (offMs) => {
      const clock = fastClock(1);
      let aheadMs = 0;
      const setting = makeSetting(clock);
      const rig = await startEngineOn(setting, { ...clock, nowMs: () => clock.nowMs() + aheadMs });
      try {
        await rig.ready();
        rig.arm();
        await rig.answered();
        const answers = () => setting.world.relay.answers().length;
        aheadMs = offMs;
        expect(rig.reasons()).toContain(clockReason);
        expect(Math.abs(rig.control.state().clock?.skew_ms ?? 0)).toBeGreaterThan(5000);
        const before = answers();
        rig.ask('while-off', { max_wait_ms: 600_000 });
        await waitFor(() => rig.reasonOf('while-off') !== null, { what: 'the decision' });
        expect(rig.reasonOf('while-off')).toBe('clock_skew');
        expect(answers()).toBe(before);
        aheadMs = 0;
        await rig.ready();
        await rig.answered();
      } finally {
        await rig.close();
      }
    },
    LIMIT_MS,
  );

  test(
    '3 s behind is unhealthy and goes on trading',
    async () => {
      const clock = fastClock(1);
      const setting = makeSetting(clock);
      let aheadMs = 0;
      const rig = await startEngineOn(setting, { ...clock, nowMs: () => clock.nowMs() + aheadMs });
      try {
        await rig.ready();
        rig.arm();
        aheadMs = -3000;
        await waitFor(() => rig.reasons().includes(clockReason), { what: 'the clock to be said' });
        await rig.answered();
      } finally {
        await rig.close();
      }
    },
    LIMIT_MS,
  );
});

test(
  'one of two endpoints that lies for a while leaves nothing behind, in memory or on disk',
  async () => {
    const clock = fastClock(1);
    const setting = makeSetting(clock);
    const liar = startTestNode(setting.world.chain);
    const env = { ...setting.env, NEAR_RPC_URL: `${liar.url},${setting.env['NEAR_RPC_URL']}` };
    const highest = () => setting.world.chain.blockAt('final').height;
    try {
      const rig = await startEngineOn({ ...setting, env }, clock);
      await rig.ready();
      rig.arm();
      await rig.answered();
      liar.lie(otherBlock({ height: (height) => height + 100_000, aheadMs: 120_000 }));
      const refused = `inventory.rpc_block_from_future@${liar.host}`;
      await waitFor(() => rig.control.state().notes.includes(refused), { what: 'the endpoint to be named' });
      await rig.answered();
      expect(rig.reasons()).toEqual([]);
      expect(rig.control.inventory.state().block_height).toBeLessThanOrEqual(highest());
      liar.lie(null);
      await waitFor(() => !rig.control.state().notes.includes(refused), { what: 'it to be well again' });
      await rig.answered();
      await rig.engine.drain(2000);

      const again = await startEngineOn({ ...setting, env }, clock);
      await again.ready();
      again.arm();
      await again.answered();
      expect(again.control.inventory.state().block_height).toBeLessThanOrEqual(highest());
      await again.engine.drain(2000);
    } finally {
      await liar.close();
      await setting.close();
    }
  },
  LIMIT_MS,
);

test(
  'a second endpoint that dies stops no trading, and capital that nobody confirms stays reserved',
  async () => {
    const clock = fastClock(1);
    const setting = makeSetting(clock, {}, { INVENTORY_MAX_AGE_MS: '1500' });
    const second = startTestNode(setting.world.chain);
    const env = { ...setting.env, NEAR_RPC_URL: `${setting.env['NEAR_RPC_URL']},${second.url}` };
    const rig = await startEngineOn({ ...setting, env }, clock);
    try {
      await rig.ready();
      rig.arm();
      await rig.answered();
      await second.close();
      // A deposit that nobody confirms.
      setting.world.chain.credit(setting.accountId, BTC.id, 1n);
      const unconfirmed = () => rig.control.state().notes.includes('inventory.rpc_unconfirmed');
      await waitFor(unconfirmed, { what: 'the missing confirmation to be said' });
      const polls = () => Number(rig.control.inventory.state().poll['polls']);
      const before = polls();
      // Far longer than a balance may be old.
      await waitFor(() => polls() > before + 40, { what: 'polls without a second endpoint' });
      await rig.answered();
      expect(rig.reasons()).toEqual([]);
      expect(rig.control.inventory.state().lanes.some(({ reserved }) => reserved !== '0')).toBe(true);
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);

test(
  'a start while the second endpoint is dead goes on with what is on record, with quotes that are live',
  async () => {
    const clock = fastClock(1);
    const setting = makeSetting(clock);
    const second = startTestNode(setting.world.chain);
    const env = { ...setting.env, NEAR_RPC_URL: `${setting.env['NEAR_RPC_URL']},${second.url}` };
    try {
      const rig = await startEngineOn({ ...setting, env }, clock);
      await rig.ready();
      rig.arm();
      await rig.answered();
      await rig.engine.drain(2000);
      await second.close();
      setting.world.chain.credit(setting.accountId, BTC.id, 1n);

      const again = await startEngineOn({ ...setting, env }, clock);
      await again.ready();
      expect(again.engine.parts.book.counts().open).toBe(1);
      again.arm();
      const unconfirmed = () => again.control.state().notes.includes('inventory.rpc_unconfirmed');
      await waitFor(unconfirmed, { what: 'the missing confirmation to be said' });
      await again.answered();
      expect(again.reasons()).toEqual([]);
      await again.engine.drain(2000);
    } finally {
      await setting.close();
    }
  },
  LIMIT_MS,
);
