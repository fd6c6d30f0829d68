// The people who run it: they arm after a start and when it has stopped itself, and now and then pause, change and withdraw.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Life } from '../life.ts';
import type { Random } from '../machine/random.ts';
import type { Sim } from '../sim.ts';

const LOOK_EVERY_MS = 3_000;

const PARTS = ['ingest', 'reference', 'inventory', 'strategy', 'executor'] as const;

/** How it is armed: without an end, for minutes, up to a value, up to a number of trades. */
function armBody(random: Random): Record<string, unknown> {
  switch (random.below(6)) {
    case 0:
      return { for_minutes: random.between(1, 5) };
    case 1:
      return { forever: true, max_eur: random.pick(['10', '25']) };
    case 2:
      return { forever: true, max_trades: random.between(1, 6) };
    default:
      return { forever: true };
  }
}

export function startOperator(sim: Sim, life: Life): void {
  const random = sim.random('operator');

  const arm = (): void => {
    life.call('POST', '/strategy/arm', armBody(random));
    // Now and then somebody forgets it.
    const vouched = random.chance(1, 5) ? {} : { fresh_account: true };
    life.call('POST', '/executor/arm', { ...armBody(random), ...vouched, accept_recovery_findings: true });
  };
  const forAWhile = (from: readonly [string, string, unknown], back: readonly [string, string, unknown]): void => {
    life.call(...from);
    sim.later(random.between(3_000, 25_000), () => life.call(...back));
  };

  const act = (): void => {
    const part = random.pick(PARTS);
    const acts: readonly (() => void)[] = [
      () => forAWhile(['POST', `/${part}/pause`, {}], ['POST', `/${part}/resume`, {}]),
      () => life.call('POST', '/strategy/disarm', {}),
      () => life.call('POST', '/executor/disarm', random.chance(1, 2) ? { pull: true } : {}),
      () => life.call('POST', '/executor/pull', random.pick<object>([{}, { asset: 'BTC' }, { asset: 'EURe' }])),
      () => life.call('PUT', '/strategy/threshold', { min_edge_pct: random.pick(['1.0', '2.0', '2.4']) }),
      () => life.call('PUT', '/strategy/limits', { max_notional_eur: random.pick(['1', '3', '5']) }),
      () => forAWhile(['PUT', '/executor/mode', { mode: 'shadow' }], ['PUT', '/executor/mode', { mode: 'live' }]),
      () =>
        forAWhile(
          ['PUT', '/ingest/pair-filter', { enabled: true, pairs: [{ asset_in: BTC.id, asset_out: EURE.id }] }],
          ['POST', '/ingest/pair-filter/reset', {}],
        ),
      () => life.call('POST', '/reference/refresh', {}),
      () => life.call('POST', '/inventory/refresh', {}),
    ];
    acts[random.below(acts.length)]?.();
  };

  const look = (): void => {
    sim.later(LOOK_EVERY_MS, look);
    const { host } = sim;
    if (host === null || !host.isStarted()) return;
    if (host.control.journalFailure() !== null) {
      // Nothing can be written any more: the disk is looked after, and the engine started again.
      if (sim.machine.disk.fault === null && random.chance(1, 3)) life.kill(false);
      return;
    }
    const { strategy, executor } = host.control;
    const isArmed = strategy.arming.state().armed && executor.arming.state().armed;
    if (!isArmed && random.chance(1, 2)) arm();
    if (!sim.isCalm && random.chance(1, 16)) act();
  };
  sim.later(LOOK_EVERY_MS, look);
}
