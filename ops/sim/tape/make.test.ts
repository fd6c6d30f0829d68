import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, DEFAULT_PAIR, directionOf, EURE } from '../../../contracts/assets.ts';
import { applyChanges, type Book, checksum, EMPTY_BOOK, faultOf, truncate } from '../kraken/book.ts';
import { readRecorded } from '../kraken/recorded.ts';
import { makeFromData, REPOSITORY_TAPE } from './make.ts';
import { readMinutes, tradesOf } from './minutes.ts';
import { seededPrng } from './prng.ts';
import { inspectTape, readTape } from './reader.ts';
import type { RelayFrame, TapeFrame } from './record.ts';
import { readRelayFrame } from './relay-frame.ts';

async function framesOf(path: string): Promise<TapeFrame[]> {
  const frames: TapeFrame[] = [];
  for await (const read of readTape(path)) if (read.kind === 'frame') frames.push(read.frame);
  return frames;
}

const frames = await framesOf(REPOSITORY_TAPE.path);
const relay = frames.filter((frame): frame is RelayFrame => frame.kind === 'relay');
const asked = relay.flatMap((frame) => {
  const act = readRelayFrame(frame.text);
  if (act.kind !== 'ask') return [];
  const { request } = act;
  const direction = directionOf(DEFAULT_PAIR, request.defuse_asset_identifier_in, request.defuse_asset_identifier_out);
  const isIn = request.exact_amount_in !== undefined;
  const kind = isIn ? (request.exact_amount_out === undefined ? 'exact_in' : 'both') : 'exact_out';
  const fixed = isIn ? request.defuse_asset_identifier_in : request.defuse_asset_identifier_out;
  const units = BigInt((isIn ? request.exact_amount_in : request.exact_amount_out) ?? 0);
  return [{ frame, ...act, direction, kind, fixed, units, isTaken: frame.take_after_ms !== undefined }];
});
const own = asked.filter((each) => each.direction !== null && each.kind !== 'both');
const taken = asked.filter((each) => each.isTaken);

const share = (part: number, whole: number): number => part / whole;

/** Value in cents, at 38,900 EUR: exact enough to tell sizes apart. */
const centsOf = (fixed: string, units: bigint): number =>
  Number(fixed === BTC.id ? (units * 3_890_000n) / 10n ** 8n : units / 10n ** 16n);

