// The throw-away key of the simulated account, in the form of a NEAR credentials file. It is kept, so that an engine that was
// started with the file is known to simulators that are started again.

import { chmod, rm } from 'node:fs/promises';
import { KeyPair, type KeyPairString } from '@near-js/crypto';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { readOwnedFile } from '../../contracts/runtime/config/file-permissions.ts';

const Credentials = Type.Object({
  account_id: Type.String(),
  public_key: Type.String(),
  private_key: Type.String({ pattern: '^ed25519:' }),
});

/** The public key of the file at `path`; a file that is missing, unusable or of another account is replaced. */
export async function simKey(path: string, accountId: string): Promise<string> {
  return keptKey(path, accountId) ?? (await makeKey(path, accountId));
}

function keptKey(path: string, accountId: string): string | null {
  const file = readOwnedFile(path);
  const read = file.ok ? readJson(file.text, SMALL_JSON) : null;
  if (read?.ok !== true || !Value.Check(Credentials, read.value) || read.value.account_id !== accountId) return null;
  const { public_key, private_key } = read.value;
  try {
    const found = KeyPair.fromString(private_key as KeyPairString)
      .getPublicKey()
      .toString();
    return found === public_key ? found : null;
  } catch {
    return null;
  }
}

async function makeKey(path: string, accountId: string): Promise<string> {
  const pair = KeyPair.fromRandom('ed25519');
  const publicKey = pair.getPublicKey().toString();
  const credentials = { account_id: accountId, public_key: publicKey, private_key: pair.toString() };
  await rm(path, { force: true });
  await Bun.write(path, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return publicKey;
}
