// The treasury: now and then it has an amount reserved for a withdrawal, and withdraws it once the engine says that it is taken, or
// gives it back.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Life } from '../life.ts';
import type { Reservation } from '../model/capital.ts';
import type { Sim } from '../sim.ts';

const EVERY_MS = 60_000;
const AGAIN_MS = 3_000;
/** A withdrawal that is published later could be executed too late. */
const IN_TIME_US = 5_000_000;
const PATH = '/inventory/reservations';

export function startTreasury(sim: Sim, life: Life): void {
  const random = sim.random('treasury');
  const { capital } = sim.model;
  const { accountId } = sim.setting;
  /** Calls that have their last answer: one that waits for the disk may be answered after its repetition. */
  const answered = new Set<string>();
  let asked = 0;
  const nowUs = (): number => sim.machine.schedule.nowUs;
  const held = (asset: string): bigint => sim.world.chain.state().accounts.get(accountId)?.balances.get(asset) ?? 0n;

  const giveBack = ({ id }: Reservation): void => {
    // From here on nothing is withdrawn by it.
    capital.released(id);
    life.call('DELETE', PATH, { reservation_id: id });
  };

  const use = (reservation: Reservation): void => {
    const { id, asset, units, untilUs } = reservation;
    if (nowUs() + IN_TIME_US > untilUs) return;
    if (random.chance(1, 3) || held(asset) < units) {
      giveBack(reservation);
      return;
    }
    capital.left(id);
    sim.world.chain.withdraw(accountId, asset, units);
  };

  const ask = (reservation: Reservation): void => {
    const { id, asset, units, untilUs } = reservation;
    if (nowUs() + IN_TIME_US > untilUs) {
      answered.add(id);
      giveBack(reservation);
      return;
    }
    const body = { reservation_id: id, asset, amount: String(units), until: new Date(untilUs / 1000).toISOString() };
    life.call('POST', PATH, body, (result) => {
      if (answered.has(id) || (result.ok && result.goesOn)) return;
      answered.add(id);
      if (!result.ok) return;
      capital.reserved(id);
      sim.later(random.between(100, 40_000), () => use(reservation));
    });
    // While quotes need it, and while no engine answers.
    sim.later(AGAIN_MS, () => {
      if (!answered.has(id)) ask(reservation);
    });
  };

  const next = (): void => {
    if (sim.isCalm) return;
    sim.later(random.around(EVERY_MS), next);
    const asset = random.pick([BTC.id, EURE.id]);
    const units = (held(asset) * BigInt(random.between(2, 40))) / 100n;
    if (units === 0n) return;
    asked += 1;
    const untilUs = nowUs() + random.between(30_000, 240_000) * 1000;
    const reservation = { id: `withdrawal-${asked}`, asset, units, untilUs };
    capital.asked(reservation);
    ask(reservation);
  };
  sim.later(EVERY_MS, next);
}
