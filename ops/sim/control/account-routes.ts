// Routes that move an account's money: credits in the verifier, deposits and withdrawals by the outside chains.

import { Elysia, t } from 'elysia';
import type { OutsideChain } from '../world/acts.ts';
import type { World } from '../world.ts';
import { act, json } from './answers.ts';
import { Outside } from './chain-routes.ts';

const Units = t.String({ pattern: '^[0-9]{1,39}$' });
const Account = t.Optional(t.String({ minLength: 2 }));

const accountOf = (accountId: string | undefined) => (accountId === undefined ? {} : { accountId });

export function accountRoutes(world: World) {
  return new Elysia()
    .post(
      '/credit',
      ({ body }) => {
        const { hash } = act(() => world.credit(body.token, BigInt(body.units), body.account_id));
        return json({ tx_hash: hash });
      },
      { body: t.Object({ token: t.String(), units: Units, account_id: Account }) },
    )
    .post(
      '/deposit',
      ({ body }) => {
        const amountUnits = BigInt(body.amount_units);
        const chain: OutsideChain = body.chain;
        const { address, txHash } = act(() => world.deposit({ chain, amountUnits, ...accountOf(body.account_id) }));
        return json({ address, tx_hash: txHash });
      },
      { body: t.Object({ chain: Outside, amount_units: Units, account_id: Account }) },
    )
    .post(
      '/withdraw',
      ({ body }) => {
        const { token: tokenId, address } = body;
        const amountUnits = BigInt(body.amount_units);
        const done = act(() => world.withdraw({ tokenId, amountUnits, address, ...accountOf(body.account_id) }));
        return json({ burn_tx_hash: done.burnTxHash });
      },
      { body: t.Object({ token: t.String(), amount_units: Units, address: t.String(), account_id: Account }) },
    );
}
