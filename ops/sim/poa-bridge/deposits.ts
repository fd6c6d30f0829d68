// The bridge's view of deposits: transfers to addresses that it gave out, seen, confirmed, credited, completed. Pure
// state; the credit itself and the sweeping of the address are effects that the caller carries out.
// A deposit below the minimum stays pending, one that a reorganisation undid before its credit is forgotten, and none is
// credited twice.

type DepositStatus = 'PENDING' | 'CREDITED' | 'COMPLETED' | 'FAILED';

/** A transfer as the outside chain shows it now. `id` tells two transfers of one transaction apart. */
export type SeenTransfer = {
  readonly id: string;
  readonly txHash: string;
  readonly units: bigint;
  readonly from: string;
  readonly confirmations: number;
};

export type Deposit = {
  readonly id: string;
  readonly chain: string;
  readonly accountId: string;
  readonly address: string;
  readonly txHash: string;
  readonly from: string;
  readonly units: bigint;
  readonly status: DepositStatus;
  readonly mintTxHash: string | null;
  readonly createdAtMs: number;
  readonly confirmations: number;
};

export type DepositRules = { readonly minUnits: bigint; readonly confirmations: number };

export type AddressOwner = { readonly chain: string; readonly accountId: string; readonly address: string };

/** Deposits of one address after a poll of its chain; those that are due a credit still say PENDING. */
export function lookAgain(
  known: readonly Deposit[],
  seen: readonly SeenTransfer[],
  owner: AddressOwner,
  nowMs: number,
): readonly Deposit[] {
  const byId = new Map(known.map((deposit) => [deposit.id, deposit]));
  const present = new Set(seen.map((transfer) => transfer.id));
  const kept = known.filter((deposit) => deposit.status !== 'PENDING' || present.has(deposit.id));
  const updated = kept.map((deposit) => {
    const transfer = seen.find((each) => each.id === deposit.id);
    return transfer === undefined ? deposit : { ...deposit, confirmations: transfer.confirmations };
  });
  const added = seen
    .filter((transfer) => !byId.has(transfer.id))
    .map((transfer): Deposit => ({ ...owner, ...transfer, status: 'PENDING', mintTxHash: null, createdAtMs: nowMs }));
  return [...updated, ...added];
}

export const isDueCredit = (deposit: Deposit, { minUnits, confirmations }: DepositRules): boolean =>
  deposit.status === 'PENDING' && deposit.units >= minUnits && deposit.confirmations >= confirmations;

/** One block after the credit the bridge has put the money away. */
export const isDueCompletion = (deposit: Deposit, { confirmations }: DepositRules): boolean =>
  deposit.status === 'CREDITED' && deposit.confirmations > confirmations;
