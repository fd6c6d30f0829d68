// One JSON-RPC request to a NEAR node, answered from the chain: `query` with `call_function`, `block`, `tx`, `status`. Pure but for
// the chain it reads. Errors come in the node's two forms: a panic inside a result, everything else as a named error.
// Not simulated: access keys, sending transactions, everything else. Codes and texts of errors are the real node's.
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BlockId, Finality } from '../../../contracts/wire/near-rpc.ts';
import type { Block, SimChain } from '../chain/chain.ts';
import type { Transaction } from '../chain/transaction.ts';
import { callView, METHOD_NOT_FOUND } from './views.ts';

/** What a request gives: a result, or an error object. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

const Request = Type.Object({ method: Type.String(), params: Type.Optional(Type.Unknown()) });
const Reference = Type.Object({ finality: Type.Optional(Finality), block_id: Type.Optional(BlockId) });
const Query = Type.Object({
  request_type: Type.String(),
  account_id: Type.String(),
  method_name: Type.Optional(Type.String()),
  args_base64: Type.Optional(Type.String()),
});
const Tx = Type.Object({ tx_hash: Type.String() });

/** Code and title as the node gives them; every other cause is a server error. */
const CODES: Readonly<Record<string, readonly [code: number, title: string]>> = {
  METHOD_NOT_FOUND: [-32601, 'Method not found'],
  PARSE_ERROR: [-32700, 'Parse error'],
};

function failure(name: string, cause: string, message: string, info: object = {}): Outcome {
  const [code, title] = CODES[cause] ?? [-32000, 'Server error'];
  return { error: { name, cause: { name: cause, info }, code, message: title, data: message } };
}

function malformed(detail: string): Outcome {
  const text = `Failed parsing args: ${detail}`;
  return failure('REQUEST_VALIDATION_ERROR', 'PARSE_ERROR', text, { error_message: text });
}

/** What the node's own parser says of the first field that does not fit. */
function misfit(shape: TSchema, params: unknown): Outcome {
  const fault = Value.Errors(shape, params).First();
  const field = fault?.path.slice(1) ?? '';
  return malformed(
    fault?.value === undefined && field !== '' ? `missing field \`${field}\`` : `invalid value of \`${field}\``,
  );
}

const notFound = (method: string) =>
  failure('REQUEST_VALIDATION_ERROR', 'METHOD_NOT_FOUND', method, { method_name: method });

/** The block that a request is about, or nothing when it is unknown or forgotten. */
function referenced(chain: SimChain, params: unknown): Block | undefined {
  if (!Value.Check(Reference, params)) return undefined;
  return params.block_id === undefined ? chain.blockAt(params.finality ?? 'final') : chain.block(params.block_id);
}

function unknownBlock(params: unknown): Outcome {
  const reference =
    Value.Check(Reference, params) && params.block_id !== undefined ? { block_id: params.block_id } : {};
  const text = `Block either has never been observed on the node or has been garbage collected: ${JSON.stringify(reference)}`;
  return failure('HANDLER_ERROR', 'UNKNOWN_BLOCK', text, { block_reference: reference });
}

function query(chain: SimChain, params: unknown): Outcome {
  if (!Value.Check(Query, params)) return misfit(Query, params);
  const { request_type: requestType, account_id: accountId, method_name: method = '', args_base64: args = '' } = params;
  if (requestType !== 'call_function')
    return malformed(`unknown variant \`${requestType}\`, expected \`call_function\``);
  const block = referenced(chain, params);
  if (block === undefined) return unknownBlock(params);
  const place = { block_height: block.height, block_hash: block.hash };
  if (accountId !== block.state.contractId) {
    const info = { requested_account_id: accountId, ...place };
    return failure('HANDLER_ERROR', 'UNKNOWN_ACCOUNT', `account ${accountId} does not exist while viewing`, info);
  }
  const called = callView(block, method, argumentsOf(args));
  if (!called.ok) {
    const cause =
      called.reason === METHOD_NOT_FOUND
        ? METHOD_NOT_FOUND
        : `HostError(GuestPanic { panic_msg: ${JSON.stringify(called.reason)} })`;
    const error = `wasm execution failed with error: ${cause}`;
    return { result: { error, logs: [], ...place } };
  }
  return { result: { result: [...Buffer.from(JSON.stringify(called.value))], logs: [], ...place } };
}

