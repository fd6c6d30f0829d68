// One line of `./unrip sim verify`: a state and a batch of signed payloads in JSON, judged, and the verdict as JSON.
// The form of both is that of the golden lines in `fixtures/`.
import { type TSchema, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { executeBatch } from './batch.ts';
import { readEnvelopes } from './envelope.ts';
import { payloadHash } from './hashing.ts';
import { NonceSet } from './nonce-set.ts';
import { type Account, emptyState, NEW_ACCOUNT, ownsImplicitly, type VerifierState } from './state.ts';
import { encodeBase58 } from './text/base58.ts';
import { NS_PER_MS } from './text/deadline.ts';
import { U128_MAX } from './text/integer.ts';
import { nodeOfValue } from './text/json.ts';
import { accepted, type Parsed, refused } from './text/parsed.ts';
import { parsePublicKey } from './text/public-key.ts';

const Units = Type.String({ pattern: '^[0-9]{1,39}$' });
const Salt = Type.String({ pattern: '^[0-9a-f]{8}$' });
const byAccount = <Value extends TSchema>(value: Value) => Type.Record(Type.String(), value);

/** Absent and null are the same. */
const maybe = <Value extends TSchema>(value: Value) => Type.Optional(Type.Union([value, Type.Null()]));

const Line = Type.Object({
  state: Type.Object({
    now_ms: maybe(Type.Integer({ minimum: 0 })),
    /** Takes precedence over `now_ms`. */
    now_ns: maybe(Type.String({ pattern: '^[0-9]{1,19}$' })),
    salt: Salt,
    salts: maybe(Type.Array(Salt)),
    fee_pips: maybe(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    balances: maybe(byAccount(byAccount(Units))),
    keys: maybe(byAccount(Type.Array(Type.String()))),
    used_nonces: maybe(byAccount(Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' })))),
    locked: maybe(Type.Array(Type.String())),
  }),
  signed: Type.Array(Type.Unknown()),
});
const lineCheck = TypeCompiler.Compile(Line);

export type LineVerdict = {
  readonly ok: boolean;
  readonly error: string | null;
  /** Base58, in the order of `signed`; null when a payload does not even read. */
  readonly hashes: readonly string[] | null;
  /** After an accepted batch only: account -> token -> units above zero, and the nonces used, in hex. */
  readonly balances?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly used?: readonly string[];
};

/** `stateInput` was checked against `Line`. */
function readState(input: (typeof Line)['static']['state']): Parsed<VerifierState> {
  const accounts = new Map<string, Account>();
  const change = (id: string, fields: Partial<Account>) =>
    accounts.set(id, { ...(accounts.get(id) ?? NEW_ACCOUNT), ...fields });
  for (const [id, tokens] of Object.entries(input.balances ?? {})) {
    const balances = new Map<string, bigint>();
    for (const [tokenId, text] of Object.entries(tokens)) {
      const units = BigInt(text);
      if (units > U128_MAX) return refused(`state.balances: ${text} does not fit into 128 bits`);
      if (units > 0n) balances.set(tokenId, units);
    }
    change(id, { balances });
  }
  for (const [id, texts] of Object.entries(input.keys ?? {})) {
    const publicKeys = new Set<string>();
    for (const text of texts) {
      const key = parsePublicKey(text);
      if (!key.ok) return refused(`state.keys: ${text}: ${key.reason}`);
      if (!ownsImplicitly(id, key.value)) publicKeys.add(key.value);
    }
    change(id, { publicKeys });
  }
  for (const [id, nonces] of Object.entries(input.used_nonces ?? {})) {
    change(id, { usedNonces: nonces.reduce((set, nonce) => set.with(nonce), NonceSet.empty) });
  }
  for (const id of input.locked ?? []) change(id, { locked: true });
  return accepted({
    ...emptyState(input.salt),
    olderSaltsHex: new Set(input.salts ?? []),
    feePips: input.fee_pips ?? 1,
    accounts,
  });
}

function balancesOf(state: VerifierState): Record<string, Record<string, string>> {
  const out: Record<string, Record<string, string>> = {};
  for (const [id, account] of [...state.accounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (account.balances.size === 0) continue;
    const tokens = [...account.balances].sort(([a], [b]) => (a < b ? -1 : 1));
    out[id] = Object.fromEntries(tokens.map(([tokenId, units]) => [tokenId, String(units)]));
  }
  return out;
}

/** Nanoseconds win over milliseconds. */
function blockTime(nowNs: string | undefined, nowMs: number | undefined): bigint | undefined {
  if (nowNs !== undefined) return BigInt(nowNs);
  return nowMs === undefined ? undefined : BigInt(nowMs) * NS_PER_MS;
}

/** Verdict on one line, or what is wrong with the line itself. */
export function judgeLine(text: string): Parsed<LineVerdict> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('the line is not JSON: give one object with `state` and `signed` a line');
  }
  if (!lineCheck.Check(value)) {
    const fault = lineCheck.Errors(value).First();
    return refused(
      `the line does not have the form of a batch: ${fault?.path || '/'}: ${fault?.message ?? 'malformed'}`,
    );
  }
  const { now_ns: nowNs, now_ms: nowMs } = value.state;
  const blockTimeNs = blockTime(nowNs ?? undefined, nowMs ?? undefined);
  if (blockTimeNs === undefined) return refused('the line has no block time: give state.now_ms or state.now_ns');
  const state = readState(value.state);
  if (!state.ok) return state;
  const envelopes = readEnvelopes(value.signed.map(nodeOfValue));
  if (!envelopes.ok) return accepted({ ok: false, error: envelopes.reason, hashes: null });
  const hashes = envelopes.value.map((envelope) => encodeBase58(payloadHash(envelope)));
  const verdict = executeBatch({
    state: state.value,
    envelopes: envelopes.value,
    nowNs: blockTimeNs,
  });
  if (!verdict.ok) return accepted({ ok: false, error: verdict.error, hashes });
  const used = verdict.executed.map(({ nonceHex }) => nonceHex);
  return accepted({ ok: true, error: null, hashes, balances: balancesOf(verdict.state), used });
}