describe('the tape of the repository', () => {
  test('comes out of the script again, frame for frame', async () => {
    const made = await makeFromData(REPOSITORY_TAPE);
    expect(frames).toEqual([...made.frames]);
    expect(await inspectTape(REPOSITORY_TAPE.path)).toMatchObject({
      ok: true,
      summary: { header: made.header, durationMs: made.durationMs },
    });
  });

  test('is ten minutes long and less than 2 MB', () => {
    expect(Bun.file(REPOSITORY_TAPE.path).size).toBeLessThan(2_000_000);
    expect(frames.at(-1)?.at_ms).toBeGreaterThan(590_000);
    expect(frames.at(-1)?.at_ms).toBeLessThan(600_000);
  });

  test('has one to three requests a second, in bursts with pauses', () => {
    expect(relay.length).toBeGreaterThan(600);
    expect(relay.length).toBeLessThan(1800);
    const gaps = relay.slice(1).map((frame, index) => frame.at_ms - (relay[index]?.at_ms ?? 0));
    expect(share(gaps.filter((gap) => gap < 400).length, gaps.length)).toBeGreaterThan(0.5);
    expect(gaps.some((gap) => gap > 5000)).toBe(true);
  });

  test('asks both kinds in both directions, in both shapes, in fair shares', () => {
    for (const direction of ['BTC->EURe', 'EURe->BTC'] as const) {
      for (const kind of ['exact_in', 'exact_out']) {
        for (const shape of ['event', 'subscribe']) {
          const count = own.filter(
            (each) => each.direction === direction && each.kind === kind && each.shape === shape,
          );
          expect(share(count.length, own.length)).toBeGreaterThan(shape === 'event' ? 0.15 : 0.025);
        }
      }
    }
  });

  test('asks for other pairs too, some with one of our assets', () => {
    const foreign = asked.filter((each) => each.direction === null);
    expect(share(foreign.length, asked.length)).toBeGreaterThan(0.15);
    expect(share(foreign.length, asked.length)).toBeLessThan(0.3);
    const ours: readonly string[] = [BTC.id, EURE.id];
    expect(foreign.some((each) => ours.includes(each.request.defuse_asset_identifier_in))).toBe(true);
  });

  test('asks mostly for 1 to 4.5 EUR, at times for more than 5, a few times for next to nothing', () => {
    const cents = own.map((each) => centsOf(each.fixed, each.units));
    const between = (low: number, high: number) => cents.filter((value) => value >= low && value <= high).length;
    expect(share(between(98, 455), cents.length)).toBeGreaterThan(0.8);
    expect(between(500, 10_000)).toBeGreaterThanOrEqual(20);
    expect(between(0, 10)).toBeGreaterThanOrEqual(5);
  });

  test('has deadlines too long, router legs, partners', () => {
    const count = (isSo: (each: (typeof own)[number]) => boolean): number => own.filter(isSo).length;
    expect(count((each) => each.request.min_deadline_ms === 120_000)).toBeGreaterThanOrEqual(3);
    expect(count((each) => each.request.min_deadline_ms === 60_000)).toBeGreaterThan(own.length / 2);
    expect(
      count((each) => each.request.protocol_fee_included === true && each.request.min_wait_ms === 1),
    ).toBeGreaterThan(30);
    expect(count((each) => each.metadata?.partner_id === '1click')).toBeGreaterThan(100);
    expect(count((each) => each.metadata?.partner_id === 'router-solver')).toBeGreaterThan(20);
    expect(count((each) => each.shape === 'event' && each.metadata?.partner_id === undefined)).toBeGreaterThan(20);
  });

  test('has one repeated quote id, one request that fixes both sides, one frame of garbage', () => {
    const ids = asked.map((each) => each.request.quote_id);
    expect(ids.length - new Set(ids).size).toBe(1);
    expect(asked.filter((each) => each.kind === 'both')).toHaveLength(1);
    expect(relay.filter((frame) => readRelayFrame(frame.text).kind === 'raw')).toHaveLength(1);
  });

  test('flags about 8 % to be taken, each in reach of the default limits, evenly spread', () => {
    expect(share(taken.length, relay.length)).toBeGreaterThan(0.07);
    expect(share(taken.length, relay.length)).toBeLessThan(0.09);
    for (const each of taken) {
      expect(each.direction).not.toBeNull();
      expect(each.request.min_deadline_ms).toBeLessThanOrEqual(60_000);
      expect(centsOf(each.fixed, each.units)).toBeLessThan(470);
      // Within the life of the quote: the deadline that is asked for, and what a solver adds.
      expect(each.frame.take_after_ms ?? 0).toBeLessThan(each.request.min_deadline_ms + 10_000);
    }
    for (let minute = 0; minute < 10; minute += 1) {
      const count = taken.filter((each) => Math.floor(each.frame.at_ms / 60_000) === minute).length;
      expect(count).toBeGreaterThanOrEqual(4);
    }
  });

  test('both directions and both kinds are taken within the first minute', () => {
    const early = taken.filter((each) => each.frame.at_ms + (each.frame.take_after_ms ?? 0) < 60_000);
    const ways = new Set(early.map((each) => `${each.direction} ${each.kind}`));
    expect([...ways].sort()).toEqual([
      'BTC->EURe exact_in',
      'BTC->EURe exact_out',
      'EURe->BTC exact_in',
      'EURe->BTC exact_out',
    ]);
  });

  test("the book on it is sound, its checksums hold, and it stays within each minute's real extremes", async () => {
    const read = readMinutes(
      await Bun.file(`${import.meta.dirname}/data/kraken-btceur-1m-20210810-20210811.csv`).text(),
    );
    const minutes = read.ok ? read.minutes.filter((minute) => minute.startS >= REPOSITORY_TAPE.startS) : [];
    let book: Book = EMPTY_BOOK;
    let lastBookAtMs = 0;
    for (const frame of frames) {
      if (frame.kind !== 'kraken') continue;
      const seen = readRecorded(frame.text);
      expect(seen.kind).not.toBe('unreadable');
      if (seen.kind === 'ticker') {
        const minute = minutes[Math.floor(frame.at_ms / 60_000)];
        expect(seen.stats.lastE1).toBeGreaterThanOrEqual(minute?.lowE1 ?? 0n);
        expect(seen.stats.lastE1).toBeLessThanOrEqual(minute?.highE1 ?? 0n);
      }
      if (seen.kind !== 'snapshot' && seen.kind !== 'update') continue;
      book = truncate(applyChanges(book, seen.levels), 25);
      expect(faultOf(book)).toBeNull();
      expect(checksum(book, (text) => Bun.hash.crc32(text))).toBe(JSON.parse(frame.text).data[0].checksum);
      expect(frame.at_ms - lastBookAtMs).toBeLessThan(3000);
      lastBookAtMs = frame.at_ms;
    }
    const kinds = new Set(
      frames.map((frame) => (frame.kind === 'kraken' ? readRecorded(frame.text).kind : frame.kind)),
    );
    expect([...kinds].sort()).toEqual(['coingecko', 'ignored', 'relay', 'snapshot', 'ticker', 'update']);
  });
});