/** Empty arguments are an empty object; what is no JSON is left to the method's own check. */
function argumentsOf(base64: string): unknown {
  if (base64 === '') return {};
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

function block(chain: SimChain, params: unknown): Outcome {
  const found = referenced(chain, params);
  if (found === undefined) return unknownBlock(params);
  const header = {
    height: found.height,
    hash: found.hash,
    prev_hash: found.previousHash,
    // Above 2^53, so this field loses digits wherever it is read as a number: the text beside it does not.
    timestamp: Number(found.timestampNs),
    timestamp_nanosec: String(found.timestampNs),
  };
  return { result: { author: 'sim.poolv1.near', header, chunks: [] } };
}

function outcomeOf(chain: SimChain, transaction: Transaction) {
  const { hash, receiptId, signerId, receiverId, error, logs, height } = transaction;
  const blockHash = chain.block(height)?.hash ?? '';
  const cost = { gas_burnt: 0, tokens_burnt: '0' };
  const status =
    error === undefined
      ? { SuccessValue: '' }
      : {
          Failure: {
            ActionError: {
              index: 0,
              kind: { FunctionCallError: { ExecutionError: `Smart contract panicked: ${error}` } },
            },
          },
        };
  return {
    final_execution_status: chain.blockAt('final').height >= height ? 'FINAL' : 'EXECUTED_OPTIMISTIC',
    status,
    transaction: { hash, signer_id: signerId, receiver_id: receiverId, actions: [] },
    transaction_outcome: {
      id: hash,
      block_hash: blockHash,
      outcome: {
        executor_id: signerId,
        logs: [],
        receipt_ids: [receiptId],
        status: { SuccessReceiptId: receiptId },
        ...cost,
      },
    },
    receipts_outcome: [
      {
        id: receiptId,
        block_hash: blockHash,
        outcome: { executor_id: receiverId, logs, receipt_ids: [], status, ...cost },
      },
    ],
  };
}

function tx(chain: SimChain, params: unknown): Outcome {
  // Older callers send a list of hash and sender.
  const hash = Array.isArray(params) ? params[0] : Value.Check(Tx, params) ? params.tx_hash : undefined;
  if (typeof hash !== 'string') return misfit(Tx, params);
  const transaction = chain.transaction(hash);
  if (transaction === undefined || chain.blockAt('optimistic').height < transaction.height) {
    const text = `Transaction ${hash} doesn't exist`;
    return failure('HANDLER_ERROR', 'UNKNOWN_TRANSACTION', text, { requested_transaction_hash: hash });
  }
  return { result: outcomeOf(chain, transaction) };
}

/** What a node says of itself; only the network and the newest block mean anything here. */
function status(chain: SimChain, chainId: string): Outcome {
  const newest = chain.blockAt('optimistic');
  const seconds = new Date(Number(newest.timestampNs / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(newest.timestampNs % 1_000_000_000n).padStart(9, '0');
  return {
    result: {
      version: { version: 'simulated', build: 'simulated', commit: 'simulated', rustc_version: '1.0.0' },
      chain_id: chainId,
      genesis_hash: chain.blockAt('final').previousHash,
      protocol_version: 80,
      latest_protocol_version: 80,
      rpc_addr: '127.0.0.1:3030',
      validators: [],
      sync_info: {
        latest_block_hash: newest.hash,
        latest_block_height: newest.height,
        latest_state_root: newest.hash,
        latest_block_time: `${seconds}.${fraction}Z`,
        syncing: false,
      },
      validator_account_id: null,
      validator_public_key: null,
      node_public_key: 'ed25519:11111111111111111111111111111111',
      node_key: null,
      uptime_sec: 1,
      detailed_debug_status: null,
    },
  };
}

export function answer(chain: SimChain, request: unknown, chainId: string): Outcome {
  if (!Value.Check(Request, request)) return misfit(Request, request);
  switch (request.method) {
    case 'query':
      return query(chain, request.params);
    case 'block':
      return block(chain, request.params);
    case 'tx':
      return tx(chain, request.params);
    case 'status':
      return status(chain, chainId);
    default:
      return notFound(request.method);
  }
}
