// Judges a run of the SDK: what it traded is on record at the engine as it happened at the venue, and what it withdrew arrived
// on the outside chains. Pure.

import type { Paid, SdkEvent, SdkPlan } from './sdk-plan.ts';
import type { Balances } from './solver-judge.ts';

/** What the engine's history says of one quote; null fields are not on record. */
export type RecordedTrade = {
  readonly quoteHash: string | null;
  readonly status: string;
  readonly txHash: string | null;
  readonly received: string | null;
  readonly paid: string | null;
  /** What a complete story would still have. */
  readonly missing: readonly string[];
};

/** Units that a transaction of an outside chain moved to the address; null when there is none of this hash. */
export type Arrival = { readonly paid: Paid; readonly units: bigint | null };

export type SdkEvidence = {
  readonly plan: Pick<SdkPlan, 'swaps' | 'withdrawals'>;
  readonly events: readonly SdkEvent[];
  /** Of the driver: why it broke off, null when it did not. */
  readonly brokeOff: string | null;
  /** Of the engine's account, by hash of the quote. */
  readonly recorded: ReadonlyMap<string, RecordedTrade>;
  readonly arrivals: readonly Arrival[];
  readonly before: Balances;
  readonly after: Balances;
};

type SwapEvent = Extract<SdkEvent, { kind: 'swap' }>;

const swapsOf = (events: readonly SdkEvent[]): readonly SwapEvent[] =>
  events.filter(({ kind }) => kind === 'swap') as SwapEvent[];
const paidOf = (events: readonly SdkEvent[]): readonly Paid[] =>
  events.flatMap((event) => (event.kind === 'paid' ? [event.paid] : []));

/** The story that the engine has of a trade is the one that the SDK saw. */
function tradeFaults(swap: SwapEvent, recorded: RecordedTrade | undefined): readonly string[] {
  const name = `${swap.tokenIn} -> ${swap.tokenOut} (${swap.quoteHash})`;
  if (recorded === undefined) return [`the engine has no record of the swap ${name}`];
  const { status, txHash, received, paid, missing } = recorded;
  const faults: readonly (readonly [string, unknown, unknown])[] = [
    ['status', status, 'settled'],
    ['transaction', txHash, swap.txHash],
    // The user's side of the batch differs from the engine's by the protocol's fee only.
    ['received', isLessByFee(received, swap.amountIn), true],
    ['paid', isLessByFee(swap.amountOut, paid), true],
  ];
  return [
    ...faults
      .filter(([, is, should]) => is !== should)
      .map(([what, is, should]) => `${name}: ${what} is ${is}, not ${should}`),
    ...(missing.length === 0 ? [] : [`${name}: its story lacks ${missing.join(', ')}`]),
  ];
}

/** The verifier takes a millionth of what a side pays, rounded up; twice that and two units are never exceeded. */
function isLessByFee(less: string | null, more: string | null): boolean {
  if (less === null || more === null) return false;
  const difference = BigInt(more) - BigInt(less);
  return difference >= 0n && difference <= (2n * BigInt(more)) / 1_000_000n + 2n;
}

const STATUSES = ['PENDING', 'COMPLETED'].join(' ');

function paidFaults({ paid, units }: Arrival, isFollowed: boolean): readonly string[] {
  const { assetId, destination, arrives, statuses } = paid;
  const seen = statuses.join(' ');
  return [
    ...(units === BigInt(arrives)
      ? []
      : [`${assetId}: ${units ?? 'nothing'} arrived at ${destination}, not ${arrives}`]),
    ...(!isFollowed || seen === STATUSES ? [] : [`${assetId}: the bridge said ${seen || 'nothing'}, not ${STATUSES}`]),
  ];
}

function balanceFaults({ events, before, after }: SdkEvidence): readonly string[] {
  const expected: Record<string, bigint> = { ...before };
  const add = (token: string, units: bigint) => {
    expected[token] = (expected[token] ?? 0n) + units;
  };
  for (const { tokenIn, tokenOut, amountIn, amountOut } of swapsOf(events)) {
    add(tokenIn, -BigInt(amountIn));
    add(tokenOut, BigInt(amountOut));
  }
  for (const { assetId, burnt } of paidOf(events)) add(assetId, -BigInt(burnt));
  return Object.entries(after)
    .filter(([token, units]) => units !== expected[token])
    .map(([token, units]) => `the account holds ${units} of ${token}, not ${expected[token]}`);
}

export function judgeSdk(evidence: SdkEvidence): readonly string[] {
  const { plan, events, brokeOff, recorded, arrivals } = evidence;
  const swaps = swapsOf(events);
  const followed = new Set(plan.withdrawals.map(({ assetId }) => assetId));
  const expectedPaid = plan.withdrawals.length + 1;
  const isDone = events.some(({ kind }) => kind === 'done');
  return [
    ...(brokeOff === null ? [] : [`the SDK's run broke off: ${brokeOff}`]),
    ...(isDone ? [] : ['the run of the SDK did not reach its end']),
    ...(swaps.length === plan.swaps.length ? [] : [`${swaps.length} of ${plan.swaps.length} swaps were made`]),
    ...(arrivals.length === expectedPaid ? [] : [`${arrivals.length} of ${expectedPaid} withdrawals were paid`]),
    ...events.flatMap((event) =>
      event.kind === 'case' && event.fault !== null ? [`${event.name}: ${event.fault}`] : [],
    ),
    ...swaps.flatMap((swap) => tradeFaults(swap, recorded.get(swap.quoteHash))),
    // The last one is the SDK's own call, which does not show what the bridge says in between.
    ...arrivals.flatMap((arrival) =>
      paidFaults(arrival, arrival.paid.statuses.length > 0 && followed.has(arrival.paid.assetId)),
    ),
    ...(brokeOff === null ? balanceFaults(evidence) : []),
  ];
}
