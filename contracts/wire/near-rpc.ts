// Shapes of NEAR JSON-RPC as far as it is used: contract views, blocks, transaction outcomes, and both forms of error.
// `timestamp` of a block is a number above 2^53: read `timestamp_nanosec`. Unknown fields are allowed everywhere.
import { type Static, Type } from '@sinclair/typebox';

export const Finality = Type.Union([Type.Literal('final'), Type.Literal('near-final'), Type.Literal('optimistic')]);
export type Finality = Static<typeof Finality>;

/** Height, or base58 hash. */
export const BlockId = Type.Union([Type.Integer({ minimum: 0 }), Type.String()]);
export type BlockId = Static<typeof BlockId>;

/** Value of a view: `result` holds the bytes of the returned JSON text, none when the method returned nothing. */
export const CallFunctionResult = Type.Object({
  result: Type.Array(Type.Integer({ minimum: 0, maximum: 255 })),
  logs: Type.Array(Type.String()),
  block_height: Type.Integer(),
  block_hash: Type.String(),
});
export type CallFunctionResult = Static<typeof CallFunctionResult>;

/** First form of error: inside a JSON-RPC result; the contract panicked or has no such method. */
export const CallFunctionPanic = Type.Object({
  error: Type.String(),
  logs: Type.Array(Type.String()),
  block_height: Type.Integer(),
  block_hash: Type.String(),
});
export type CallFunctionPanic = Static<typeof CallFunctionPanic>;

export const BlockResult = Type.Object({
  author: Type.Optional(Type.String()),
  header: Type.Object({
    height: Type.Integer(),
    hash: Type.String(),
    prev_hash: Type.String(),
    timestamp_nanosec: Type.String({ pattern: '^[0-9]{1,20}$' }),
  }),
});
export type BlockResult = Static<typeof BlockResult>;

/** How a receipt, or the whole transaction, ended. */
const ExecutionStatus = Type.Union([
  Type.Object({ SuccessValue: Type.String() }),
  Type.Object({ SuccessReceiptId: Type.String() }),
  Type.Object({ Failure: Type.Unknown() }),
  Type.Literal('NotStarted'),
  Type.Literal('Started'),
]);

const ExecutionOutcome = Type.Object({
  id: Type.String(),
  block_hash: Type.String(),
  outcome: Type.Object({
    executor_id: Type.String(),
    logs: Type.Array(Type.String()),
    receipt_ids: Type.Array(Type.String()),
    status: ExecutionStatus,
    gas_burnt: Type.Number(),
    tokens_burnt: Type.String(),
  }),
});

/** Success at the top does not mean that every receipt succeeded: look at each outcome. */
export const TxResult = Type.Object({
  final_execution_status: Type.String(),
  status: ExecutionStatus,
  transaction: Type.Object({ hash: Type.String(), signer_id: Type.String(), receiver_id: Type.String() }),
  transaction_outcome: ExecutionOutcome,
  receipts_outcome: Type.Array(ExecutionOutcome),
});
export type TxResult = Static<typeof TxResult>;

/** Second form of error: a JSON-RPC error with a named cause (`UNKNOWN_BLOCK`, `METHOD_NOT_FOUND`, ...). */
const NearRpcError = Type.Object({
  name: Type.String(),
  cause: Type.Object({ name: Type.String(), info: Type.Optional(Type.Unknown()) }),
  code: Type.Integer(),
  message: Type.String(),
  data: Type.Optional(Type.Unknown()),
});

export const NearRpcReply = Type.Union([
  Type.Object({ jsonrpc: Type.Literal('2.0'), id: Type.Unknown(), result: Type.Unknown() }),
  Type.Object({ jsonrpc: Type.Literal('2.0'), id: Type.Unknown(), error: NearRpcError }),
]);
export type NearRpcReply = Static<typeof NearRpcReply>;
