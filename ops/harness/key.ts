// A NEAR key that is worth nothing, for demo, bench and tests: made for each run, in a file of its owner only.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { KeyPair } from '@near-js/crypto';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

export type ThrowAwayKey = {
  readonly file: string;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
};

/** Writes a NEAR credentials file for the account. */
export function throwAwayKey(file: string, accountId: string): ThrowAwayKey {
  const pair = KeyPair.fromRandom('ed25519');
  const publicKey = pair.getPublicKey().toString();
  const credentials = { account_id: accountId, public_key: publicKey, private_key: pair.toString() };
  // A file that is there keeps its mode when it is written to: it has to go first.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  return { file, publicKey };
}

const Credentials = Type.Object({ private_key: Type.String() });

/** For a program that takes the key itself. @param file as `throwAwayKey` writes it */
export function privateKeyIn(file: string): string {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Value.Check(Credentials, value)) throw new Error(`${file} is no file of NEAR credentials`);
  return value.private_key;
}
