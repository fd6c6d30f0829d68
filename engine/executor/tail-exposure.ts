// What signed quotes can still do to us when nothing more is signed: by lane, how many can settle, worth how much, and until when. At
// most one quote of a nonce settles, so a lane counts with the maximum.

import { type EurE18, eurE18, renderScaled } from '../../contracts/amounts.ts';
import type { TailExposure } from '../../contracts/control/trading-state.ts';
import type { NonceText } from '../../contracts/ids.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';

/** A nonce as the inventory shows it. */
type SettleableNonce = {
  readonly asset: string;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly liveQuotes: number;
  readonly reservedUnits: bigint;
  readonly used: boolean;
  readonly pull: object | null;
  /** No quote under it can settle after this; Infinity: not known yet, as after a crash. */
  readonly settlesUntilMs: number;
};

type TailSources = {
  readonly book: { nonces(): readonly SettleableNonce[] };
  /** What may settle under the nonce, in EUR at signing. */
  readonly openUnder: (nonce: NonceText) => bigint;
};

export function tailExposure({ book, openUnder }: TailSources): TailExposure {
  const open = book.nonces().filter(({ used, reservedUnits }) => !used && reservedUnits > 0n);
  const eurOf = ({ nonce }: SettleableNonce): EurE18 => eurE18(openUnder(nonce));
  const untilMs = open.reduce((latest, { settlesUntilMs }) => Math.max(latest, settlesUntilMs), 0);
  return {
    quotes: open.reduce((sum, { liveQuotes }) => sum + liveQuotes, 0),
    at_most_eur: renderScaled(
      open.reduce((sum, nonce) => sum + eurOf(nonce), 0n),
      18,
    ),
    until: open.length === 0 ? null : knownTime(untilMs),
    lanes: open.map((nonce) => ({
      asset: nonce.asset,
      lane: nonce.lane,
      nonce: nonce.nonce,
      quotes: nonce.liveQuotes,
      at_most: nonce.reservedUnits.toString(),
      at_most_eur: renderScaled(eurOf(nonce), 18),
      until: knownTime(nonce.settlesUntilMs),
      being_withdrawn: nonce.pull !== null,
    })),
  };
}

const knownTime = (ms: number): string | null => isoTimeOrNull(Number.isFinite(ms) ? ms : null);
