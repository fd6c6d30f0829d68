// Makes a tape out of minutes of the market and a seed. Pure: the same input gives the same frames.

import { PAIR } from '../../../contracts/assets.ts';
import type { Crc32 } from '../kraken/book.ts';
import type { Minute } from './minutes.ts';
import { priceTrack } from './prices.ts';
import { type Prng, seededPrng } from './prng.ts';
import { type RelayFrame, TAPE_FORMAT, TAPE_VERSION, type TapeFrame, type TapeHeader } from './record.ts';
import { type MadeRequest, makeRequest, requestTimes } from './requests.ts';

export type MadeTape = {
  readonly header: TapeHeader;
  readonly frames: readonly TapeFrame[];
  readonly durationMs: number;
};

/** Share of the requests that are taken, in a thousand. */
const TAKEN_PER_THOUSAND = 80;

/** So that the taken ones of any stretch show every way in which a quote can be. */
const TURNS = [
  { direction: 'BTC->EURe', kind: 'exact_in' },
  { direction: 'EURe->BTC', kind: 'exact_in' },
  { direction: 'BTC->EURe', kind: 'exact_out' },
  { direction: 'EURe->BTC', kind: 'exact_out' },
] as const;

/** Spreads the taken ones evenly over the tape, each the next of its turn; gives request index to delay. */
function chooseTaken(requests: readonly MadeRequest[], durationMs: number, prng: Prng): ReadonlyMap<number, number> {
  const taken = new Map<number, number>();
  const wanted = Math.round((requests.length * TAKEN_PER_THOUSAND) / 1000);
  for (let turn = 0; turn < wanted; turn += 1) {
    const want = TURNS[turn % TURNS.length];
    const fromMs = (turn * durationMs) / wanted;
    const index = requests.findIndex(
      (request, at) =>
        !taken.has(at) &&
        request.atMs >= fromMs &&
        request.isAnswerable &&
        // The first ones are what a short demo shows; a router's window is too tight to count on.
        !(request.isRouterLeg && turn < 2 * TURNS.length) &&
        request.direction === want?.direction &&
        request.kind === want.kind,
    );
    const delayMs = prng.chance(1, 6) ? prng.between(8000, 30_000) : prng.between(400, 5000);
    if (index !== -1) taken.set(index, delayMs);
  }
  return taken;
}

/** A request that fixes both sides: it looks like the first ordinary one of the own pair, with a name of its own. */
function bothSidesFixed(model: MadeRequest, prng: Prng): string {
  const otherSide = model.kind === 'exact_in' ? 'exact_amount_out' : 'exact_amount_in';
  return model.text
    .replace(/"quote_id":"[^"]+"/, `"quote_id":"${prng.hex(8)}-0000-4000-8000-${prng.hex(12)}"`)
    .replace('"min_deadline_ms"', `"${otherSide}":"2000000000000000000","min_deadline_ms"`);
}

/** The three odd frames: a quote id heard again, both sides fixed, and text that is not JSON. */
function oddFrames(requests: readonly MadeRequest[], prng: Prng): RelayFrame[] {
  const own = requests.filter((request) => request.isAnswerable);
  const repeated = own[Math.floor(own.length / 5)];
  const model = own[Math.floor(own.length / 3)];
  const broken = own[Math.floor(own.length / 2)];
  if (repeated === undefined || model === undefined || broken === undefined) return [];
  return [
    { kind: 'relay', at_ms: repeated.atMs + 1500, text: repeated.text },
    { kind: 'relay', at_ms: model.atMs + 700, text: bothSidesFixed(model, prng) },
    { kind: 'relay', at_ms: broken.atMs + 40, text: broken.text.slice(0, Math.floor(broken.text.length / 2)) },
  ];
}

/** @param minutes the stretch of the market that the tape follows, without a gap */
export function makeTape(minutes: readonly Minute[], seed: number, madeFrom: string, crc32: Crc32): MadeTape {
  const prng = seededPrng(seed);
  const startedAtMs = (minutes[0]?.startS ?? 0) * 1000;
  const durationMs = minutes.length * 60_000;
  const prices = priceTrack(minutes, startedAtMs, prng, crc32);
  const requests = requestTimes(durationMs, prng).map((atMs) => makeRequest(atMs, startedAtMs, prices.priceE1At, prng));
  const taken = chooseTaken(requests, durationMs, prng);
  const relay = requests.map(({ atMs, text }, index): RelayFrame => {
    const takeAfterMs = taken.get(index);
    const frame = { kind: 'relay', at_ms: atMs, text } as const;
    return takeAfterMs === undefined ? frame : { ...frame, take_after_ms: takeAfterMs };
  });
  // Sorting keeps the order of equals, so at one moment prices come before the requests that they answer.
  const frames = [...prices.frames, ...relay, ...oddFrames(requests, prng)]
    .filter((frame) => frame.at_ms < durationMs)
    .sort((a, b) => a.at_ms - b.at_ms);
  const header: TapeHeader = {
    kind: 'header',
    format: TAPE_FORMAT,
    version: TAPE_VERSION,
    made_from: madeFrom,
    started_at_ms: startedAtMs,
    pair: PAIR,
    description: `${minutes.length} minutes: prices follow Kraken's real minutes, requests are made up (seed ${seed})`,
  };
  return { header, frames, durationMs };
}
