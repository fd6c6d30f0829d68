// What could have settled, at every moment of a run, held against what the account had in the verifier. Pure.
// Of all answers under one nonce at most one can settle, so a nonce exposes the maximum of its answers that is neither past
// its deadline nor under a used nonce; an asset is exposed by the sum over its nonces. An answer counts from the moment at
// which the venue got it, whatever the venue said to it: who holds a signed payload may execute it.

export type VenueEvent =
  | {
      readonly kind: 'answered';
      readonly atMs: number;
      readonly quoteId: string;
      readonly nonceHex: string;
      /** What we would pay. */
      readonly assetOut: string;
      readonly amountOutUnits: bigint;
      readonly deadlineMs: number;
    }
  | {
      readonly kind: 'settled';
      readonly atMs: number;
      readonly nonceHex: string;
      /** What the account holds from here on, by asset. */
      readonly balances: Readonly<Record<string, bigint>>;
    };

type Excess = {
  readonly atMs: number;
  readonly asset: string;
  readonly exposedUnits: bigint;
  readonly balanceUnits: bigint;
};

export type Exposure = {
  /** Every moment at which more could have settled than was there; empty when all was well. */
  readonly excesses: readonly Excess[];
  /** The maximum share of the balance that was exposed at any moment, by asset, in percent rounded down. */
  readonly worstPct: Readonly<Record<string, number>>;
};

export type OpenPromises = {
  answered(event: VenueEvent & { readonly kind: 'answered' }): void;
  used(nonceHex: string): void;
  /** Units that could settle at that time, by asset. Time only moves on: what is over is forgotten. */
  exposedAt(atMs: number): ReadonlyMap<string, bigint>;
};

type Promised = { readonly amountUnits: bigint; readonly deadlineMs: number };

/** The answers that can still settle, from none on. */
export function openPromises(): OpenPromises {
  const used = new Set<string>();
  const open = new Map<string, Map<string, Promised[]>>();
  return {
    answered({ nonceHex, assetOut, amountOutUnits: amountUnits, deadlineMs }) {
      if (used.has(nonceHex)) return;
      const byNonce = open.get(assetOut) ?? new Map<string, Promised[]>();
      open.set(assetOut, byNonce);
      const promised = byNonce.get(nonceHex) ?? [];
      byNonce.set(nonceHex, promised);
      promised.push({ amountUnits, deadlineMs });
    },
    used(nonceHex) {
      used.add(nonceHex);
      for (const byNonce of open.values()) byNonce.delete(nonceHex);
    },
    exposedAt: (atMs) => new Map([...open].map(([asset, byNonce]) => [asset, largestOfEach(byNonce, atMs)])),
  };
}

/** @param events in the order in which the venue saw them */
export function exposureOf(events: readonly VenueEvent[], before: Readonly<Record<string, bigint>>): Exposure {
  let balances = before;
  const promises = openPromises();
  const excesses: Excess[] = [];
  const worstPct: Record<string, number> = {};

  for (const event of events) {
    if (event.kind === 'settled') {
      promises.used(event.nonceHex);
      balances = event.balances;
    } else promises.answered(event);
    for (const [asset, exposedUnits] of promises.exposedAt(event.atMs)) {
      const balanceUnits = balances[asset] ?? 0n;
      if (exposedUnits > balanceUnits) excesses.push({ atMs: event.atMs, asset, exposedUnits, balanceUnits });
      const pct = balanceUnits > 0n ? Number((100n * exposedUnits) / balanceUnits) : 0;
      worstPct[asset] = Math.max(worstPct[asset] ?? 0, pct);
    }
  }
  return { excesses, worstPct };
}

/** At its deadline an answer still settles. */
function largestOfEach(byNonce: Map<string, Promised[]>, atMs: number): bigint {
  let sum = 0n;
  for (const [nonceHex, promised] of byNonce) {
    const live = promised.filter(({ deadlineMs }) => deadlineMs >= atMs);
    byNonce.set(nonceHex, live);
    let largest = 0n;
    for (const { amountUnits } of live) if (amountUnits > largest) largest = amountUnits;
    sum += largest;
  }
  return sum;
}
