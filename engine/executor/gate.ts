// Why the executor does not sign a command, in order of precedence; the arm state comes last, so that a disarmed day still
// shows what else would have been in the way. The capital is the book's at the moment of signing, not the view that was decided
// on: in this process both are of one turn, and the check holds that they agree.

import type { Units } from '../../contracts/amounts.ts';
import type { Admission, AssetCapital, Refusal } from '../model.ts';

export type ExecutorStanding = {
  readonly armed: boolean;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly relayOpen: boolean;
  /** Whether the verifier lists our key for the account; null: not read yet. */
  readonly keyRegistered: boolean | null;
  readonly accountLocked: boolean | null;
};

export function refusalOf(
  standing: ExecutorStanding,
  amountOutUnits: Units,
  paid: AssetCapital,
  admission: Admission,
): Refusal | null {
  if (standing.draining) return { code: 'executor_draining', note: 'the process is ending' };
  if (standing.paused) return { code: 'executor_paused', note: 'paused by an operator' };
  if (standing.keyRegistered !== true) {
    const notRead = standing.keyRegistered === null;
    if (notRead) return { code: 'signer_unauthorized', note: 'not read from the verifier yet in this run' };
    return { code: 'signer_unauthorized', note: 'the verifier does not list our public key for the account' };
  }
  if (standing.accountLocked === true)
    return { code: 'signer_unauthorized', note: 'the verifier says that the account is locked' };
  if (!admission.ok || amountOutUnits > paid.spendableUnits) {
    return { code: 'inventory_drift', note: `needs ${amountOutUnits}, spendable ${paid.spendableUnits}` };
  }
  if (!standing.relayOpen) return { code: 'relay_not_connected', note: 'the relay connection is not open' };
  if (!standing.armed) return { code: 'executor_disarmed', note: 'not armed' };
  return null;
}
