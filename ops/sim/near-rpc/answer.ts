// One JSON-RPC request to a NEAR node, answered from the chain: `query`, `block`, `tx`, `status`, `gas_price`. Pure but for
// the chain it reads. Errors come in the node's two forms: a panic inside a result, everything else as a named error.
// Of what can be sent, calls of `execute_intents` are simulated (send-tx.ts), and nothing else. Codes and texts of errors are the real node's.
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BlockId, Finality } from '../../../contracts/wire/near-rpc.ts';
import type { Block } from '../chain/blocks.ts';
import type { SimChain } from '../chain/chain.ts';
import { parsePublicKey } from '../verifier/text/public-key.ts';
import { accessKeyBody, accessKeysBody, accountBody, callToken, hasCode, isAccount, isToken } from './accounts.ts';
import { blockBody, GAS_PRICE, PROTOCOL_VERSION, transactionBody, transactionWithReceipts } from './bodies.ts';
import { callOmni, isOfOmni } from './connector.ts';
import { FIRST_ACCESS_NONCE, keyOf, SendTx, sendTransaction } from './send-tx.ts';
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
  public_key: Type.Optional(Type.String()),
});
type Query = Static<typeof Query>;
const REQUEST_TYPES: readonly string[] = ['call_function', 'view_account', 'view_access_key', 'view_access_key_list'];
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

const serverError = (cause: string) => ({
  name: 'HANDLER_ERROR',
  cause: { name: cause, info: {} },
  code: -32000,
  message: 'Server error',
});

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

const CODE_MISSING = (accountId: string) =>
  `CompilationError(CodeDoesNotExist { account_id: ${JSON.stringify(accountId)} })`;

const placeOf = (block: Block) => ({ block_height: block.height, block_hash: block.hash });

function called(chain: SimChain, block: Block, query: Query): Outcome {
  const { account_id: accountId, method_name: method = '', args_base64: base64 = '' } = query;
  const args = argumentsOf(base64);
  const fault = (cause: string): Outcome => ({
    result: { error: `wasm execution failed with error: ${cause}`, logs: [], ...placeOf(block) },
  });
  if (!hasCode(block.state, accountId)) return fault(CODE_MISSING(accountId));
  const done = isToken(accountId)
    ? callToken(block, accountId, method, args)
    : isOfOmni(accountId)
      ? callOmni(chain, { accountId, method, args })
      : callView(block, method, args);
  if (done.ok) return { result: { result: [...Buffer.from(JSON.stringify(done.value))], logs: [], ...placeOf(block) } };
  if (done.reason === METHOD_NOT_FOUND) return fault(METHOD_NOT_FOUND);
  return fault(`HostError(GuestPanic { panic_msg: ${JSON.stringify(done.reason)} })`);
}

function viewedKey(chain: SimChain, block: Block, accountId: string, text: string | undefined): Outcome {
  if (text === undefined) return malformed('missing field `public_key`');
  const key = parsePublicKey(text);
  if (!key.ok) return malformed(key.reason);
  const found = accessKeyBody(block, { accountId, publicKey: key.value }, nonceOf(chain));
  if (found !== undefined) return { result: { ...found, ...placeOf(block) } };
  return { result: { error: `access key ${key.value} does not exist while viewing`, logs: [], ...placeOf(block) } };
}

function query(chain: SimChain, params: unknown): Outcome {
  if (!Value.Check(Query, params)) return misfit(Query, params);
  const { request_type: requestType, account_id: accountId } = params;
  if (!REQUEST_TYPES.includes(requestType)) {
    return malformed(`unknown variant \`${requestType}\`, expected one of ${REQUEST_TYPES.join(', ')}`);
  }
  const block = referenced(chain, params);
  if (block === undefined) return unknownBlock(params);
  if (!isAccount(block.state, accountId)) {
    const info = { requested_account_id: accountId, ...placeOf(block) };
    return failure('HANDLER_ERROR', 'UNKNOWN_ACCOUNT', `account ${accountId} does not exist while viewing`, info);
  }
  switch (requestType) {
    case 'view_account':
      return { result: { ...accountBody(block, accountId), ...placeOf(block) } };
    case 'view_access_key':
      return viewedKey(chain, block, accountId, params.public_key);
    case 'view_access_key_list':
      return { result: { ...accessKeysBody(block, accountId, nonceOf(chain)), ...placeOf(block) } };
    default:
      return called(chain, block, params);
  }
}

/** The last nonce that was used with a key. */
const nonceOf =
  (chain: SimChain) =>
  ({ accountId, publicKey }: { readonly accountId: string; readonly publicKey: string }): bigint =>
    chain.accessNonces.get(keyOf({ signerId: accountId, publicKey })) ?? FIRST_ACCESS_NONCE;

function send(chain: SimChain, params: unknown): Outcome {
  if (!Value.Check(SendTx, params)) return misfit(SendTx, params);
  const sent = sendTransaction(chain, params.signed_tx_base64);
  if ('result' in sent) return sent;
  if ('malformed' in sent) return malformed(sent.malformed);
  const data = { TxExecutionError: { InvalidTxError: sent.invalid } };
  return { error: { ...serverError('INVALID_TRANSACTION'), data } };
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
  return found === undefined ? unknownBlock(params) : { result: blockBody(found, chain.blockAt('final')) };
}

const GasPriceOf = Type.Union([
  Type.Tuple([Type.Union([BlockId, Type.Null()])]),
  Type.Tuple([]),
  Type.Object({ block_id: Type.Optional(Type.Union([BlockId, Type.Null()])) }),
]);

/** It never changes here; a block that is named has to be there. */
function gasPrice(chain: SimChain, params: unknown): Outcome {
  if (!Value.Check(GasPriceOf, params)) return malformed('invalid value of `block_id`');
  const id = 'block_id' in params ? params.block_id : Array.isArray(params) ? params[0] : null;
  if (id !== undefined && id !== null && chain.block(id) === undefined) return unknownBlock({ block_id: id });
  return { result: { gas_price: GAS_PRICE } };
}

function tx(chain: SimChain, params: unknown, body: typeof transactionBody): Outcome {
  // Older callers send a list of hash and sender.
  const hash = Array.isArray(params) ? params[0] : Value.Check(Tx, params) ? params.tx_hash : undefined;
  if (typeof hash !== 'string') return misfit(Tx, params);
  const transaction = chain.transaction(hash);
  if (transaction === undefined || chain.blockAt('optimistic').height < transaction.height) {
    const text = `Transaction ${hash} doesn't exist`;
    return failure('HANDLER_ERROR', 'UNKNOWN_TRANSACTION', text, { requested_transaction_hash: hash });
  }
  return { result: body(chain, transaction) };
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
      protocol_version: PROTOCOL_VERSION,
      latest_protocol_version: PROTOCOL_VERSION,
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
      return tx(chain, request.params, transactionBody);
    case 'send_tx':
      return send(chain, request.params);
    case 'EXPERIMENTAL_tx_status':
      return tx(chain, request.params, transactionWithReceipts);
    case 'gas_price':
      return gasPrice(chain, request.params);
    case 'status':
      return status(chain, chainId);
    default:
      return notFound(request.method);
  }
}
