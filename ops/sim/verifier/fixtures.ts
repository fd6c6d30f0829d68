// Builders for tests: parties with keys, signed payloads, and a state in which they hold something.

import type { Envelope } from './envelope.ts';
import { payloadHash } from './hashing.ts';
import { buildNonce } from './nonce.ts';
import { type KeyPair, keyPairOfSeed, sign } from './signature.ts';
import { emptyState, NEW_ACCOUNT, type VerifierState } from './state.ts';
import { encodeBase58 } from './text/base58.ts';
import { formatDeadline } from './text/deadline.ts';
import { ed25519KeyText } from './text/public-key.ts';

export const NOW_MS = 1_767_225_600_000;
export const NOW_NS = 1_767_225_600_000_000_000n;
export const SECOND_NS = 1_000_000_000n;
export const SALT = '252812b3';
export const BTC = 'nep141:btc.omft.near';
export const EURE = 'nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';

export type Party = { readonly accountId: string; readonly keyPair: KeyPair; readonly publicKey: string };

function party(accountId: string, seedByte: number): Party {
  const keyPair = keyPairOfSeed(new Uint8Array(32).fill(seedByte));
  return { accountId, keyPair, publicKey: ed25519KeyText(keyPair.publicKey) };
}

export const SOLVER = party('solver.near', 1);
export const USER = party('user.near', 2);

/** State in which every party has its key registered and holds these units. */
export function stateWith(
  holdings: readonly (readonly [Party, Readonly<Record<string, bigint>>])[],
  changes: Partial<VerifierState> = {},
): VerifierState {
  const accounts = holdings.map(([{ accountId, publicKey }, balances]) => {
    const account = {
      ...NEW_ACCOUNT,
      publicKeys: new Set([publicKey]),
      balances: new Map(Object.entries(balances)),
    };
    return [accountId, account] as const;
  });
  return { ...emptyState(SALT), ...changes, accounts: new Map(accounts) };
}

let nonces = 0;

export type SignOptions = {
  readonly deadlineNs?: bigint;
  readonly nonceDeadlineNs?: bigint;
  readonly saltHex?: string;
  readonly nonce?: Uint8Array;
  readonly recipient?: string;
  /** Signs with this key pair in place of the party's. */
  readonly keyPair?: KeyPair;
};

/** A fresh versioned nonce each time, unless one is given. */
export function signIntents(signer: Party, intents: readonly unknown[], options: SignOptions = {}): Envelope {
  const deadlineNs = options.deadlineNs ?? NOW_NS + 60n * SECOND_NS;
  nonces += 1;
  const random = nonces.toString(16).padStart(30, '0');
  const nonceDeadlineNs = options.nonceDeadlineNs ?? deadlineNs + 60n * SECOND_NS;
  const nonce = options.nonce ?? buildNonce(options.saltHex ?? SALT, nonceDeadlineNs, random);
  const message = JSON.stringify({ signer_id: signer.accountId, deadline: formatDeadline(deadlineNs), intents });
  const keyPair = options.keyPair ?? signer.keyPair;
  const payload = { message, nonce, recipient: options.recipient ?? 'intents.near', callbackUrl: undefined };
  const unsigned = {
    standard: 'nep413',
    payload,
    publicKey: keyPair.publicKey,
    signature: new Uint8Array(64),
  } as const;
  return { ...unsigned, signature: sign(payloadHash(unsigned), keyPair) };
}

export const tokenDiff = (diff: Readonly<Record<string, string>>) => ({ intent: 'token_diff', diff });

/** The envelope as it travels. */
export function wireOf(envelope: Envelope): Record<string, unknown> {
  if (envelope.standard !== 'nep413') throw new Error('the builders sign nep413 only');
  const { message, nonce, recipient } = envelope.payload;
  return {
    standard: 'nep413',
    payload: { message, nonce: Buffer.from(nonce).toString('base64'), recipient },
    public_key: ed25519KeyText(envelope.publicKey),
    signature: `ed25519:${encodeBase58(envelope.signature)}`,
  };
}
