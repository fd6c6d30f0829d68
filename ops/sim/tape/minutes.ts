// Kraken's minutes as the data file has them, and the trades that one minute is spread into. Pure.
// A minute only says open, high, low, close, volume and number of trades; the way between is made up: open, then both
// extremes, then close, in as many trades as there were.

import { parseScaled } from '../kraken/decimal.ts';
import type { Prng } from './prng.ts';

export type Minute = {
  readonly startS: number;
  readonly openE1: bigint;
  readonly highE1: bigint;
  readonly lowE1: bigint;
  readonly closeE1: bigint;
  readonly volumeE8: bigint;
  readonly trades: number;
};

export type Minutes =
  | { readonly ok: true; readonly minutes: readonly Minute[] }
  | { readonly ok: false; readonly reason: string };

const COLUMNS = 'unix_s,open,high,low,close,volume_btc,trades';

function readRow(line: string): Minute | null {
  const [startS = '', open = '', high = '', low = '', close = '', volume = '', trades = ''] = line.split(',');
  const prices = [open, high, low, close].map((text) => parseScaled(text, 1));
  const [openE1, highE1, lowE1, closeE1] = prices.map((read) => (read.ok ? read.value : null));
  const volumeE8 = parseScaled(volume, 8);
  if (openE1 == null || highE1 == null || lowE1 == null || closeE1 == null || !volumeE8.ok) return null;
  if (!/^[0-9]+$/.test(startS) || !/^[0-9]+$/.test(trades)) return null;
  return { startS: Number(startS), openE1, highE1, lowE1, closeE1, volumeE8: volumeE8.value, trades: Number(trades) };
}

/** Reads the data file; names the first line that is not a minute. */
export function readMinutes(csv: string): Minutes {
  const [head, ...lines] = csv.trimEnd().split('\n');
  if (head !== COLUMNS) return { ok: false, reason: `the first line is not "${COLUMNS}"` };
  const minutes: Minute[] = [];
  for (const [index, line] of lines.entries()) {
    const minute = readRow(line);
    if (minute === null) return { ok: false, reason: `line ${index + 2} is not a minute: "${line}"` };
    minutes.push(minute);
  }
  return { ok: true, minutes };
}

/** `afterMs` counts from the minute's start. */
export type Trade = { readonly afterMs: number; readonly priceE1: bigint; readonly qtyE8: bigint };

/** Open, the extremes in the order that makes the shorter way, close. */
function waypoints({ openE1, highE1, lowE1, closeE1 }: Minute): readonly bigint[] {
  return closeE1 >= openE1 ? [openE1, lowE1, highE1, closeE1] : [openE1, highE1, lowE1, closeE1];
}

/** Point `index` of `count` on the way, which passes each waypoint exactly; in between rounded towards the start. */
function onTheWay(points: readonly bigint[], index: number, count: number): bigint {
  const legs = points.length - 1;
  // Trade number of each waypoint, so that every one of them is hit by a trade.
  const at = (leg: number): number => Math.floor((leg * (count - 1)) / legs);
  let leg = 0;
  while (leg < legs - 1 && index > at(leg + 1)) leg += 1;
  const from = points[leg] ?? 0n;
  const to = points[leg + 1] ?? from;
  const span = at(leg + 1) - at(leg);
  return span === 0 ? to : from + ((to - from) * BigInt(index - at(leg))) / BigInt(span);
}

/**
 * The trades of a minute: as many as there were (at least four, so that the four prices fit), at random moments, with
 * the minute's volume shared out evenly and the remainder on the last.
 */
export function tradesOf(minute: Minute, prng: Prng): readonly Trade[] {
  const count = Math.max(minute.trades, 4);
  const moments = Array.from({ length: count }, () => prng.below(60_000)).sort((a, b) => a - b);
  const points = waypoints(minute);
  const share = minute.volumeE8 / BigInt(count);
  return moments.map((afterMs, index) => {
    const isKey = [0, 1, 2, 3].some((leg) => Math.floor((leg * (count - 1)) / 3) === index);
    const straightE1 = onTheWay(points, index, count);
    // A few ticks of jitter between the waypoints, never beyond the minute's extremes.
    const jitteredE1 = isKey ? straightE1 : straightE1 + BigInt(prng.between(-30, 30));
    const priceE1 = jitteredE1 < minute.lowE1 ? minute.lowE1 : jitteredE1 > minute.highE1 ? minute.highE1 : jitteredE1;
    const qtyE8 = index === count - 1 ? minute.volumeE8 - share * BigInt(count - 1) : share;
    return { afterMs, priceE1, qtyE8 };
  });
}
