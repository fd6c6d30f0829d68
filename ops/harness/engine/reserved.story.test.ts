// A withdrawal that was reserved for, as a whole engine sees it at the verifier.

import { expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { BTC } from '../../../contracts/assets.ts';
import { encodeNonce, saltOf } from '../../../engine/inventory/lanes/nonce.ts';
import { waitFor } from '../../testing/wait.ts';
import { startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const AMOUNT = units(400_000n);
const UNTIL_AHEAD_MS = 600_000;

test(
  'is known for what it is although its salt went, and with it that its nonce was used, before anybody looked',
  async () => {
    const rig = await startEngineRig({ env: { NONCE_LANES: '1' } });
    try {
      await rig.ready();
      const { chain } = rig.world;
      const { book, reservationDesk, breach, clock } = rig.engine.parts;
      const salt = chain.state().currentSaltHex;
      const untilAtMs = clock.nowMs() + UNTIL_AHEAD_MS;
      const nonce = encodeNonce(salt, untilAtMs, new Uint8Array(15).fill(7));
      const asked = { id: 'r', asset: BTC.id, amountUnits: AMOUNT, nonce, untilAtMs, by: 'test' };
      await waitFor(async () => (await reservationDesk.reserve(asked)).kind === 'taken', { what: 'it to be taken' });
      // No lane is open under that salt any more: the engine reads it for the withdrawal alone.
      const current = chain.rotateSalt();
      const isNext = () => book.nonces().every((lane) => saltOf(lane.nonce) === current);
      await waitFor(isNext, { what: 'the lanes to have the next salt', limitMs: 30_000 });
      // In one block: whoever looks later sees a nonce that is unused, which proves nothing.
      chain.withdraw(rig.accountId, BTC.id, AMOUNT);
      chain.invalidateSalt(salt);
      chain.mine(3);
      await waitFor(() => book.reservation('r')?.end != null || breach() !== null, { what: 'the balance to show it' });
      expect([book.reservation('r')?.end?.outcome, breach()]).toEqual(['withdrawn', null]);
      expect(book.capital(BTC.id)?.reservedForPositionsUnits as bigint).toBe(0n);
    } finally {
      await rig.close();
    }
  },
  LIMIT_MS,
);
