// What the NEAR endpoints and the verifier answered, judged. Pure.

import { renderScaled, type Units } from '../../../contracts/amounts.ts';
import { type Asset, assetIdsOf, otherAssets, type Pair } from '../../../contracts/assets.ts';
import type { NearResult } from '../../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';
import { CLOCK_SKEW_HOLD_MS, CLOCK_SKEW_UNHEALTHY_MS, type ClockVerdict } from '../../../engine/safety/clock-skew.ts';
import type { VerifierSnapshot } from '../../../engine/verifier/read-snapshot.ts';
import { judgeBlock } from '../../../engine/verifier/trust.ts';
import { fail, fatal, type Line, pass, warn } from '../check.ts';

/** A snapshot takes two answers; slower ones leave little of INVENTORY_MAX_AGE_MS. */
const SLOW_MS = 1500;

export type EndpointAnswers = {
  readonly host: string;
  readonly chainId: NearResult<string>;
  readonly block: NearResult<FinalBlock>;
  /** Of the slower of the two. */
  readonly latencyMs: number;
};

const RPC_FIX = 'correct NEAR_RPC_URL, or use another endpoint.';

/** @param wantedChain NEAR_CHAIN_ID */
export function judgeEndpoint(answers: EndpointAnswers, wantedChain: string, nowMs: number): Line {
  const { host, chainId, block, latencyMs } = answers;
  if (!chainId.ok) return fail(`${host}: ${chainId.reason}: ${chainId.detail}`, RPC_FIX);
  if (chainId.value !== wantedChain) {
    return fail(
      `${host} is on the network ${chainId.value}, not on ${wantedChain}`,
      'correct NEAR_RPC_URL, or NEAR_CHAIN_ID.',
    );
  }
  if (!block.ok) return fail(`${host}: ${block.reason}: ${block.detail}`, RPC_FIX);
  const wrong = judgeBlock({ block: block.value, anchor: null, nowMs, mayJump: false });
  if (wrong !== null) {
    return fail(
      `${host}: ${wrong.reason}: ${wrong.detail}`,
      'set the clock of this machine by NTP (timedatectl set-ntp true); if the clock is right, use another endpoint.',
    );
  }
  const text = `${host} is on ${chainId.value} at block ${block.value.height}, and answers in ${Math.round(latencyMs)} ms`;
  return latencyMs > SLOW_MS ? warn(text, 'use an endpoint that is closer to this machine.') : pass(text);
}

const OTHERS_FIX = 'name two or more endpoints of different operators in NEAR_RPC_URL, comma separated.';

/** What the lines of the endpoints come to together. @param hosts that NEAR_RPC_URL names */
export function judgeEndpoints(lines: readonly Line[], hosts: number): readonly Line[] {
  const usable = lines.filter(({ status }) => status !== 'fail').length;
  if (usable === 0) return [...lines, fatal('no endpoint can be used', RPC_FIX)];
  if (usable === 1)
    return [...lines, warn('one endpoint alone can be used, and nothing confirms what it says', OTHERS_FIX)];
  if (hosts === 1)
    return [...lines, warn('all endpoints are of one host, which would confirm its own mistakes', OTHERS_FIX)];
  return lines;
}

export type Confirmation = { readonly host: string; readonly said: NearResult<boolean> };

/**
 * Whether the others say the same of the balances at a block that they are past: where none does, nothing frees capital.
 * @param first whose balances they are
 */
export function judgeConfirmations(first: string, answers: readonly Confirmation[]): readonly Line[] {
  if (answers.length === 0) return [pass(`nothing confirms what ${first} says: there is no other endpoint`)];
  const confirms = answers.some(({ said }) => said.ok && said.value);
  return answers.map(({ host, said }) => {
    if (said.ok && said.value) return pass(`${host} says the same of the balances as ${first}`);
    if (said.ok)
      return fail(
        `${host} knows of less than ${first} says is credited`,
        'find out which of them is wrong, and take it out of NEAR_RPC_URL.',
      );
    const text = `${host} does not confirm a balance of ${first}: ${said.reason}: ${said.detail}`;
    return confirms
      ? warn(text, RPC_FIX)
      : fail(`${text}; while none does, no quote ends and no capital is freed`, RPC_FIX);
  });
}

