// Why the executor does not sign a command, in order of precedence; the arm state comes last, so that a disarmed day still
// shows what else would have been in the way. The capital is the book's at the moment of signing, not the view that was decided
// on: in this process both are of one turn, and the check holds that they agree.

import type { Units } from '../../contracts/amounts.ts';
import type { AssetCapital, Refusal } from '../model/values.ts';

export type ExecutorStatus = {
  readonly armed: boolean;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly relayOpen: boolean;
  /** Whether the verifier lists our key for the account; null: not read yet. */
  readonly keyRegistered: boolean | null;
  readonly accountLocked: boolean | null;
};

/** Nothing is in the way. */
export const EXECUTOR_READY: ExecutorStatus = {
  armed: true,
  paused: false,
  draining: false,
  relayOpen: true,
  keyRegistered: true,
  accountLocked: false,
};

/** What keeps the executor from signing whatever the amounts are; `signer_unauthorized` covers the two of the account. */
export type ExecutorObstacle =
  | 'executor_draining'
  | 'executor_paused'
  | 'signer_unauthorized'
  | 'account_locked'
  | 'relay_not_connected'
  | 'executor_disarmed';

type Gate = {
  readonly obstacle: ExecutorObstacle;
  readonly refuses: (status: ExecutorStatus) => Refusal | null;
};

const refuseIf = (holds: boolean, code: Refusal['code'], note: string): Refusal | null =>
  holds ? { code, note } : null;

const GATES_BEFORE_CAPITAL: readonly Gate[] = [
  {
    obstacle: 'executor_draining',
    refuses: ({ draining }) => refuseIf(draining, 'executor_draining', 'the process is ending'),
  },
  {
    obstacle: 'executor_paused',
    refuses: ({ paused }) => refuseIf(paused, 'executor_paused', 'paused by an operator'),
  },
  {
    obstacle: 'signer_unauthorized',
    refuses: ({ keyRegistered }) =>
      refuseIf(keyRegistered === null, 'signer_unauthorized', 'not read from the verifier yet in this run') ??
      refuseIf(
        keyRegistered === false,
        'signer_unauthorized',
        'the verifier does not list our public key for the account',
      ),
  },
  {
    obstacle: 'account_locked',
    refuses: ({ accountLocked }) =>
      refuseIf(accountLocked === true, 'signer_unauthorized', 'the verifier says that the account is locked'),
  },
];

const GATES_AFTER_CAPITAL: readonly Gate[] = [
  {
    obstacle: 'relay_not_connected',
    refuses: ({ relayOpen }) => refuseIf(!relayOpen, 'relay_not_connected', 'the relay connection is not open'),
  },
  {
    obstacle: 'executor_disarmed',
    refuses: ({ armed }) => refuseIf(!armed, 'executor_disarmed', 'not armed'),
  },
];

const firstOf = (gates: readonly Gate[], status: ExecutorStatus): Refusal | null => {
  for (const { refuses } of gates) {
    const refusal = refuses(status);
    if (refusal !== null) return refusal;
  }
  return null;
};

export function refusalOf(status: ExecutorStatus, amountOutUnits: Units, paid: AssetCapital): Refusal | null {
  return (
    firstOf(GATES_BEFORE_CAPITAL, status) ??
    (amountOutUnits > paid.spendableUnits
      ? { code: 'inventory_drift', note: `needs ${amountOutUnits}, spendable ${paid.spendableUnits}` }
      : firstOf(GATES_AFTER_CAPITAL, status))
  );
}

/** All that would make it refuse now, by the same gates; the capital is left to whoever has an amount. */
export function obstaclesOf(status: ExecutorStatus): readonly ExecutorObstacle[] {
  return [...GATES_BEFORE_CAPITAL, ...GATES_AFTER_CAPITAL].flatMap(({ obstacle, refuses }) =>
    refuses(status) === null ? [] : [obstacle],
  );
}