describe('minutes', () => {
  test('the trades of a minute are as many as there were, touch its four prices, stay between its extremes', () => {
    const price = fc.bigInt(380_000n, 400_000n);
    fc.assert(
      fc.property(
        price,
        price,
        price,
        price,
        fc.integer({ min: 4, max: 200 }),
        fc.nat(),
        (a, b, c, d, trades, seed) => {
          const sorted = [a, b, c, d].sort((x, y) => Number(x - y));
          const [lowE1 = 0n, openE1 = 0n, closeE1 = 0n, highE1 = 0n] = sorted;
          const minute = { startS: 0, openE1, highE1, lowE1, closeE1, volumeE8: 12_345_678n, trades };
          const made = tradesOf(minute, seededPrng(seed));
          expect(made).toHaveLength(trades);
          expect(made[0]?.priceE1).toBe(openE1);
          expect(made.at(-1)?.priceE1).toBe(closeE1);
          const prices = made.map((trade) => trade.priceE1);
          expect(prices).toContain(lowE1);
          expect(prices).toContain(highE1);
          expect(prices.every((each) => each >= lowE1 && each <= highE1)).toBe(true);
          expect(made.reduce((sum, trade) => sum + trade.qtyE8, 0n)).toBe(12_345_678n);
        },
      ),
    );
  });

  test('a data file that is not one is named', () => {
    expect(readMinutes('a,b\n')).toMatchObject({ ok: false });
    expect(readMinutes('unix_s,open,high,low,close,volume_btc,trades\n1,2,3,x,5,6,7\n')).toEqual({
      ok: false,
      reason: 'line 2 is not a minute: "1,2,3,x,5,6,7"',
    });
  });
});

test('the generator of numbers repeats itself for a seed and stays in range', () => {
  const draw = (seed: number): string => {
    const prng = seededPrng(seed);
    return `${prng.hex(32)} ${prng.below(1000)} ${prng.between(-3, 3)}`;
  };
  expect(draw(1)).toBe(draw(1));
  expect(draw(1)).not.toBe(draw(2));
  const prng = seededPrng(7);
  const drawn = Array.from({ length: 4000 }, () => prng.below(4));
  for (const value of [0, 1, 2, 3]) {
    const count = drawn.filter((each) => each === value).length;
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1150);
  }
  expect(new Set(Array.from({ length: 200 }, () => prng.pick([null, 'a'])))).toEqual(new Set([null, 'a']));
});