/** @param verdict null: nothing is known */
export function judgeClock(verdict: ClockVerdict | null, against: string): Line {
  const fix = 'set the clock of this machine by NTP (timedatectl set-ntp true, or chronyc makestep).';
  if (verdict === null) return warn(`the clock cannot be compared with ${against}`, fix);
  const { skewMs, fromMs, toMs } = verdict;
  const way = skewMs >= 0 ? 'ahead of' : 'behind';
  if (skewMs === 0) return pass(`the clock agrees with ${against}, within ${Math.max(-fromMs, toMs)} ms`);
  const text = `the clock is ${Math.abs(skewMs)} ms ${way} ${against}`;
  if (Math.abs(skewMs) > CLOCK_SKEW_HOLD_MS) return fail(`${text}: nothing would be signed`, fix);
  return Math.abs(skewMs) > CLOCK_SKEW_UNHEALTHY_MS ? warn(text, fix) : pass(text);
}

export type OfVerifier = { readonly snapshot: VerifierSnapshot; readonly account: string; readonly publicKey: string };

export function judgeVerifier({ snapshot, account, publicKey }: OfVerifier): readonly Line[] {
  const { keyRegistered, accountLocked, salt, feePips } = snapshot;
  return [
    keyRegistered
      ? pass(`${publicKey} is registered for ${account}`)
      : fail(
          `${publicKey} is not registered for ${account}: the verifier would refuse every quote`,
          './unrip keys register shows the transaction, ./unrip keys register --send sends it.',
        ),
    accountLocked
      ? fail(`${account} is locked in the verifier`, 'ask the venue why; nothing can settle until it is unlocked.')
      : pass(`${account} is not locked`),
    salt === null || feePips === null
      ? fail('the verifier does not simulate intents: it is paused', 'wait until the venue has resumed it.')
      : pass(`salt ${salt}, fee ${feePips} millionths`),
  ];
}

export function judgeBalances(
  pair: Pair,
  { credited, stranded }: Pick<VerifierSnapshot, 'credited' | 'stranded'>,
): readonly Line[] {
  const unitsOf = (id: string): Units => (credited[id] ?? stranded[id] ?? 0n) as Units;
  const shown = ({ id, symbol, decimals }: Asset): string =>
    `${renderScaled(unitsOf(id), decimals)} ${symbol} under ${id}`;
  const own = [pair.btc, pair.eure];
  const paid = own.filter(({ id }) => unitsOf(id) > 0n);
  const lines = own.map((asset) =>
    unitsOf(asset.id) > 0n
      ? pass(shown(asset))
      : warn(
          `no ${asset.symbol} is credited under ${asset.id}: one direction cannot be quoted`,
          `deposit ${asset.symbol} into the verifier for this account; only what is credited is traded.`,
        ),
  );
  const none = fail('nothing is credited: no request can be answered', 'deposit BTC and EURe for this account.');
  const elsewhere = otherAssets(pair)
    .filter(({ id }) => unitsOf(id) > 0n)
    .map((asset) =>
      warn(
        `${shown(asset)}, which is not traded`,
        `set ${asset.symbol === 'BTC' ? 'BTC_ASSET_ID' : 'EURE_ASSET_ID'} to that id if the venue asks for it, or exchange it.`,
      ),
    );
  return [...lines, ...elsewhere, ...(paid.length === 0 ? [none] : [])];
}

/** @param found `decimals` of `ft_metadata`; null: the contract gave none */
export function judgeDecimals(asset: Asset, found: NearResult<number | null>, pair: Pair): Line {
  const { id, decimals } = asset;
  const isTraded = assetIdsOf(pair).some((traded) => traded === id);
  if (found.ok && found.value === decimals) return pass(`${id} has ${decimals} decimals`);
  if (!found.ok || found.value === null) {
    const why = found.ok ? 'ft_metadata names none' : `${found.reason}: ${found.detail}`;
    return warn(`the decimals of ${id} are not known: ${why}`, 'try again, or use another endpoint.');
  }
  const text = `${id} has ${found.value} decimals on the chain and ${decimals} here: amounts would be wrong by a power of ten`;
  const fix = 'do not trade: this version does not fit the token. Look for a newer one.';
  return isTraded ? fatal(text, fix) : warn(text, fix);
}

/** @param isNeeded PULL_VIA=near */
export function judgeAccessKey(found: NearResult<unknown>, account: string, isNeeded: boolean): Line {
  if (found.ok) return pass(`the key is an access key of ${account}: it can send transactions`);
  const text = `the key cannot send transactions of ${account} (${found.reason})`;
  if (!isNeeded) return pass(`${text}, and none are needed while PULL_VIA is relay`);
  return fail(text, 'add it to the account on the chain (add_key), or set PULL_VIA=relay.');
}
