// What each kind of intent does to the state of a batch. An intent either works as a whole or ends the batch; the draft
// of a batch that ended is thrown away, so nothing here has to be undone.
import type { Draft, Outcome } from './draft.ts';
import { accountLocked, keyExists, keyMissing, VERIFIER_ERRORS } from './errors.ts';
import { intentEvent, ownedEvent } from './events.ts';
import { feeOf } from './fee.ts';
import type { Intent } from './intents.ts';
import type { Matcher } from './matcher.ts';
import { withoutPublicKey, withPublicKey } from './state.ts';
import { compareTokenIds, paysFee } from './text/token-id.ts';

/** What intents of one batch share. `burns` are logged behind everything else. */
export type BatchContext = {
  readonly draft: Draft;
  readonly matcher: Matcher;
  readonly logs: string[];
  readonly burns: string[];
};

export type Signed = { readonly signerId: string; readonly hash: Uint8Array };

type Kind<Name extends Intent['intent']> = Extract<Intent, { readonly intent: Name }>;

/** The first refusal ends it. */
function moveIn(context: BatchContext, accountId: string, tokenId: string, units: bigint): Outcome {
  const refusal = context.draft.add(accountId, tokenId, units);
  if (refusal !== undefined) return refusal;
  return context.matcher.deposit(accountId, tokenId, units) ? undefined : VERIFIER_ERRORS.insufficientBalance;
}

function moveOut(context: BatchContext, accountId: string, tokenId: string, units: bigint): Outcome {
  const refusal = context.draft.subtract(accountId, tokenId, units);
  if (refusal !== undefined) return refusal;
  return context.matcher.withdraw(accountId, tokenId, units) ? undefined : VERIFIER_ERRORS.insufficientBalance;
}

const inTokenOrder = (tokens: ReadonlyMap<string, bigint>) => [...tokens].sort(([a], [b]) => compareTokenIds(a, b));

