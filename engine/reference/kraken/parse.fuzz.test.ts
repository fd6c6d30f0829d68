import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { PriceE8 } from '../../../contracts/amounts.ts';
import { isoTime, parseIsoTime } from '../../../contracts/time.ts';
import { type KrakenLevel as KrakenWireLevel, krakenReviver } from '../../../contracts/wire/kraken.ts';
import { FUZZ, mutatedText } from '../../../ops/testing/mutated.ts';
import { wirePayload, wirePayloads } from '../../../ops/testing/wire.ts';
import { applyUpdate, checksumOf, type KrakenBook } from './book.ts';
import { type KrakenFrame, type KrakenLevel, parseKraken } from './parse.ts';

const crc32 = (text: string): number => Bun.hash.crc32(text);
const DEPTH = 25;

/** As if each frame were about our market. */
const asOurs = (text: string): string => text.replace(/"(?:BTC\/USD|USDG\/USD)"/, '"BTC/EUR"');
const frames = [...wirePayloads('kraken').values()].map(asOurs);
const anyFrame = mutatedText(frames);

const E8_MAX = 21_000_000n * 10n ** 8n;
const PRICE_E8_MAX = 10n ** 17n;

function expectTime(ms: number | null): void {
  if (ms !== null) expect(parseIsoTime(isoTime(ms))).toBe(ms);
}

function expectSound(frame: KrakenFrame): void {
  switch (frame.kind) {
    case 'book':
      for (const { bids, asks, checksum, venueTimeMs } of frame.updates) {
        for (const { priceE8, quantityE8, digits } of [...bids, ...asks]) {
          expect(priceE8 > 0n && priceE8 <= PRICE_E8_MAX && quantityE8 >= 0n && quantityE8 <= E8_MAX).toBe(true);
          expect(digits).toMatch(/^[0-9]{1,140}$/);
        }
        expect(Number.isInteger(checksum) && checksum >= 0 && checksum < 2 ** 32).toBe(true);
        expectTime(venueTimeMs);
      }
      return;
    case 'ticker':
      expect(frame.top.bidE8 > 0n && frame.top.bidE8 < frame.top.askE8).toBe(true);
      expectTime(frame.venueTimeMs);
      return;
    case 'subscribed':
      for (const text of [frame.channel, ...frame.warnings]) expectText(text);
      return;
    case 'error':
    case 'subscribe_refused':
      expectText(frame.error);
  }
}

function expectText(text: string): void {
  expect(text.isWellFormed()).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(300);
}

test('each known frame is what it is', () => {
  const kinds = [...wirePayloads('kraken')].map(([name, text]) => {
    const parse = parseKraken(asOurs(text));
    return [name, parse.ok ? parse.frame.kind : parse.reason];
  });
  expect(Object.fromEntries(kinds)).toEqual({
    'book-snapshot': 'book',
    'book-snapshot-captured': 'book',
    'book-update': 'book',
    'error-rate': 'error',
    heartbeat: 'heartbeat',
    pong: 'ignored',
    refused: 'subscribe_refused',
    status: 'status',
    'status-maintenance': 'status',
    'subscribed-book': 'subscribed',
    'subscribed-ticker': 'subscribed',
    'ticker-snapshot': 'ticker',
    'ticker-update': 'ticker',
    unsubscribed: 'unsubscribed',
  });
});

test('a captured snapshot fits its own checksum, with the digits of its market', () => {
  // Its prices have other precisions than ours, so the digits are taken as they are.
  const { data } = JSON.parse(wirePayload('kraken/book-snapshot-captured'), krakenReviver);
  const side = (levels: readonly KrakenWireLevel[]): KrakenLevel[] =>
    levels.map(({ price, qty }) => {
      const digits = [price, qty].map((text) => text.replace('.', '').replace(/^0+/, '')).join('');
      return { priceE8: 1n as PriceE8, quantityE8: 1n, digits };
    });
  expect(checksumOf({ bids: side(data[0].bids), asks: side(data[0].asks) }, crc32)).toBe(data[0].checksum);
});

test.each(['0000-01-01T00:00:00+23:59', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59Z', '2026-02-31T99:00:00Z'])(
  'a time of %p cannot be read',
  (time) => {
    const text = wirePayload('kraken/ticker-snapshot').replace(/"timestamp":"[^"]*"/, `"timestamp":"${time}"`);
    expect(parseKraken(text)).toMatchObject({ ok: false, reason: 'ticker frame has a time that cannot be read' });
  },
);

test('any frame gives a sound value or a named reason', () => {
  fc.assert(
    fc.property(anyFrame, (text) => {
      const parse = parseKraken(text);
      if (parse.ok) expectSound(parse.frame);
      else expectText(parse.reason);
    }),
    FUZZ,
  );
});

test('any series of frames keeps a sorted book of the depth that fits the checksum of its last update', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 12 }), (texts) => {
      let book: KrakenBook | null = null;
      for (const text of texts) {
        const parse = parseKraken(text);
        if (!parse.ok || parse.frame.kind !== 'book') continue;
        for (const update of parse.frame.updates) {
          const outcome = applyUpdate(book, update, { depth: DEPTH, crc32 });
          if (!outcome.ok) {
            book = null;
            continue;
          }
          ({ book } = outcome);
          expect(checksumOf(book, crc32)).toBe(update.checksum);
          for (const side of [book.bids, [...book.asks].reverse()]) {
            expect(side.length).toBeLessThanOrEqual(DEPTH);
            for (const [at, level] of side.entries()) {
              expect(level.quantityE8 > 0n).toBe(true);
              if (at > 0) expect(level.priceE8 < (side[at - 1]?.priceE8 ?? 0n)).toBe(true);
            }
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
