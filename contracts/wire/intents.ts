// Shapes of the verifier contract `intents.near`: signed payloads, the message inside, its intents, its events and the
// answer of `simulate_intents`. They describe what a well-formed speaker sends; the contract itself is laxer in places
// (it takes a nonce without padding, an amount with a plus sign), which is the business of whoever judges it, not of
// these shapes. Amounts are decimal strings in the token's smallest unit. Unknown fields are allowed everywhere.
import { type Static, type TSchema, Type } from '@sinclair/typebox';

/** NEP-413 prefix: 2^31 + 413, little-endian, before everything that is hashed. */
export const NEP413_TAG = 2147484061;
/** First four bytes of a versioned nonce; the byte behind them is the version, 0 today. */
export const VERSIONED_NONCE_MAGIC: readonly number[] = [0x56, 0x28, 0xf6, 0xc6];
/** One pip is a millionth; `fee()` of the contract is in pips. */
export const PIPS_PER_WHOLE = 1_000_000n;

const DecimalUnits = Type.String({ pattern: '^[0-9]{1,39}$' });
const SignedDecimalUnits = Type.String({ pattern: '^-?[0-9]{1,39}$' });
const KeyText = Type.String({ pattern: '^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$' });
const SignatureText = Type.String({ pattern: '^ed25519:[1-9A-HJ-NP-Za-km-z]{64,88}$' });
const NonceText = Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' });

/** What is signed under NEP-413. `message` is JSON as text: the hash covers its exact bytes. */
export const Nep413Payload = Type.Object({
  message: Type.String(),
  nonce: NonceText,
  recipient: Type.String(),
  callbackUrl: Type.Optional(Type.String()),
});
export type Nep413Payload = Static<typeof Nep413Payload>;

export const SignedNep413 = Type.Object({
  standard: Type.Literal('nep413'),
  payload: Nep413Payload,
  public_key: KeyText,
  signature: SignatureText,
});
export type SignedNep413 = Static<typeof SignedNep413>;

/** The payload is the whole JSON text, signer, nonce and verifying contract included. */
export const SignedRawEd25519 = Type.Object({
  standard: Type.Literal('raw_ed25519'),
  payload: Type.String(),
  public_key: KeyText,
  signature: SignatureText,
});
export type SignedRawEd25519 = Static<typeof SignedRawEd25519>;

export const SignedPayload = Type.Union([SignedNep413, SignedRawEd25519]);
export type SignedPayload = Static<typeof SignedPayload>;

const AssetAmounts = Type.Record(Type.String(), DecimalUnits);
const AssetDeltas = Type.Record(Type.String(), SignedDecimalUnits);

/** Negative: the signer pays; positive: the signer receives. */
export const TokenDiffIntent = Type.Object({
  intent: Type.Literal('token_diff'),
  diff: AssetDeltas,
  memo: Type.Optional(Type.String()),
  referral: Type.Optional(Type.String()),
});
export type TokenDiffIntent = Static<typeof TokenDiffIntent>;

export const TransferIntent = Type.Object({
  intent: Type.Literal('transfer'),
  receiver_id: Type.String(),
  tokens: AssetAmounts,
  memo: Type.Optional(Type.String()),
});
export type TransferIntent = Static<typeof TransferIntent>;

/** `token` carries no `nep141:` prefix. Any `msg`, even an empty one, turns the call into `ft_transfer_call`. */
export const FtWithdrawIntent = Type.Object({
  intent: Type.Literal('ft_withdraw'),
  token: Type.String(),
  receiver_id: Type.String(),
  amount: DecimalUnits,
  memo: Type.Optional(Type.String()),
  msg: Type.Optional(Type.String()),
  storage_deposit: Type.Optional(DecimalUnits),
  min_gas: Type.Optional(DecimalUnits),
});
export type FtWithdrawIntent = Static<typeof FtWithdrawIntent>;

export const AddPublicKeyIntent = Type.Object({ intent: Type.Literal('add_public_key'), public_key: KeyText });
export type AddPublicKeyIntent = Static<typeof AddPublicKeyIntent>;

export const RemovePublicKeyIntent = Type.Object({ intent: Type.Literal('remove_public_key'), public_key: KeyText });
export type RemovePublicKeyIntent = Static<typeof RemovePublicKeyIntent>;

/** The intents that this project signs or reads; the contract knows a few more. */
export const Intent = Type.Union([
  TokenDiffIntent,
  TransferIntent,
  FtWithdrawIntent,
  AddPublicKeyIntent,
  RemovePublicKeyIntent,
]);
export type Intent = Static<typeof Intent>;

