// The chain begins again below the block of the newest balance on record, as with simulators that were restarted: nothing is
// answered, it is said by name with the way out, and an operator's call makes the engine answer again once the quotes of before
// are over.

import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { startWorld } from '../../sim/world.ts';
import { waitFor } from '../../testing/wait.ts';
import { fastClock, makeSetting, startEngineOn } from './engine.fixture.ts';

/** Limits of a minute are met in seconds. */
const SPEED = 20;
const LIMIT_MS = 120_000;

test(
  'a chain that begins again is named, and accepted once the quotes of before are over',
  async () => {
    const clock = fastClock(SPEED);
    const setting = makeSetting(clock, {}, { INVENTORY_POLL_MS: '2000', JOURNAL_MAX_SYNC_LAG_MS: '60000' });
    setting.world.mine('near', 500);
    const before = await startEngineOn(setting, clock);
    before.arm();
    await before.ready();
    await before.answered();
    await before.engine.drain(2000);
    await setting.world.close();

    const { accountId, publicKey } = setting;
    const world = startWorld({
      account: { accountId, publicKey },
      balances: { [BTC.id]: 20_000_000n, [EURE.id]: 10n ** 20n },
      clock,
      stirMs: 100,
    });
    world.mine('near', 3);
    const again = { ...setting, world, env: { ...setting.env, ...world.urls } };
    const rig = await startEngineOn(
      {
        ...again,
        ask(quoteId, over = {}) {
          world.relay.ask(
            {
              quote_id: quoteId,
              defuse_asset_identifier_in: BTC.id as string,
              defuse_asset_identifier_out: EURE.id as string,
              exact_amount_in: '10000',
              min_deadline_ms: 60_000,
              min_wait_ms: 0,
              max_wait_ms: 60_000,
              ...over,
            },
            { shape: 'event' },
          );
        },
        close: () => world.close(),
      },
      clock,
    );
    try {
      rig.arm();
      const others = () => rig.reasons().filter((reason) => !reason.startsWith('inventory.'));
      await waitFor(() => others().length === 0, { what: 'the other parts to be healthy', limitMs: 30_000 });
      await rig.until('inventory_block_went_back');
      expect(rig.reasons()).toContain('inventory.inventory_block_went_back');
      const said = () => rig.events().filter((event) => event === 'inventory_block_went_back').length;
      await waitFor(() => said() > 0, { what: 'the log to say so', limitMs: 30_000 });
      expect(rig.control.inventory.acceptChain('ops').kind).toBe('too_early');
      await waitFor(() => rig.control.inventory.acceptChain('ops').kind === 'accepted', {
        what: 'the quotes of before to be over',
        limitMs: 30_000,
      });
      await rig.ready();
      await rig.answered();
      expect(said()).toBe(1);
      expect(rig.engine.parts.book.capital(EURE.id)?.creditedUnits as bigint).toBe(10n ** 20n);
    } finally {
      await rig.engine.drain(2000);
      await world.close();
      setting.directory.remove();
    }
  },
  LIMIT_MS,
);
