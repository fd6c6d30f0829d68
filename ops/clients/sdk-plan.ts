// What the run with the SDK and its driver, a process of its own, say to each other: a plan in a file, events as lines of
// JSON. Amounts are decimal text in the smallest unit.

import { type Static, Type } from '@sinclair/typebox';

const Units = Type.String({ pattern: '^[0-9]+$' });
const Text = Type.Union([Type.String(), Type.Null()]);

const Swap = Type.Object({
  tokenIn: Type.String(),
  tokenOut: Type.String(),
  exactIn: Type.Union([Units, Type.Null()]),
  exactOut: Type.Union([Units, Type.Null()]),
});
export type Swap = Static<typeof Swap>;

const Withdrawal = Type.Object({
  assetId: Type.String(),
  amount: Units,
  destination: Type.String(),
  /** Whether the bridge's fee is part of the amount. */
  feeInclusive: Type.Boolean(),
});
export type Withdrawal = Static<typeof Withdrawal>;

export const SdkPlan = Type.Object({
  /** Where the SDK is installed. */
  folder: Type.String(),
  relayUrl: Type.String(),
  bridgeUrl: Type.String(),
  nearUrl: Type.String(),
  controlUrl: Type.String(),
  accountId: Type.String(),
  privateKey: Type.String(),
  swaps: Type.Array(Swap),
  /** Signed and published as one intent. */
  withdrawals: Type.Array(Withdrawal),
  /** By the SDK's own call for one withdrawal from beginning to end. */
  single: Withdrawal,
});
export type SdkPlan = Static<typeof SdkPlan>;

const Paid = Type.Object({
  assetId: Type.String(),
  destination: Type.String(),
  /** That left the account, the fee included. */
  burnt: Units,
  /** That is to arrive. */
  arrives: Units,
  /** As the bridge gave them, in their order. */
  statuses: Type.Array(Type.String()),
  /** On the outside chain. */
  transferTxHash: Text,
});
export type Paid = Static<typeof Paid>;

export const SdkEvent = Type.Union([
  Type.Object({
    kind: Type.Literal('swap'),
    tokenIn: Type.String(),
    tokenOut: Type.String(),
    amountIn: Units,
    amountOut: Units,
    quoteHash: Type.String(),
    intentHash: Type.String(),
    txHash: Type.String(),
    /** Quotes that were asked until one came. */
    asked: Type.Integer(),
    quoteMs: Type.Number(),
    settleMs: Type.Number(),
  }),
  Type.Object({ kind: Type.Literal('paid'), paid: Paid, ms: Type.Number() }),
  /** Something that the SDK has to take, or to refuse, in one way. */
  Type.Object({ kind: Type.Literal('case'), name: Type.String(), fault: Text }),
  /** Every step was made. */
  Type.Object({ kind: Type.Literal('done') }),
]);
export type SdkEvent = Static<typeof SdkEvent>;
