// The quote requests of a made tape: who asks for what, when, in which words. Pure.
// No public record of requests on the relay exists; the forms are the relay's, the mix is ours and is in MIX below.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { PriceAt } from './prices.ts';
import type { Prng } from './prng.ts';

type RequestKind = 'exact_in' | 'exact_out';

/** What the generator knows of a request beyond its text: enough to choose those that are taken. */
export type MadeRequest = {
  readonly atMs: number;
  readonly text: string;
  readonly direction: 'BTC->EURe' | 'EURe->BTC' | null;
  readonly kind: RequestKind;
  /** Own pair, size within the default limits, deadline acceptable, well formed: an engine in order answers it. */
  readonly isAnswerable: boolean;
  readonly isRouterLeg: boolean;
};

/** Shares in a thousand; what is left of a group is the ordinary case. */
const MIX = {
  foreignPair: 220,
  shapeB: 200,
  routerLeg: 100,
  large: 90,
  tiny: 35,
  longDeadline: 14,
  shortDeadline: 150,
} as const;

const FOREIGN = [
  'nep141:wrap.near',
  'nep141:usdt.tether-token.near',
  'nep141:17208628f84f5d6ad33f0da3bbbeb27ffcb398eac501a31bd6ad2011e36133a1',
  'nep141:eth.omft.near',
  'nep141:sol.omft.near',
] as const;

const LONG_DEADLINE_MS = 120_000;

type Assets = { readonly in: string; readonly out: string; readonly direction: MadeRequest['direction'] };
type Size = { readonly eurE4: number; readonly isOrdinary: boolean };

const share = (prng: Prng, perThousand: number): boolean => prng.chance(perThousand, 1000);

function foreignPair(prng: Prng): Assets {
  const one = prng.pick(FOREIGN);
  const other = prng.pick<string>([...FOREIGN, BTC.id, EURE.id, BTC.id]);
  return prng.chance(1, 2) ? { in: one, out: other, direction: null } : { in: other, out: one, direction: null };
}

function ownPair(prng: Prng): Assets {
  return prng.chance(1, 2)
    ? { in: BTC.id, out: EURE.id, direction: 'BTC->EURe' }
    : { in: EURE.id, out: BTC.id, direction: 'EURe->BTC' };
}

/** Value in EUR times 10^4: mostly 1 to 4.5, some beyond the default largest notional of 5, a few next to nothing. */
function sizeOf(prng: Prng): Size {
  if (share(prng, MIX.large)) return { eurE4: prng.between(55_000, 600_000), isOrdinary: false };
  if (share(prng, MIX.tiny)) return { eurE4: prng.between(5, 500), isOrdinary: false };
  return { eurE4: prng.between(10_000, 45_000), isOrdinary: true };
}

/** Units of an asset worth so much, floored; foreign assets get EURe's scale, since nobody prices them. */
function unitsOf(asset: string, eurE4: number, priceE1: bigint, prng: Prng): bigint {
  if (asset === BTC.id) return (BigInt(eurE4) * 100_000n) / priceE1;
  // Amounts in EURe are seldom round: the lower digits are filled.
  return BigInt(eurE4) * 10n ** 14n + BigInt(prng.below(1_000_000_000)) * 100_000n;
}

function uuid(prng: Prng): string {
  const variant = prng.pick(['8', '9', 'a', 'b']);
  return `${prng.hex(8)}-${prng.hex(4)}-4${prng.hex(3)}-${variant}${prng.hex(3)}-${prng.hex(12)}`;
}

function deadlineOf(prng: Prng): number {
  if (share(prng, MIX.longDeadline)) return LONG_DEADLINE_MS;
  return share(prng, MIX.shortDeadline) ? prng.pick([30_000, 45_000]) : 60_000;
}

const SUBSCRIPTION = '00000000-0000-0000-0000-000000000000';

/** The venue's frame: shape A nests the request and adds metadata, shape B lays it flat and has none. */
export function quoteFrame(request: object, metadata: object | null): string {
  return metadata === null
    ? JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: { subscription: SUBSCRIPTION, ...request } })
    : JSON.stringify({
        jsonrpc: '2.0',
        method: 'event',
        params: { subscription: SUBSCRIPTION, data: request, metadata },
      });
}

function metadataOf(prng: Prng, isRouterLeg: boolean, askedAtMs: number): object {
  const partner = isRouterLeg ? 'router-solver' : prng.pick(['1click', '1click', '1click', 'partner-wallet', null]);
  return {
    traceparent: `00-${prng.hex(32)}-${prng.hex(16)}-01`,
    ...(partner === null ? {} : { partner_id: partner }),
    // The relay stamps a request a few milliseconds before a solver hears it.
    quote_timestamp: askedAtMs - prng.between(2, 15),
  };
}

/** One request at a moment of the tape. */
export function makeRequest(atMs: number, startedAtMs: number, priceE1At: PriceAt, prng: Prng): MadeRequest {
  const assets = share(prng, MIX.foreignPair) ? foreignPair(prng) : ownPair(prng);
  const kind: RequestKind = prng.chance(1, 2) ? 'exact_in' : 'exact_out';
  const size = sizeOf(prng);
  const isRouterLeg = share(prng, MIX.routerLeg);
  const deadlineMs = deadlineOf(prng);
  const fixed = kind === 'exact_in' ? assets.in : assets.out;
  const amount = unitsOf(fixed, size.eurE4, priceE1At(atMs), prng).toString();
  const request = {
    quote_id: uuid(prng),
    defuse_asset_identifier_in: assets.in,
    defuse_asset_identifier_out: assets.out,
    [kind === 'exact_in' ? 'exact_amount_in' : 'exact_amount_out']: amount,
    min_deadline_ms: deadlineMs,
    ...(isRouterLeg
      ? { min_wait_ms: 1, max_wait_ms: 1000, protocol_fee_included: true }
      : { min_wait_ms: 1900, max_wait_ms: 3000 }),
  };
  // Router legs carry their mark in either shape, but only shape A says who asks.
  const metadata = share(prng, MIX.shapeB) ? null : metadataOf(prng, isRouterLeg, startedAtMs + atMs);
  return {
    atMs,
    text: quoteFrame(request, metadata),
    direction: assets.direction,
    kind,
    isAnswerable: assets.direction !== null && size.isOrdinary && deadlineMs < LONG_DEADLINE_MS && amount !== '0',
    isRouterLeg,
  };
}

/** Moments of requests: bursts with pauses, about one and a half a second over all. */
export function requestTimes(durationMs: number, prng: Prng): readonly number[] {
  const times: number[] = [];
  let atMs = prng.between(300, 600);
  while (atMs < durationMs) {
    for (let left = prng.between(1, 8); left > 0 && atMs < durationMs; left -= 1) {
      times.push(atMs);
      atMs += prng.between(10, 350);
    }
    atMs += prng.chance(1, 20) ? prng.between(6000, 12_000) : prng.between(400, 3200);
  }
  return times;
}
