// View methods of the verifier at one block: method name and JSON arguments in, JSON value or panic text out.
// `simulate_intents` runs against the state and the time of that block.
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Block } from '../chain/blocks.ts';
import { simulateBatch } from '../verifier/batch.ts';
import { readEnvelopes } from '../verifier/envelope.ts';
import { accountOf, hasPublicKey, isValidSalt, publicKeysOf, supplyOf } from '../verifier/state.ts';
import { accountIdFault } from '../verifier/text/account-id.ts';
import { decodeBase64Of32 } from '../verifier/text/base64.ts';
import { nodeOfValue } from '../verifier/text/json.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { parsePublicKey } from '../verifier/text/public-key.ts';
import { splitTokenId } from '../verifier/text/token-id.ts';

/** The JSON value that the method returned. */
type View = (block: Block, args: unknown) => Parsed<unknown>;

const panicked = (text: string) => refused(`Smart contract panicked: ${text}`);

/** A method with its arguments checked. */
function view<Args extends TSchema>(shape: Args, run: (block: Block, args: Static<Args>) => Parsed<unknown>): View {
  return (block, args) => {
    if (!Value.Check(shape, args)) {
      const fault = Value.Errors(shape, args).First();
      return panicked(`Failed to deserialize input from JSON.: ${fault?.path ?? ''} ${fault?.message ?? ''}`);
    }
    return run(block, args);
  };
}

/** A method about one account, whose id has to be one. */
function accountView<Args extends TSchema>(
  shape: Args,
  run: (block: Block, accountId: string, args: Static<Args>) => Parsed<unknown>,
): View {
  return view(Type.Intersect([Type.Object({ account_id: Type.String() }), shape]), (block, args) => {
    const fault = accountIdFault(args.account_id);
    if (fault !== undefined) return panicked(`Failed to deserialize input from JSON.: ${fault}`);
    return run(block, args.account_id, args);
  });
}

const balanceOf = (block: Block, accountId: string, tokenId: string) =>
  String(accountOf(block.state, accountId).balances.get(tokenId) ?? 0n);

const supplyText = (block: Block, tokenId: string) =>
  splitTokenId(tokenId).ok ? String(supplyOf(block.state, tokenId)) : null;

const NoArgs = Type.Object({});
const TokenArgs = Type.Object({ token_id: Type.String() });
const TokensArgs = Type.Object({ token_ids: Type.Array(Type.String()) });
const KeyArgs = Type.Object({ public_key: Type.String() });
const OwnerArgs = Type.Object({
  from_index: Type.Optional(Type.Union([Type.String({ pattern: '^[0-9]{1,15}$' }), Type.Null()])),
  limit: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
});

const VIEWS: Readonly<Record<string, View>> = {
  mt_balance_of: accountView(TokenArgs, (block, id, args) => accepted(balanceOf(block, id, args.token_id))),
  mt_batch_balance_of: accountView(TokensArgs, (block, id, args) =>
    accepted(args.token_ids.map((tokenId) => balanceOf(block, id, tokenId))),
  ),
  mt_supply: view(TokenArgs, (block, args) => accepted(supplyText(block, args.token_id))),
  mt_batch_supply: view(TokensArgs, (block, args) =>
    accepted(args.token_ids.map((tokenId) => supplyText(block, tokenId))),
  ),
  mt_tokens_for_owner: accountView(OwnerArgs, (block, id, args) => {
    const from = Number(args.from_index ?? 0);
    const tokenIds = [...accountOf(block.state, id).balances.keys()].slice(
      from,
      from + (args.limit ?? Number.MAX_SAFE_INTEGER),
    );
    return accepted(
      tokenIds.map((tokenId) => ({ token_id: tokenId, owner_id: tokenId.startsWith('nep171:') ? id : null })),
    );
  }),
  has_public_key: accountView(KeyArgs, (block, id, args) => {
    const key = parsePublicKey(args.public_key);
    if (!key.ok) return panicked(`Failed to deserialize input from JSON.: ${key.reason}`);
    return accepted(hasPublicKey(accountOf(block.state, id), id, key.value));
  }),
  public_keys_of: accountView(NoArgs, (block, id) => accepted(publicKeysOf(accountOf(block.state, id), id))),
  is_nonce_used: accountView(Type.Object({ nonce: Type.String() }), (block, id, args) => {
    const nonce = decodeBase64Of32(args.nonce);
    if (!nonce.ok) return panicked(`Failed to deserialize input from JSON.: ${nonce.reason}`);
    return accepted(accountOf(block.state, id).usedNonces.has(Buffer.from(nonce.value).toString('hex')));
  }),
  current_salt: view(NoArgs, (block) => accepted(block.state.currentSaltHex)),
  is_valid_salt: view(Type.Object({ salt: Type.String({ pattern: '^[0-9a-fA-F]{8}$' }) }), (block, args) =>
    accepted(isValidSalt(block.state, args.salt.toLowerCase())),
  ),
  fee: view(NoArgs, (block) => accepted(block.state.feePips)),
  fee_collector: view(NoArgs, (block) => accepted(block.state.feeCollectorId)),
  is_auth_by_predecessor_id_enabled: accountView(NoArgs, (block, id) =>
    accepted(accountOf(block.state, id).authByPredecessorId),
  ),
  is_account_locked: accountView(NoArgs, (block, id) => accepted(accountOf(block.state, id).locked)),
  simulate_intents: view(Type.Object({ signed: Type.Array(Type.Unknown()) }), (block, args) => {
    const envelopes = readEnvelopes(args.signed.map(nodeOfValue));
    if (!envelopes.ok) return panicked(`Failed to deserialize input from JSON.: ${envelopes.reason}`);
    const verdict = simulateBatch({ state: block.state, envelopes: envelopes.value, nowNs: block.timestampNs });
    return verdict.ok ? accepted(verdict.report) : panicked(verdict.error);
  }),
};

/** What the node says of a method that the contract does not have. */
export const METHOD_NOT_FOUND = 'MethodResolveError(MethodNotFound)';

/** Runs a view; a refusal carries the text of the failed call. */
export function callView(block: Block, method: string, args: unknown): Parsed<unknown> {
  const run = Object.hasOwn(VIEWS, method) ? VIEWS[method] : undefined;
  if (run === undefined) return refused(METHOD_NOT_FOUND);
  return run(block, args);
}
