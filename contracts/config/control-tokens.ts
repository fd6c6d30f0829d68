// CONTROL_TOKENS_FILE: who may call the control API, as hashed tokens with a role and accounts. One wrong entry refuses the whole,
// so that nobody believes in a token that is not there. Pure.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type JsonBounds, readJson, repeatsName } from '../json.ts';
import type { ParsedValue, SecretFile } from './variable.ts';

/**
 * Each may do what those before it may. `viewer` reads and follows events; `reserver` also keeps amounts back for withdrawals, which is
 * what the liquidity-manager asks the engine for; `operator` does everything.
 */
const ROLES = ['viewer', 'reserver', 'operator'] as const;
export type Role = (typeof ROLES)[number];

export type ListedToken = {
  readonly name: string;
  /** SHA-256 of the token, in lower case hex. */
  readonly digest: string;
  readonly role: Role;
  /** Accounts whose processes take it; `*`: all, and processes of no account. */
  readonly accounts: readonly string[];
};

export type ControlTokens = {
  readonly tokens: readonly ListedToken[];
  /** Null: they are in the environment. */
  readonly file: SecretFile | null;
};

/** Each is compared with every request that carries a token. */
const TOKENS_MAX = 256;
const ACCOUNTS_MAX = 256;
const BOUNDS: JsonBounds = { charsMax: 65_536, depthMax: 6, valuesMax: 16_384 };
/** Names of those that no list gives: of the local token, and of callers without one. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(['operator', 'unauthenticated']);

export const TOKENS_SHAPE =
  '{"tokens":[{"name":"anna","sha256":"64 hex digits","role":"viewer","accounts":["maker.near"]}]}';

const Entry = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
    sha256: Type.String({ pattern: '^[0-9a-fA-F]{64}$' }),
    role: Type.Union(ROLES.map((role) => Type.Literal(role))),
    accounts: Type.Array(Type.String({ pattern: '^(?:\\*|[a-z0-9._-]{2,64})$' }), {
      minItems: 1,
      maxItems: ACCOUNTS_MAX,
    }),
  },
  { additionalProperties: false },
);
const List = Type.Object({ tokens: Type.Array(Entry, { maxItems: TOKENS_MAX }) }, { additionalProperties: false });

/** What is wrong is said by place, never by content. An empty text is an empty list. */
export function parseTokens(text: string): ParsedValue<readonly ListedToken[]> {
  if (text === '') return { ok: true, value: [] };
  const read = readJson(text, BOUNDS);
  if (!read.ok) return { ok: false, problem: `is not JSON: ${read.detail}` };
  if (repeatsName(text)) return { ok: false, problem: 'has a field twice' };
  if (!Value.Check(List, read.value)) {
    const error = Value.Errors(List, read.value).First();
    return { ok: false, problem: `is wrong at ${error?.path || '/'}: ${error?.message ?? 'another form'}` };
  }
  const tokens = read.value.tokens.map(({ name, sha256, role, accounts }) => {
    return { name, digest: sha256.toLowerCase(), role, accounts };
  });
  const problem = repeatIn(tokens);
  return problem === null ? { ok: true, value: tokens } : { ok: false, problem };
}

function repeatIn(tokens: readonly ListedToken[]): string | null {
  const names = new Set(TAKEN_NAMES);
  const digests = new Set<string>();
  for (const [index, { name, digest }] of tokens.entries()) {
    if (names.has(name)) return `is wrong at /tokens/${index}/name: reserved, or there twice`;
    if (digests.has(digest)) return `is wrong at /tokens/${index}/sha256: there twice`;
    names.add(name);
    digests.add(digest);
  }
  return null;
}

/** Whether a process of this account takes the token; null: a process of no account, or of all. */
export const servesAccount = ({ accounts }: Pick<ListedToken, 'accounts'>, account: string | null): boolean =>
  accounts.includes('*') || (account !== null && accounts.includes(account));
