// What the relay and the bridge answered, judged. Pure.

import { type Asset, KNOWN_ASSETS, type Pair } from '../../../contracts/assets.ts';
import type { RelayRefusal } from '../../../contracts/control/part-state.ts';
import { fail, fatal, type Line, pass, warn } from '../check.ts';

export type RelayOutcome = {
  readonly host: string;
  readonly connected: boolean;
  readonly subscribed: boolean;
  /** From the first try to the open connection; null: there is none. */
  readonly connectMs: number | null;
  readonly refusal: RelayRefusal | null;
  /** Of the newest try; null: it had none. */
  readonly trouble: string | null;
};

const REFUSALS: Readonly<Record<RelayRefusal, { readonly text: string; readonly fix: string }>> = {
  key_missing: {
    text: 'the relay needs a key, and none is set',
    fix: 'set RELAY_API_KEY_FILE to a file with the partner key.',
  },
  key_refused: {
    text: 'the relay refuses the key',
    fix: 'check RELAY_API_KEY: it is withdrawn, expired, or another one; ask the venue for a new key.',
  },
  address_refused: {
    text: 'the relay refuses this address, and did not look at the key',
    fix: 'ask the venue to let the address of this machine in.',
  },
  key_or_address_refused: {
    text: 'the relay refuses the key, or this address',
    fix: 'check RELAY_API_KEY, and whether the venue lets the address of this machine in.',
  },
};

const REACH_FIX = 'check RELAY_WS_URL, the network and its certificates.';

export function judgeRelay(outcome: RelayOutcome): readonly Line[] {
  const { host, connected, subscribed, connectMs, refusal, trouble } = outcome;
  if (refusal !== null) return [fatal(`${REFUSALS[refusal].text} (${host})`, REFUSALS[refusal].fix)];
  if (!connected) return [fatal(`${host} cannot be used: ${trouble ?? 'it does not answer'}`, REACH_FIX)];
  const open = pass(`${host} is connected after ${Math.round(connectMs ?? 0)} ms`);
  return subscribed
    ? [open, pass('the subscription to quotes is accepted')]
    : [
        open,
        fatal('the relay does not accept the subscription to quotes', 'ask the venue whether this key may quote.'),
      ];
}

/** `requests` by asset id: of those that trade BTC against EURe under any known id. */
export type HeardRequests = {
  readonly all: number;
  readonly byAsset: ReadonlyMap<string, number>;
  readonly seconds: number;
};

/** Which id of BTC, and of EURe, the venue asks for. */
export function judgeRequests({ all, byAsset, seconds }: HeardRequests, pair: Pair): readonly Line[] {
  const traded = [pair.btc, pair.eure];
  const others = KNOWN_ASSETS.filter(
    ({ id }) => (byAsset.get(id) ?? 0) > 0 && !traded.some((asset) => asset.id === id),
  );
  if (others.length > 0) return others.map((asset) => otherId(asset, byAsset, pair));
  const own = byAsset.get(pair.btc.id) ?? 0;
  if (own > 0) return [pass(`${own} requests for the pair in ${seconds} s, under the configured ids`)];
  return [
    pass(`${all} requests in ${seconds} s, none of them for the pair: under which ids the venue asks is not known yet`),
  ];
}

function otherId(asset: Asset, byAsset: ReadonlyMap<string, number>, pair: Pair): Line {
  const variable = asset.symbol === 'BTC' ? 'BTC_ASSET_ID' : 'EURE_ASSET_ID';
  const own = asset.symbol === 'BTC' ? pair.btc.id : pair.eure.id;
  return warn(
    `the venue asks for ${asset.symbol} under ${asset.id} (${byAsset.get(asset.id)} requests; ${byAsset.get(own) ?? 0} under ${own})`,
    `hold ${asset.symbol} under that id and set ${variable}=${asset.id}, if most requests are for it.`,
  );
}

/** `isRpc`: the body is an answer of JSON-RPC. */
export type HttpOutcome = { readonly status: number; readonly isRpc: boolean } | { readonly problem: string };

/** @param isNeeded PULL_VIA=relay */
export function judgeRelayRpc(host: string, outcome: HttpOutcome, isNeeded: boolean): Line {
  const fix =
    'check RELAY_RPC_URL and RELAY_API_KEY, or set PULL_VIA=near: without it live quotes cannot be withdrawn.';
  const lack = isNeeded ? fail : warn;
  if ('problem' in outcome) return lack(`${host}: ${outcome.problem}`, fix);
  const { status, isRpc } = outcome;
  if (status === 401 || status === 403) return lack(`${host} answers ${status}: it refuses the key`, fix);
  if (status >= 500) return lack(`${host} answers ${status}`, fix);
  // A page, or a path that is not there, answers as well.
  if (!isRpc) return lack(`${host} answers ${status}, and not as the JSON-RPC of the relay`, fix);
  return pass(`${host} answers (${status})`);
}

/** Tokens of one chain as the bridge lists them. */
export type ListedToken = {
  readonly intentsTokenId: string | null;
  readonly nearTokenId: string;
  readonly decimals: number;
};

/** @param listed null: the bridge gave no list */
export function judgeSupported(
  pair: Pair,
  listed: readonly ListedToken[] | null,
  problem: string | null,
): readonly Line[] {
  const fix = 'check POA_BRIDGE_URL; quoting does not need it, deposits and withdrawals do.';
  if (listed === null) return [warn(`the bridge lists no tokens: ${problem ?? 'no answer'}`, fix)];
  return [pair.btc, pair.eure].map((asset) => {
    if (asset.bridge !== 'poa') return pass(`${asset.id} does not use this bridge`);
    const token = listed.find((each) => each.intentsTokenId === asset.id || each.nearTokenId === asset.nearToken);
    if (token === undefined) {
      return warn(
        `the bridge does not serve ${asset.id}: it can be neither deposited nor withdrawn there`,
        'ask the venue how this token is moved now; deposit nothing before that is known.',
      );
    }
    return token.decimals === asset.decimals
      ? pass(`the bridge serves ${asset.id}`)
      : fail(
          `the bridge says ${token.decimals} decimals for ${asset.id}, and it has ${asset.decimals}`,
          'do not trade: this version does not fit the token. Look for a newer one.',
        );
  });
}