/** Content of a NEP-413 `message`. An empty list of intents only burns the nonce. */
export const IntentsMessage = Type.Object({
  signer_id: Type.String(),
  /** RFC 3339. */
  deadline: Type.String(),
  intents: Type.Array(Intent),
});
export type IntentsMessage = Static<typeof IntentsMessage>;

/** Content of a `raw_ed25519` payload. */
export const RawEd25519Message = Type.Object({
  signer_id: Type.String(),
  verifying_contract: Type.String(),
  deadline: Type.String(),
  nonce: NonceText,
  intents: Type.Array(Intent),
});
export type RawEd25519Message = Static<typeof RawEd25519Message>;

const event = <Name extends string, Data extends TSchema>(standard: string, name: Name, data: Data) =>
  Type.Object({
    standard: Type.Literal(standard),
    /** Differs between deployments: never match on it. */
    version: Type.String(),
    event: Type.Literal(name),
    data,
  });

export const ExecutedIntent = Type.Object({
  intent_hash: Type.String(),
  account_id: Type.String(),
  nonce: Type.String(),
});
export type ExecutedIntent = Static<typeof ExecutedIntent>;

export const IntentsExecutedEvent = event('dip4', 'intents_executed', Type.Array(ExecutedIntent));
export type IntentsExecutedEvent = Static<typeof IntentsExecutedEvent>;

export const TokenDiffEvent = event(
  'dip4',
  'token_diff',
  Type.Array(
    Type.Object({
      intent_hash: Type.Optional(Type.String()),
      account_id: Type.String(),
      diff: AssetDeltas,
      fees_collected: Type.Optional(AssetAmounts),
      memo: Type.Optional(Type.String()),
      referral: Type.Optional(Type.String()),
    }),
  ),
);
export type TokenDiffEvent = Static<typeof TokenDiffEvent>;

export const PublicKeyAddedEvent = event(
  'dip4',
  'public_key_added',
  Type.Object({ intent_hash: Type.Optional(Type.String()), account_id: Type.String(), public_key: Type.String() }),
);
export type PublicKeyAddedEvent = Static<typeof PublicKeyAddedEvent>;

export const SaltRotationEvent = event(
  'dip4',
  'salt_rotation',
  Type.Object({ current: Type.String(), invalidated: Type.Array(Type.String()) }),
);
export type SaltRotationEvent = Static<typeof SaltRotationEvent>;

export const FeeChangedEvent = event(
  'dip4',
  'fee_changed',
  Type.Object({ old_fee: Type.Integer(), new_fee: Type.Integer() }),
);
export type FeeChangedEvent = Static<typeof FeeChangedEvent>;

const OwnedAmounts = Type.Object({
  owner_id: Type.String(),
  token_ids: Type.Array(Type.String()),
  amounts: Type.Array(DecimalUnits),
  memo: Type.Optional(Type.String()),
});

export const MtMintEvent = event('nep245', 'mt_mint', Type.Array(OwnedAmounts));
export type MtMintEvent = Static<typeof MtMintEvent>;

export const MtBurnEvent = event('nep245', 'mt_burn', Type.Array(OwnedAmounts));
export type MtBurnEvent = Static<typeof MtBurnEvent>;

/** Pairs senders and receivers by size only: it does not tell who traded with whom. */
export const MtTransferEvent = event(
  'nep245',
  'mt_transfer',
  Type.Array(
    Type.Object({
      old_owner_id: Type.String(),
      new_owner_id: Type.String(),
      token_ids: Type.Array(Type.String()),
      amounts: Type.Array(DecimalUnits),
      memo: Type.Optional(Type.String()),
    }),
  ),
);
export type MtTransferEvent = Static<typeof MtTransferEvent>;

export const InvariantViolated = Type.Union([
  Type.Object({ error: Type.Literal('unmatched_deltas'), unmatched_deltas: AssetDeltas }),
  Type.Object({ error: Type.Literal('overflow') }),
]);
export type InvariantViolated = Static<typeof InvariantViolated>;

/** Value of the view `simulate_intents`. `invariant_violated` is absent when the batch balances. */
export const SimulationOutput = Type.Object({
  intents_executed: Type.Array(ExecutedIntent),
  /** Lines as they would be logged, `EVENT_JSON:` in front. */
  logs: Type.Array(Type.String()),
  min_deadline: Type.String(),
  invariant_violated: Type.Optional(InvariantViolated),
  state: Type.Object({ fee: Type.Integer(), current_salt: Type.String() }),
});
export type SimulationOutput = Static<typeof SimulationOutput>;
