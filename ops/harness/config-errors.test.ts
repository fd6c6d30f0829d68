// A bad configuration of the engine, end to end: the process ends with 78, names the variable and the fix, and shows no key.

import { expect, test } from 'bun:test';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { throwAwayKey } from './key.ts';
import { startPart } from './part.ts';

type Case = {
  readonly what: string;
  /** Changes the good configuration; may change files of `dir`. Null removes a variable. */
  readonly spoil: (dir: string) => Readonly<Record<string, string | null>>;
  readonly variable: string;
  /** Words of the problem and of the fix. */
  readonly says: readonly RegExp[];
};

const CASES: readonly Case[] = [
  {
    what: 'no account',
    spoil: () => ({ NEAR_ACCOUNT_ID: null }),
    variable: 'NEAR_ACCOUNT_ID',
    says: [/is not set/, /fix: set NEAR_ACCOUNT_ID/],
  },
  {
    what: 'no key',
    spoil: () => ({ NEAR_KEY_FILE: null }),
    variable: 'NEAR_KEY_FILE',
    says: [/not set/, /fix: set NEAR_KEY_FILE/],
  },
  {
    what: 'a key that is cut off',
    spoil: (dir) => ({ NEAR_KEY_FILE: null, NEAR_PRIVATE_KEY: keyIn(dir).slice(0, -6) }),
    variable: 'NEAR_PRIVATE_KEY',
    says: [/fix: /],
  },
  {
    what: 'a key file with something else in it',
    spoil: (dir) => {
      writeFileSync(join(dir, 'key.json'), '{"private_key":"ed25519:0OIl"}', { mode: 0o600 });
      return {};
    },
    variable: 'NEAR_KEY_FILE',
    says: [/fix: /],
  },
  {
    what: 'a key file that is not there',
    spoil: (dir) => ({ NEAR_KEY_FILE: join(dir, 'nowhere.json') }),
    variable: 'NEAR_KEY_FILE',
    says: [/does not exist/, /fix: set NEAR_KEY_FILE to a file/],
  },
  {
    what: 'a key file that cannot be read',
    spoil: (dir) => ({ NEAR_KEY_FILE: dir }),
    variable: 'NEAR_KEY_FILE',
    says: [/is (?:not a regular file|a directory)/, /fix: set NEAR_KEY_FILE to a file/],
  },
  {
    what: 'a key file that is open to others',
    spoil: (dir) => {
      chmodSync(join(dir, 'key.json'), 0o640);
      return {};
    },
    variable: 'NEAR_KEY_FILE',
    says: [/open to others \(mode 640\)/, /fix: chmod 600/],
  },
  {
    what: 'a wrong URL',
    spoil: () => ({ RELAY_WS_URL: 'https://relay.invalid/ws' }),
    variable: 'RELAY_WS_URL',
    says: [/wss:\/\//, /fix: set RELAY_WS_URL/],
  },
  {
    what: 'an impossible number',
    spoil: () => ({ NONCE_LANES: '0' }),
    variable: 'NONCE_LANES',
    says: [/whole number from 1 to 64/, /fix: set NONCE_LANES/],
  },
  {
    what: 'a limit under a misspelt name',
    spoil: () => ({ STRATEGY_MAX_NOTIONAL: '3' }),
    variable: 'STRATEGY_MAX_NOTIONAL',
    says: [/did you mean STRATEGY_MAX_NOTIONAL_EUR\?/, /fix: rename it/],
  },
  {
    what: 'something that is not built yet',
    spoil: () => ({ LEASE: 'postgres' }),
    variable: 'LEASE',
    says: [/does not have yet/, /fix: /],
  },
];

function keyIn(dir: string): string {
  const credentials: { private_key: string } = JSON.parse(readFileSync(join(dir, 'key.json'), 'utf8'));
  return credentials.private_key;
}

test.each(CASES.map((one) => [one.what, one] as const))('%s', async (_, { spoil, variable, says }) => {
  using dir = tempDir('config');
  throwAwayKey(join(dir.path, 'key.json'), 'maker.near');
  const secret = keyIn(dir.path).slice('ed25519:'.length);
  const good = {
    NEAR_ACCOUNT_ID: 'maker.near',
    NEAR_KEY_FILE: join(dir.path, 'key.json'),
    STATE_DIR: join(dir.path, 'state'),
    CONTROL_PORT: '0',
  };
  const env = Object.entries({ ...good, ...spoil(dir.path) }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const part = startPart({ name: 'engine', args: ['engine'], dir: dir.path, env: Object.fromEntries(env) });
  try {
    expect(await part.exited).toBe(EXIT.config);
    const said = readFileSync(part.logPath, 'utf8');
    expect(said).toContain(variable);
    for (const words of says) expect(said).toMatch(words);
    // Neither the key nor most of it, cut off or not.
    for (let at = 0; at + 20 <= secret.length; at += 10) expect(said).not.toContain(secret.slice(at, at + 20));
    expect(said).not.toMatch(/\n {4}at /);
  } finally {
    await part.kill();
  }
});
