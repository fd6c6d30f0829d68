// A new key in a file of its own, as the engine and NEAR's own tools read it. Never written over one that is there: a key that is
// lost cannot be made again.

import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KeyPair } from '@near-js/crypto';

export type NewKey =
  | { readonly ok: true; readonly path: string; readonly publicKey: string }
  | { readonly ok: false; readonly problem: string; readonly fix: string };

const OWNER_ONLY = 0o600;

/** The file and its directory are synced: a key that is registered must not be lost with a power cut. Never throws. */
export function makeKeyFile(given: string, accountId: string): NewKey {
  const path = resolve(given);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  let file: number;
  try {
    file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OWNER_ONLY);
  } catch (error) {
    return { ok: false, ...refusalOf(path, error) };
  }
  const pair = KeyPair.fromRandom('ed25519');
  const publicKey = pair.getPublicKey().toString();
  const credentials = { account_id: accountId, public_key: publicKey, private_key: pair.toString() };
  try {
    writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`);
    fsyncSync(file);
    closeSync(file);
    syncDirectory(dirname(path));
    return { ok: true, path, publicKey };
  } catch (error) {
    // Half a key is of no use, and in the way of the next try.
    unlinkSync(path);
    return { ok: false, ...refusalOf(path, error) };
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function refusalOf(path: string, error: unknown): { readonly problem: string; readonly fix: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EEXIST') {
    return { problem: `${path} exists, and a key is never written over another file`, fix: 'choose another name.' };
  }
  if (code === 'ENOENT') {
    return { problem: `${dirname(path)} does not exist`, fix: `mkdir -m 700 ${dirname(path)}` };
  }
  return { problem: `${path} cannot be written (${code})`, fix: 'choose a directory of this user with free space.' };
}
