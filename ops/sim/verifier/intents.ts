// The intents inside a message, as the contract reads them. Fields keep their wire names, so that an event can repeat an
// intent as it is. What the simulator has no use for (gas, notifications to a receiver) is read for its form and kept
// for the event where the contract keeps it, or passed over where the contract itself ignores its faults.
import { parseAccountId } from './text/account-id.ts';
import { parseI128, parseU64, parseU128, U64_MAX } from './text/integer.ts';
import type { JsonNode } from './text/json.ts';
import { accepted, type Parsed, refused } from './text/parsed.ts';
import { parsePublicKey } from './text/public-key.ts';
import {
  type Field,
  type Reader,
  readArray,
  readBoolean,
  readMap,
  readObject,
  readOptional,
  readString,
  readStruct,
  readTag,
  readText,
  wrongType,
} from './text/shape.ts';
import { parseTokenId } from './text/token-id.ts';

type TokenAmounts = ReadonlyMap<string, bigint>;
type Withdrawal = {
  readonly token: string;
  readonly receiver_id: string;
  readonly memo: string | undefined;
  readonly msg: string | undefined;
  readonly storage_deposit: bigint | undefined;
  readonly min_gas: bigint | undefined;
};

type KeyIntent = { readonly public_key: string };
type TokenDiff = {
  readonly diff: TokenAmounts;
  readonly memo: string | undefined;
  readonly referral: string | undefined;
};
type Transfer = { readonly receiver_id: string; readonly tokens: TokenAmounts; readonly memo: string | undefined };
type FtWithdraw = Withdrawal & { readonly amount: bigint };
type NftWithdraw = Withdrawal & { readonly token_id: string };
type MtWithdraw = Withdrawal & { readonly token_ids: readonly string[]; readonly amounts: readonly bigint[] };
type NativeWithdraw = { readonly receiver_id: string; readonly amount: bigint };
type StorageDeposit = {
  readonly contract_id: string;
  readonly deposit_for_account_id: string;
  readonly amount: bigint;
};
type SetAuth = { readonly enabled: boolean };
type AuthCall = {
  readonly contract_id: string;
  readonly state_init: undefined;
  readonly msg: string;
  readonly attached_deposit: bigint;
  readonly min_gas: bigint | undefined;
};

/** `amount`s and `diff`s in the token's smallest unit; NEAR amounts in yocto. */
export type Intent =
  | ({ readonly intent: 'add_public_key' | 'remove_public_key' } & KeyIntent)
  | ({ readonly intent: 'transfer' } & Transfer)
  | ({ readonly intent: 'ft_withdraw' } & FtWithdraw)
  | ({ readonly intent: 'nft_withdraw' } & NftWithdraw)
  | ({ readonly intent: 'mt_withdraw' } & MtWithdraw)
  | ({ readonly intent: 'native_withdraw' } & NativeWithdraw)
  | ({ readonly intent: 'storage_deposit' } & StorageDeposit)
  | ({ readonly intent: 'token_diff' } & TokenDiff)
  | ({ readonly intent: 'set_auth_by_predecessor_id' } & SetAuth)
  | ({ readonly intent: 'auth_call' } & AuthCall);

const INTENTS = [
  'add_public_key',
  'remove_public_key',
  'transfer',
  'ft_withdraw',
  'nft_withdraw',
  'mt_withdraw',
  'native_withdraw',
  'storage_deposit',
  'token_diff',
  'set_auth_by_predecessor_id',
  'auth_call',
] as const satisfies readonly Intent['intent'][];

const readAccount = readText(parseAccountId);
const readUnits = readText(parseU128);
const readDeltas = readMap(parseTokenId, readText(parseI128));
const readAmounts = readMap(parseTokenId, readUnits);

