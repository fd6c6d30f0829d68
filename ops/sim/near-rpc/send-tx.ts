// `send_tx`: a transaction that calls `execute_intents`, or registers or removes a key of its signer, checked as a node checks it, then
// executed on the next block. Other calls are not simulated. The same transaction sent again is the same transaction.
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { SimChain } from '../chain/chain.ts';
import { setKey } from '../chain/controls.ts';
import type { Transaction } from '../chain/transaction.ts';
import { readEnvelopes } from '../verifier/envelope.ts';
import { accountOf, hasPublicKey } from '../verifier/state.ts';
import { nodeOfValue } from '../verifier/text/json.ts';
import { refused } from '../verifier/text/parsed.ts';
import { transactionBody } from './bodies.ts';
import { readSignedCall, type SignedCall } from './signed-transaction.ts';

export const SendTx = Type.Object({ signed_tx_base64: Type.String(), wait_until: Type.Optional(Type.String()) });

/** Of one transaction. */
const GAS_MAX = 300_000_000_000_000n;

const Args = Type.Object({ signed: Type.Array(Type.Unknown()) });

/** `invalid`: as in `InvalidTxError`; the transaction is not in any block. */
export type Sent = { readonly result: object } | { readonly malformed: string } | { readonly invalid: unknown };

export function sendTransaction(chain: SimChain, base64: string): Sent {
  const read = readSignedCall(base64);
  if (!read.ok) return { malformed: read.reason };
  const call = read.value;
  const known = chain.transaction(call.hash);
  if (known !== undefined) return { result: transactionBody(chain, known) };
  const invalid = whyInvalid(chain, call);
  if (invalid !== null) return { invalid };
  chain.accessNonces.set(keyOf(call), call.nonce);
  if (isKeyMethod(call.methodName)) {
    const changed = changeKey(chain, call);
    return 'malformed' in changed ? changed : { result: transactionBody(chain, changed) };
  }
  const batch = batchOf(call.args);
  if (!batch.ok) return { malformed: batch.reason };
  const envelopes = readEnvelopes(batch.signed.map(nodeOfValue));
  if (!envelopes.ok) return { malformed: envelopes.reason };
  return { result: transactionBody(chain, chain.execute(envelopes.value, call.signerId, call.hash)) };
}

export const keyOf = ({ signerId, publicKey }: Pick<SignedCall, 'signerId' | 'publicKey'>): string =>
  `${signerId} ${publicKey}`;

/** A block takes numbers of a key below its height times this. */
const NONCES_PER_BLOCK = 1_000_000n;

/** As the chain begins to count for every key. */
export const FIRST_ACCESS_NONCE = 170_000_000_000_000n;

function whyInvalid(chain: SimChain, call: SignedCall): unknown {
  const { signerId, publicKey, nonce, blockHash, receiverId, methodName, gas, deposit } = call;
  if (!call.isSignatureValid) return 'InvalidSignature';
  const { state, height } = chain.blockAt('optimistic');
  if (!hasPublicKey(accountOf(state, signerId), signerId, publicKey)) {
    const missing = { AccessKeyNotFound: { account_id: signerId, public_key: publicKey } };
    return { InvalidAccessKeyError: missing };
  }
  const used = chain.accessNonces.get(keyOf(call)) ?? FIRST_ACCESS_NONCE;
  if (nonce <= used) return { InvalidNonce: { tx_nonce: Number(nonce), ak_nonce: Number(used) } };
  const bound = BigInt(height) * NONCES_PER_BLOCK;
  if (nonce >= bound) return { NonceTooLarge: { tx_nonce: Number(nonce), upper_bound: Number(bound) } };
  if (chain.block(blockHash) === undefined) return 'Expired';
  if (gas > GAS_MAX) return { ActionsValidation: { TotalPrepaidGasExceeded: { total_prepaid_gas: Number(gas) } } };
  const isSimulated = isKeyMethod(methodName) || (methodName === 'execute_intents' && deposit === 0n);
  if (receiverId !== state.contractId || !isSimulated) {
    return { NotSimulated: { receiver_id: receiverId, method_name: methodName } };
  }
  return null;
}

const KEY_METHODS = { add_public_key: true, remove_public_key: false } as const;
type KeyMethod = keyof typeof KEY_METHODS;
const isKeyMethod = (name: string): name is KeyMethod => Object.hasOwn(KEY_METHODS, name);

const KeyArgs = Type.Object({ public_key: Type.String() });

/** Of the account that signed; the contract asks for one yoctoNEAR, so that a key for function calls cannot do it. */
function changeKey(chain: SimChain, call: SignedCall): Transaction | { readonly malformed: string } {
  const { methodName, signerId, hash, deposit } = call;
  if (!isKeyMethod(methodName)) return { malformed: methodName };
  const args = jsonOf(call.args);
  if (!Value.Check(KeyArgs, args)) return { malformed: `${methodName} needs a public_key` };
  const control =
    deposit === 1n
      ? setKey(signerId, args.public_key, KEY_METHODS[methodName])
      : () => refused('Requires attached deposit of exactly 1 yoctoNEAR');
  return chain.apply(methodName, control, { signerId, hash });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Batch =
  | { readonly ok: true; readonly signed: readonly unknown[] }
  | { readonly ok: false; readonly reason: string };

function batchOf(text: string): Batch {
  const args = jsonOf(text);
  if (Value.Check(Args, args)) return { ok: true, signed: args.signed };
  return { ok: false, reason: 'execute_intents needs a list of signed payloads' };
}