function tokenDiff(context: BatchContext, { signerId, hash }: Signed, intent: Kind<'token_diff'>): Outcome {
  if (intent.diff.size === 0) return VERIFIER_ERRORS.invalidIntent;
  const { feePips, feeCollectorId } = context.draft.base;
  const deltas = inTokenOrder(intent.diff);
  const fees = new Map<string, bigint>();
  for (const [tokenId, delta] of deltas) {
    if (delta === 0n) return VERIFIER_ERRORS.invalidIntent;
    const refusal =
      delta < 0n ? moveOut(context, signerId, tokenId, -delta) : moveIn(context, signerId, tokenId, delta);
    if (refusal !== undefined) return refusal;
    const fee = delta < 0n && paysFee(tokenId, -delta) ? feeOf(-delta, feePips) : 0n;
    if (fee > 0n) fees.set(tokenId, fee);
  }
  const collected = fees.size === 0 ? {} : { fees_collected: fees };
  context.logs.push(intentEvent(signerId, hash, { ...intent, diff: new Map(deltas) }, collected));
  for (const [tokenId, fee] of fees) {
    const refusal = moveIn(context, feeCollectorId, tokenId, fee);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function transfer(context: BatchContext, { signerId, hash }: Signed, intent: Kind<'transfer'>): Outcome {
  if (intent.receiver_id === signerId || intent.tokens.size === 0) return VERIFIER_ERRORS.invalidIntent;
  const tokens = inTokenOrder(intent.tokens);
  context.logs.push(intentEvent(signerId, hash, { ...intent, tokens: new Map(tokens) }));
  for (const [tokenId, units] of tokens) {
    const refusal = moveOut(context, signerId, tokenId, units);
    if (refusal !== undefined) return refusal;
  }
  for (const [tokenId, units] of tokens) {
    const refusal = moveIn(context, intent.receiver_id, tokenId, units);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Takes tokens out of the contract: they leave the balance and are no part of what has to match inside the batch. */
function burn(
  context: BatchContext,
  { signerId }: Signed,
  tokens: readonly (readonly [tokenId: string, units: bigint])[],
): Outcome {
  for (const [tokenId, units] of tokens) {
    const refusal = context.draft.subtract(signerId, tokenId, units);
    if (refusal !== undefined) return refusal;
  }
  context.burns.push(ownedEvent('mt_burn', signerId, tokens, 'withdraw'));
  return undefined;
}

function withdraw(
  context: BatchContext,
  signed: Signed,
  intent: Kind<'ft_withdraw'> | Kind<'nft_withdraw'> | Kind<'mt_withdraw'>,
): Outcome {
  context.logs.push(intentEvent(signed.signerId, signed.hash, intent));
  const tokens = withdrawnTokens(intent);
  if (tokens === undefined) return VERIFIER_ERRORS.invalidIntent;
  if (intent.storage_deposit !== undefined) tokens.push([wrappedNear(context), intent.storage_deposit]);
  return burn(context, signed, tokens);
}

function withdrawnTokens(
  intent: Kind<'ft_withdraw'> | Kind<'nft_withdraw'> | Kind<'mt_withdraw'>,
): [tokenId: string, units: bigint][] | undefined {
  switch (intent.intent) {
    case 'ft_withdraw':
      return [[`nep141:${intent.token}`, intent.amount]];
    case 'nft_withdraw':
      return [[`nep171:${intent.token}:${intent.token_id}`, 1n]];
    case 'mt_withdraw': {
      const { token, token_ids: tokenIds, amounts } = intent;
      if (tokenIds.length === 0 || tokenIds.length !== amounts.length) return undefined;
      return tokenIds.map((tokenId, index) => [`nep245:${token}:${tokenId}`, amounts[index] ?? 0n]);
    }
  }
}

const wrappedNear = (context: BatchContext) => `nep141:${context.draft.base.wrappedNearId}`;

function changeKey(
  context: BatchContext,
  { signerId, hash }: Signed,
  intent: Kind<'add_public_key' | 'remove_public_key'>,
): Outcome {
  const account = context.draft.account(signerId);
  if (account.locked) return accountLocked(signerId);
  const adds = intent.intent === 'add_public_key';
  const changed = (adds ? withPublicKey : withoutPublicKey)(account, signerId, intent.public_key);
  if (changed === undefined) return (adds ? keyExists : keyMissing)(signerId, intent.public_key);
  context.draft.put(signerId, changed);
  context.logs.push(intentEvent(signerId, hash, intent));
  return undefined;
}

function setAuth(
  context: BatchContext,
  { signerId, hash }: Signed,
  intent: Kind<'set_auth_by_predecessor_id'>,
): Outcome {
  const account = context.draft.account(signerId);
  if (account.authByPredecessorId === intent.enabled) return undefined;
  if (account.locked) return accountLocked(signerId);
  context.draft.put(signerId, { ...account, authByPredecessorId: intent.enabled });
  context.logs.push(intentEvent(signerId, hash, intent));
  return undefined;
}

export function executeIntent(context: BatchContext, signed: Signed, intent: Intent): Outcome {
  switch (intent.intent) {
    case 'token_diff':
      return tokenDiff(context, signed, intent);
    case 'transfer':
      return transfer(context, signed, intent);
    case 'ft_withdraw':
    case 'nft_withdraw':
    case 'mt_withdraw':
      return withdraw(context, signed, intent);
    case 'native_withdraw':
    case 'storage_deposit':
      context.logs.push(intentEvent(signed.signerId, signed.hash, intent));
      return burn(context, signed, [[wrappedNear(context), intent.amount]]);
    case 'add_public_key':
    case 'remove_public_key':
      return changeKey(context, signed, intent);
    case 'set_auth_by_predecessor_id':
      return setAuth(context, signed, intent);
    case 'auth_call':
      if (intent.attached_deposit === 0n) return undefined;
      return burn(context, signed, [[wrappedNear(context), intent.attached_deposit]]);
  }
}