/** Gas may be a number as well as a text. */
const readGas: Reader<bigint> = (node) => {
  if (node.kind === 'string') return parseU64(node.value);
  if (node.kind === 'number' && /^-[0-9]{1,18}$/.test(node.text)) {
    return refused('Negative value cannot be converted to NearGas');
  }
  const natural = node.kind === 'number' && /^[0-9]{1,20}$/.test(node.text) ? BigInt(node.text) : undefined;
  if (natural !== undefined && natural <= U64_MAX) return accepted(natural);
  return wrongType(node, 'a string or a number');
};

/** Deployment of a receiver's contract: the simulator has no contracts to deploy. */
const readNoStateInit: Reader<undefined> = (node) =>
  node.kind === 'null' ? accepted(undefined) : refused('`state_init` is not simulated');

const optional = <T>(read: Reader<T>): Field<T | undefined> => ({ read: readOptional(read), absent: () => undefined });

const withdrawalEnd = {
  memo: optional(readString),
  msg: optional(readString),
  storage_deposit: optional(readUnits),
  min_gas: optional(readGas),
};
const withdrawalStart = { token: { read: readAccount }, receiver_id: { read: readAccount } };

const READERS: { readonly [Kind in (typeof INTENTS)[number]]: Reader<Omit<Intent & { intent: Kind }, 'intent'>> } = {
  add_public_key: readStruct<KeyIntent>('AddPublicKey', { public_key: { read: readText(parsePublicKey) } }),
  remove_public_key: readStruct<KeyIntent>('RemovePublicKey', { public_key: { read: readText(parsePublicKey) } }),
  transfer: readObject<Transfer>('Transfer', {
    receiver_id: { read: readAccount },
    tokens: { read: readAmounts },
    memo: optional(readString),
  }),
  ft_withdraw: readStruct<FtWithdraw>('FtWithdraw', {
    ...withdrawalStart,
    amount: { read: readUnits },
    ...withdrawalEnd,
  }),
  nft_withdraw: readStruct<NftWithdraw>('NftWithdraw', {
    ...withdrawalStart,
    token_id: { read: readString },
    ...withdrawalEnd,
  }),
  mt_withdraw: readStruct<MtWithdraw>('MtWithdraw', {
    ...withdrawalStart,
    token_ids: { read: readArray(readString) },
    amounts: { read: readArray(readUnits) },
    ...withdrawalEnd,
  }),
  native_withdraw: readStruct<NativeWithdraw>('NativeWithdraw', {
    receiver_id: { read: readAccount },
    amount: { read: readUnits },
  }),
  storage_deposit: readStruct<StorageDeposit>('StorageDeposit', {
    contract_id: { read: readAccount },
    deposit_for_account_id: { read: readAccount, alias: 'account_id' },
    amount: { read: readUnits },
  }),
  token_diff: readStruct<TokenDiff>('TokenDiff', {
    diff: { read: readDeltas },
    memo: optional(readString),
    referral: optional(readAccount),
  }),
  set_auth_by_predecessor_id: readStruct<SetAuth>('SetAuthByPredecessorId', { enabled: { read: readBoolean } }),
  auth_call: readStruct<AuthCall>('AuthCall', {
    contract_id: { read: readAccount },
    state_init: { read: readNoStateInit, absent: () => undefined },
    msg: { read: readString },
    attached_deposit: { read: readUnits, absent: () => 0n },
    min_gas: optional(readGas),
  }),
};

const readKind = readTag('intent', 'Intent', INTENTS, 'numbered');

function readIntent(node: JsonNode): Parsed<Intent> {
  const tagged = readKind(node);
  if (!tagged.ok) return tagged;
  const kind = INTENTS.find((known) => known === tagged.value.variant);
  if (kind === undefined) return refused(`unknown variant \`${tagged.value.variant}\``);
  const read: Parsed<object> = READERS[kind](tagged.value.content);
  // The reader of a kind gives exactly the fields of that kind.
  return read.ok ? accepted({ intent: kind, ...read.value } as Intent) : read;
}

export const readIntents: Reader<readonly Intent[]> = readArray(readIntent);
