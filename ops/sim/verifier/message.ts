// What a signed payload says: who, until when, under which nonce, to which contract, which intents. For NEP-413 the nonce
// and the contract are next to the message, for raw ed25519 inside of it.
//
// The list of intents is judged after the fields next to it, wherever it is in the text: that is how the contract's
// reader orders its refusals.

import type { Envelope } from './envelope.ts';
import { type Intent, readIntents } from './intents.ts';
import { accountIdFault, parseAccountId } from './text/account-id.ts';
import { decodeBase64Of32 } from './text/base64.ts';
import { parseDeadline } from './text/deadline.ts';
import { type JsonEntry, readJson } from './text/json.ts';
import { accepted, type Parsed, refused } from './text/parsed.ts';
import { type Fields, quoted, readFields, readText, wrongType } from './text/shape.ts';

export type Message = {
  readonly signerId: string;
  readonly verifyingContract: string;
  readonly deadlineNs: bigint;
  readonly nonceHex: string;
  readonly intents: readonly Intent[];
};

type Nep413Head = { readonly signer_id: string; readonly deadline: bigint };
type RawHead = Nep413Head & { readonly verifying_contract: string; readonly nonce: Uint8Array };

const NEP413_HEAD: Fields<Nep413Head> = {
  signer_id: { read: readText(parseAccountId) },
  deadline: { read: readText(parseDeadline) },
};

const RAW_HEAD: Fields<RawHead> = {
  signer_id: { read: readText(parseAccountId) },
  verifying_contract: { read: readText(parseAccountId) },
  deadline: { read: readText(parseDeadline) },
  nonce: { read: readText(decodeBase64Of32, 'a base64 encoded string') },
};

const INTENT_LIST: Fields<{ readonly intents: readonly Intent[] }> = {
  intents: { read: readIntents, absent: () => [] },
};

function readMessageText<Head extends object>(
  text: string,
  title: string,
  head: Fields<Head>,
): Parsed<Head & { readonly intents: readonly Intent[] }> {
  const { root, error } = readJson(text);
  if (root === undefined) return refused(error ?? 'expected value');
  if (root.kind !== 'object') {
    return root.kind === 'string' && root.partial ? refused(error ?? '') : wrongType(root, `struct ${title}`);
  }
  const trailing = error !== undefined && !root.partial;
  const read = readFields(root.entries, head, trailing ? undefined : error);
  if (!read.ok) return read;
  const list = readFields(otherEntries(root.entries, head), INTENT_LIST);
  if (!list.ok) return list;
  if (trailing) return refused(error);
  return accepted({ ...read.value, intents: list.value.intents });
}

function otherEntries(entries: readonly JsonEntry[], head: object): readonly JsonEntry[] {
  return entries.filter((entry) => !Object.hasOwn(head, entry.key));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The message of an envelope, or the contract's refusal without its `JSON: `. */
export function readMessage(envelope: Envelope): Parsed<Message> {
  if (envelope.standard === 'raw_ed25519') {
    const read = readMessageText(envelope.payload, 'DefusePayload', RAW_HEAD);
    if (!read.ok) return read;
    const { signer_id: signerId, verifying_contract: verifyingContract, deadline, nonce, intents } = read.value;
    return accepted({ signerId, verifyingContract, deadlineNs: deadline, nonceHex: hex(nonce), intents });
  }
  const { message, nonce, recipient } = envelope.payload;
  const read = readMessageText(message, 'Nep413DefuseMessage', NEP413_HEAD);
  if (!read.ok) return read;
  if (accountIdFault(recipient) !== undefined) {
    return refused(`invalid value: string ${quoted(recipient)}, expected AccountId`);
  }
  const { signer_id: signerId, deadline, intents } = read.value;
  return accepted({ signerId, verifyingContract: recipient, deadlineNs: deadline, nonceHex: hex(nonce), intents });
}
