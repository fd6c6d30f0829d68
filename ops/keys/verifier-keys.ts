// Keys of the account at the verifier: which there are, and the transaction that registers or removes one. The transaction is made and
// shown; sending it is a step of its own. Nothing is thrown: a value or a named reason.

import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearEndpoint } from '../../contracts/runtime/near/client.ts';
import { failed, type NearResult } from '../../contracts/runtime/near/reply.ts';
import { pause } from '../../contracts/runtime/wait.ts';
import { CALL_GAS, type SignedCall, signFunctionCall } from '../../engine/executor/near-transaction.ts';
import type { Signer } from '../../engine/executor/sign.ts';

export type KeyChange = 'add_public_key' | 'remove_public_key';

export type VerifierAccount = {
  readonly account: AccountId;
  readonly contract: string;
  /** NEAR_CHAIN_ID. */
  readonly chainId: string;
  readonly clock: Clock;
};

/** The first endpoint that is on the right network. */
export async function endpointOf(
  endpoints: readonly NearEndpoint[],
  chainId: string,
): Promise<NearResult<NearEndpoint>> {
  const reasons: string[] = [];
  for (const endpoint of endpoints) {
    const found = await endpoint.chainId();
    if (found.ok && found.value === chainId) return { ok: true, value: endpoint };
    reasons.push(`${endpoint.host}: ${found.ok ? `is on ${found.value}, not on ${chainId}` : found.detail}`);
  }
  return failed('no_endpoint', reasons.join('; '));
}

/** All that are on the right network, at least one. */
export async function endpointsOf(
  endpoints: readonly NearEndpoint[],
  chainId: string,
): Promise<NearResult<readonly [NearEndpoint, ...NearEndpoint[]]>> {
  const first = await endpointOf(endpoints, chainId);
  if (!first.ok) return first;
  const others: NearEndpoint[] = [];
  for (const endpoint of endpoints.slice(endpoints.indexOf(first.value) + 1)) {
    const found = await endpoint.chainId();
    if (found.ok && found.value === chainId) others.push(endpoint);
  }
  return { ok: true, value: [first.value, ...others] };
}

/**
 * As of the newest final block. That a key is gone may be believed by somebody who lost it: all endpoints that answer have to agree,
 * since one of them may lie or be behind.
 */
export async function isRegistered(
  endpoints: readonly NearEndpoint[],
  { account }: VerifierAccount,
  publicKey: string,
): Promise<NearResult<boolean>> {
  let failure = failed('no_endpoint', 'none was asked');
  let known: boolean | null = null;
  for (const endpoint of endpoints) {
    const json = await viewOf(endpoint, 'has_public_key', { account_id: account, public_key: publicKey });
    const said = json.ok ? json.value : null;
    if (!json.ok) failure = json;
    else if (typeof said !== 'boolean')
      failure = failed('reply_malformed', 'has_public_key returned neither true nor false');
    if (typeof said !== 'boolean') continue;
    if (known !== null && known !== said)
      return failed(
        'endpoints_differ',
        `${endpoint.host} says that the key is ${said ? '' : 'not '}registered, another one the opposite`,
      );
    known = said;
  }
  return known === null ? failure : { ok: true, value: known };
}

/** All of them, however many: the one that somebody else registered may be the last. The size of an answer is bounded by the client. */
export async function registeredKeys(
  endpoint: NearEndpoint,
  { account }: VerifierAccount,
): Promise<NearResult<readonly string[]>> {
  const json = await viewOf(endpoint, 'public_keys_of', { account_id: account });
  if (!json.ok) return json;
  const isList = Array.isArray(json.value) && json.value.every((key) => typeof key === 'string');
  return isList
    ? { ok: true, value: json.value as string[] }
    : failed('reply_malformed', 'public_keys_of returned no list of keys');
}

async function viewOf(
  endpoint: NearEndpoint,
  method: string,
  args: Record<string, unknown>,
): Promise<NearResult<unknown>> {
  const block = await endpoint.finalBlock();
  if (!block.ok) return block;
  const view = await endpoint.call(method, args, block.value.height);
  return view.ok ? { ok: true, value: view.value.json } : view;
}

export type PreparedChange = SignedCall & {
  /** What the transaction says, a line each. */
  readonly lines: readonly string[];
};

/** @param signer of a full-access key of the account, which need not be the key that is changed */
export async function prepareChange(
  endpoint: NearEndpoint,
  verifier: VerifierAccount,
  { change, publicKey, signer }: { readonly change: KeyChange; readonly publicKey: string; readonly signer: Signer },
): Promise<NearResult<PreparedChange>> {
  const { account, contract } = verifier;
  const key = await endpoint.accessKey(account, signer.publicKey);
  if (!key.ok) return key;
  if (!key.value.hasFullAccess) {
    return failed(
      'no_full_access',
      `${signer.publicKey} is a key for function calls, with which nothing can be attached`,
    );
  }
  const accessKeyNonce = key.value.nonce + 1n;
  const call = {
    contract,
    method: change,
    args: { public_key: publicKey },
    accessKeyNonce,
    blockHash: key.value.blockHash,
    depositYocto: 1n,
  };
  const signed = signFunctionCall(account, signer, call);
  if (signed === null) return failed('reply_malformed', 'the block hash cannot be read');
  const lines = [
    `signer     ${account}`,
    `signed by  ${signer.publicKey}, nonce ${accessKeyNonce}`,
    `receiver   ${contract}`,
    `call       ${change} ${JSON.stringify(call.args)}`,
    `attached   1 yoctoNEAR, at most ${CALL_GAS / 10n ** 12n} Tgas`,
    `block      ${call.blockHash}`,
    `hash       ${signed.hash}`,
  ];
  return { ok: true, value: { ...signed, lines } };
}

const ASK_EVERY_MS = 500;

/** Waits until a final block has the key, or has it no more; false: not within the time. */
export async function untilRegistered(
  endpoints: readonly NearEndpoint[],
  verifier: VerifierAccount,
  { publicKey, wanted, limitMs }: { readonly publicKey: string; readonly wanted: boolean; readonly limitMs: number },
): Promise<boolean> {
  const { clock } = verifier;
  const endsUs = clock.elapsedUs() + limitMs * 1000;
  for (;;) {
    const found = await isRegistered(endpoints, verifier, publicKey);
    if (found.ok && found.value === wanted) return true;
    if (clock.elapsedUs() >= endsUs) return false;
    await pause(clock, ASK_EVERY_MS);
  }
}
