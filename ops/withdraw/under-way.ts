// A withdrawal of the same amount to the same address that is not over. Whoever asks for one without an answer, and asks again, would pay
// twice: each call of the command makes a withdrawal of its own.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { nullable } from '../../contracts/envelope.ts';
import type { ControlClient } from '../../contracts/runtime/control/client.ts';
import { LIQUIDITY_ACTION_ENDS } from '../../contracts/topics/ops-liquidity-action.ts';
import type { Order } from './order.ts';

const Text = Type.String();
/** Of the manager's list, as much as counts here: of another version it may have more. */
const Listed = Type.Object({
  withdrawals: Type.Array(
    Type.Object({
      liquidity_action_id: Text,
      asset_id: nullable(Text),
      amount: nullable(Text),
      destination: nullable(Text),
      status: Text,
      requested_at: nullable(Text),
    }),
  ),
});

/** Every other status, also one that this version does not know, may still pay. */
const OVER: readonly string[] = LIQUIDITY_ACTION_ENDS.withdrawal;

type UnderWay =
  /** `words`: which one, in words; null: none. */
  { readonly ok: true; readonly words: string | null } | { readonly ok: false; readonly problem: string };

export async function likeIt(manager: ControlClient, order: Order): Promise<UnderWay> {
  const result = await manager.get('/withdrawals');
  if (result.kind !== 'done' || !Value.Check(Listed, result.answer)) {
    const why = result.kind === 'done' ? 'an answer that is none' : result.detail;
    return { ok: false, problem: `the withdrawals under way cannot be read: ${why}` };
  }
  const { asset, amountUnits, destination } = order;
  const like = result.answer.withdrawals.find(
    (each) =>
      !OVER.includes(each.status) &&
      each.asset_id === asset.id &&
      each.amount === String(amountUnits) &&
      each.destination === destination,
  );
  if (like === undefined) return { ok: true, words: null };
  const { liquidity_action_id: id, status, requested_at: since } = like;
  return {
    ok: true,
    words: `withdrawal ${id} of ${since} is of the same amount to the same address, and is not over: ${status}`,
  };
}
