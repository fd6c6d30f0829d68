// What happens to the account on the chain through no act of the engine.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { emptyIntentFor } from '../around/stranger.ts';
import type { Sim } from '../sim.ts';
import { type Fault, moment } from './fault.ts';

const OTHER_BTC = 'nep141:nbtc.bridge.near';

/** Balance comes by other means than settlements, and the model knows it. */
export function credit({ model, world }: Sim, asset: string, units: bigint): void {
  model.capital.credited(asset, units);
  world.credit(asset, units);
}

export const ACCOUNT_FAULTS: readonly Fault[] = [
  moment(
    { name: 'salt_rotated', target: 'chain', how: 'the verifier takes a new salt; the old one stays valid' },
    ({ sim }) => void sim.world.chain.rotateSalt(),
  ),
  moment(
    {
      name: 'salt_invalidated',
      target: 'chain',
      how: 'the current salt is invalidated, with every nonce made with it',
    },
    ({ sim }) => void sim.world.chain.invalidateSalt(sim.world.chain.state().currentSaltHex),
  ),
  moment(
    { name: 'fee_changed', target: 'chain', how: 'the fee of the verifier changes' },
    ({ sim, random }) => void sim.world.chain.setFee(random.pick([1, 10, 100])),
  ),
  {
    name: 'account_locked',
    target: 'chain',
    how: 'the account is locked',
    lastsMs: [5_000, 30_000],
    begin({ sim, fired }) {
      sim.world.chain.lockAccount(sim.setting.accountId);
      fired();
      return () => void sim.world.chain.unlockAccount(sim.setting.accountId);
    },
  },
  {
    name: 'key_removed',
    target: 'chain',
    how: 'the key is no longer registered for the account',
    lastsMs: [5_000, 30_000],
    begin({ sim, fired }) {
      const { accountId, publicKey } = sim.setting;
      sim.world.chain.removeKey(accountId, publicKey);
      fired();
      return () => void sim.world.chain.registerKey(accountId, publicKey);
    },
  },
  moment(
    { name: 'withdrawn_elsewhere', target: 'chain', how: 'a part of a balance is withdrawn by other means' },
    ({ sim, random }) => {
      const { accountId } = sim.setting;
      const asset = random.pick([BTC.id, EURE.id]);
      const held = sim.world.chain.state().accounts.get(accountId)?.balances.get(asset) ?? 0n;
      const units = (held * BigInt(random.between(1, 30))) / 100n;
      if (units === 0n) return;
      sim.model.capital.withdrawn(asset, units);
      sim.world.chain.withdraw(accountId, asset, units);
    },
  ),
  moment({ name: 'deposited', target: 'chain', how: 'a deposit is credited' }, ({ sim, random }) => {
    const asset = random.pick([BTC.id, EURE.id]);
    const units = asset === BTC.id ? BigInt(random.between(1_000, 50_000)) : BigInt(random.between(1, 20)) * 10n ** 18n;
    credit(sim, asset, units);
  }),
  moment(
    { name: 'credited_under_another_id', target: 'chain', how: 'BTC is credited under an id that is not traded' },
    ({ sim }) => void sim.world.credit(OTHER_BTC, 1_000n),
  ),
  moment(
    { name: 'nonces_forgotten', target: 'chain', how: 'used nonces whose deadline has passed are cleaned up' },
    ({ sim }) => {
      const { accountId } = sim.setting;
      const nonces = [...sim.model.sent.values()].map(({ nonce }) => Buffer.from(nonce, 'base64').toString('hex'));
      sim.world.chain.cleanUpNonces(accountId, [...new Set(nonces)]);
    },
  ),
  moment(
    { name: 'nonce_burned', target: 'chain', how: 'somebody else uses a live nonce with the key of the account' },
    ({ sim, random }) => {
      const live = sim.model.live();
      const quote = live[random.below(Math.max(1, live.length))];
      if (quote !== undefined)
        sim.world.chain.execute(
          [emptyIntentFor(sim.setting, quote.nonce, sim.machine.schedule.nowMs)],
          'stranger.near',
        );
    },
  ),
];
