import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  applyChanges,
  type Book,
  changesBetween,
  EMPTY_BOOK,
  checksum as simChecksum,
  truncate,
} from '../../../ops/sim/kraken/book.ts';
import { bookFrame } from '../../../ops/sim/kraken/frames.ts';
import { wirePayload } from '../../../ops/testing/wire.ts';
import { exactE8, exactPriceE8, positiveE8, withoutExponent } from '../decimal.ts';
import { applyUpdate, checksumOf, type KrakenBook } from './book.ts';
import { type BookUpdate, parseKraken } from './parse.ts';

const crc32 = (text: string): number => Bun.hash.crc32(text);

function frameOf(text: string) {
  const parse = parseKraken(text);
  if (!parse.ok) throw new Error(parse.reason);
  return parse.frame;
}

function updateOf(text: string): BookUpdate {
  const frame = frameOf(text);
  const update = frame.kind === 'book' ? frame.updates[0] : undefined;
  if (update === undefined) throw new Error('the test needs a book frame');
  return update;
}

const book = (type: string, bids: string, asks: string, checksum: number | string = 0): string => {
  const levels = (text: string): string =>
    text === ''
      ? ''
      : text
          .split(' ')
          .map((pair) => `{"price":${pair.replace('/', ',"qty":')}}`)
          .join();
  return `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/EUR","bids":[${levels(bids)}],"asks":[${levels(asks)}],"checksum":${checksum}}]}`;
};

/** The worked example of Kraken's own guide to its book checksum, as if it were about our market. */
const GUIDE = wirePayload('kraken/book-snapshot').replace('BTC/USD', 'BTC/EUR');
const GUIDE_CHECKSUM = 3_310_070_434;

describe('numbers', () => {
  test.each([
    ['94750.0', 9_475_000_000_000n],
    ['0.00000001', 1n],
    ['1e-8', 1n],
    ['9.475E4', 9_475_000_000_000n],
    ['1.5e1', 1_500_000_000n],
    ['0', 0n],
    ['1e-9', null],
    ['0.000000001', null],
    ['-1', null],
    ['-1e1', null],
    ['-1.5E-2', null],
    ['1e400', null],
    ['NaN', null],
    ['', null],
    [1, null],
  ])('%p is exactly %p at 10^-8', (text, value) => {
    expect(exactE8(text)).toBe(value as never);
  });

  test.each([
    ['0', null],
    ['0.00000001', 1n],
    ['0.000000001', null],
    ['1000000000', 100_000_000_000_000_000n],
    ['1000000000.1', null],
    ['1e9', 100_000_000_000_000_000n],
    ['1e30', null],
    ['1e-30', null],
    [`0.${'0'.repeat(70)}1`, null],
    [`1${'0'.repeat(1_000_000)}`, null],
    [`1.${'0'.repeat(70)}`, null],
  ])('a price of %p', (text, value) => {
    expect(exactPriceE8(text)).toBe(value as never);
    const cut = positiveE8(text);
    expect(cut === null || (cut > 0n && cut <= 10n ** 17n)).toBe(true);
  });

  test('an outside price with more digits is cut, and must be above zero', () => {
    expect(positiveE8('94750.1234567899')).toBe(9_475_012_345_678n as never);
    expect(positiveE8('0.000000009')).toBeNull();
    expect(positiveE8('0')).toBeNull();
    expect(positiveE8('-1')).toBeNull();
  });

  test('writing an exponent out keeps the value to the digit', () => {
    const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?$/);
    fc.assert(
      fc.property(digits, fc.integer({ min: -30, max: 30 }), (text, exponent) => {
        const plain = withoutExponent(`${text}e${exponent}`) ?? '';
        const scaled = (value: string): bigint => {
          const [whole = '', fraction = ''] = value.split('.');
          return BigInt(whole + fraction.padEnd(60, '0'));
        };
        const [big, small] = exponent >= 0 ? [scaled(plain), scaled(text)] : [scaled(text), scaled(plain)];
        expect(big).toBe(small * 10n ** BigInt(Math.abs(exponent)));
      }),
    );
  });
});

describe('frames', () => {
  test('a book frame keeps value and digits of every level', () => {
    const update = updateOf(book('update', '94749.90/0.25000000', '', 7));
    expect(update).toEqual({
      isSnapshot: false,
      bids: [{ priceE8: 9_474_990_000_000n as never, quantityE8: 25_000_000n, digits: '947499025000000' }],
      asks: [],
      checksum: 7,
      venueTimeMs: null,
    });
  });

  test.each([
    [
      'a ticker',
      '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/EUR","bid":94749.9,"ask":94750.0,"timestamp":"2026-01-01T00:00:01.440295Z"}]}',
      {
        kind: 'ticker',
        top: { bidE8: 9_474_990_000_000n, askE8: 9_475_000_000_000n },
        venueTimeMs: Date.UTC(2026, 0, 1, 0, 0, 1, 440),
      },
    ],
    ['a heartbeat', '{"channel":"heartbeat"}', { kind: 'heartbeat' }],
    [
      'an open market',
      '{"channel":"status","type":"update","data":[{"system":"online","connection_id":13834774380200032777}]}',
      { kind: 'status', system: 'online' },
    ],
    [
      'a market in maintenance',
      '{"channel":"status","data":[{"system":"maintenance"}]}',
      { kind: 'status', system: 'maintenance' },
    ],
    [
      'a status that nobody knows',
      '{"channel":"status","data":[{"system":"limit_only"}]}',
      { kind: 'status', system: null },
    ],
    [
      'an acknowledgement',
      '{"method":"subscribe","success":true,"result":{"channel":"book","symbol":"BTC/EUR","depth":25,"warnings":["soon gone"]}}',
      { kind: 'subscribed', channel: 'book', warnings: ['soon gone'] },
    ],
    [
      'a refusal',
      '{"method":"subscribe","success":false,"error":"Currency pair not supported","symbol":"BTC/EUR"}',
      { kind: 'subscribe_refused', requestId: null, error: 'Currency pair not supported' },
    ],
    [
      'the answer to an unsubscribe',
      '{"method":"unsubscribe","result":{"channel":"book"},"success":true,"req_id":3}',
      { kind: 'unsubscribed', requestId: 3 },
    ],
    [
      'a refusal of an ended subscription',
      '{"method":"unsubscribe","success":false,"error":"Subscription Not Found","req_id":4}',
      { kind: 'unsubscribed', requestId: 4 },
    ],
    ['too many messages', '{"Error":"Exceeded msg rate"}', { kind: 'error', error: 'Exceeded msg rate' }],
    ['a pong', '{"method":"pong","req_id":1}', { kind: 'ignored' }],
    [
      'a refusal of what it could not read',
      '{"method":"unknown","success":false,"error":"Malformed request"}',
      { kind: 'error', error: 'Malformed request' },
    ],
    [
      'another symbol',
      '{"channel":"ticker","type":"update","data":[{"symbol":"ETH/EUR","bid":1,"ask":2}]}',
      { kind: 'ignored' },
    ],
    ['another channel', '{"channel":"trade","type":"update","data":[]}', { kind: 'ignored' }],
  ])('%s', (_, text, frame) => {
    expect(parseKraken(text)).toEqual({ ok: true, frame } as never);
  });

  const ticker = (bid: string, ask: string): string =>
    `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/EUR","bid":${bid},"ask":${ask}}]}`;
  test.each([
    ['no JSON', '{"channel":"book"', 'book', 'not JSON'],
    ['a cut ticker', '{"channel":"ticker","type":"upd', 'ticker', 'not JSON'],
    ['a cut status', '{ "channel" : "status"', 'status', 'not JSON'],
    ['noise', 'channel book', null, 'not JSON'],
    ['no object', '[1]', null, 'not a JSON object'],
    ['a price that is no number', book('update', '"x"/1.0', ''), 'book', 'cannot be read'],
    ['a price of zero', book('update', '0.0/1.0', ''), 'book', 'cannot be read'],
    ['a price beyond all', book('update', '1e12/1.0', ''), 'book', 'cannot be read'],
    ['a negative quantity', book('update', '1.0/-1.0', ''), 'book', 'cannot be read'],
    ['more BTC than there can be', book('update', '1.0/21000001', ''), 'book', 'cannot be read'],
    ['too many levels', book('update', Array(201).fill('1.0/1.0').join(' '), ''), 'book', 'cannot be read'],
    [
      'no levels',
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/EUR","checksum":1}]}',
      'book',
      'cannot be read',
    ],
    ['no checksum', book('update', '1.0/1.0', '', 'null'), 'book', 'no checksum'],
    ['a checksum below zero', book('update', '1.0/1.0', '', -1), 'book', 'no checksum'],
    ['half a checksum', book('update', '1.0/1.0', '', 1.5), 'book', 'no checksum'],
    ['a checksum as text', book('update', '1.0/1.0', '', '"7"'), 'book', 'no checksum'],
    ['a checksum beyond 32 bits', book('update', '1.0/1.0', '', 4_294_967_296), 'book', 'no checksum'],
    ['no data', '{"channel":"book","type":"update"}', 'book', 'no data'],
    ['too much data', `{"channel":"book","type":"update","data":[${Array(17).fill('{}').join()}]}`, 'book', 'no data'],
    ['neither snapshot nor update', book('delta', '', ''), 'book', 'neither'],
    ['a ticker without ask', '{"channel":"ticker","data":[{"symbol":"BTC/EUR","bid":1}]}', 'ticker', 'no ask'],
    ['a ticker with a null', ticker('null', '94750.0'), 'ticker', 'no bid'],
    ['a ticker at zero', ticker('0.0', '94750.0'), 'ticker', 'no bid'],
    ['a ticker that is locked', ticker('94750.0', '94750.0'), 'ticker', 'not below'],
    ['a ticker that crosses', ticker('94750.1', '94750.0'), 'ticker', 'not below'],
    ['a status without data', '{"channel":"status"}', 'status', 'no system'],
    ['a status without a system', '{"channel":"status","data":[{"system":null}]}', 'status', 'no system'],
    ['deep nesting', `{"channel":"ticker","data":${'['.repeat(100)}`, 'ticker', 'nesting'],
    ['a text without end', `{"channel":"ticker","data":"${'x'.repeat(600_000)}"}`, 'ticker', 'characters'],
  ])('refuses %s by name, and names the channel', (_, text, channel, reason) => {
    const parse = parseKraken(text);
    expect(parse).toMatchObject({ ok: false, channel });
    expect(parse.ok ? '' : parse.reason).toContain(reason);
  });

  test('finds our market among others', () => {
    const others = Array(15).fill('{"symbol":"ETH/EUR"}').join();
    const frame = book('update', '1.0/1.0', '', 7).replace('"data":[', `"data":[${others},`);
    expect(updateOf(frame)).toMatchObject({ checksum: 7 });
  });

  test('all the BTC that there can be is a quantity, and so is the maximum checksum', () => {
    expect(updateOf(book('update', '1.0/21000000', '', 4_294_967_295)).bids[0]?.quantityE8).toBe(21n * 10n ** 14n);
    expect(updateOf(book('update', Array(200).fill('1.0/1.0').join(' '), '', 0)).bids).toHaveLength(200);
  });

  test.each([
    ['"2026-01-01T00:00:01.440295Z"', Date.UTC(2026, 0, 1, 0, 0, 1, 440)],
    ['"2026-01-01T00:00:01Z"', Date.UTC(2026, 0, 1, 0, 0, 1)],
    ['"2026-01-01T02:00:01+02:00"', Date.UTC(2026, 0, 1, 0, 0, 1)],
    ['null', null],
    ['1767225601.44', 'refused'],
    ['"2026-01-01"', 'refused'],
    ['"2026-13-01T00:00:01Z"', 'refused'],
    ['"yesterday"', 'refused'],
    ['""', 'refused'],
  ])('a time of %s', (text, expected) => {
    for (const frame of [book('update', '', '', 7), ticker('1.0', '2.0')]) {
      const parse = parseKraken(frame.replace('}]}', `,"timestamp":${text}}]}`));
      if (!parse.ok) {
        expect(expected).toBe('refused');
        expect(parse.reason).toContain('time that cannot be read');
        continue;
      }
      const read = parse.frame.kind === 'book' ? parse.frame.updates[0] : parse.frame;
      expect(read).toMatchObject({ venueTimeMs: expected as never });
    }
  });

  test('texts of Kraken are cut', () => {
    const long = 'x'.repeat(10_000);
    for (const text of [
      `{"Error":"${long}"}`,
      `{"method":"subscribe","success":false,"error":"${long}"}`,
      `{"method":"subscribe","success":true,"result":{"channel":"${long}","warnings":["${long}","${long}"]}}`,
    ]) {
      expect(JSON.stringify(frameOf(text)).length).toBeLessThan(1200);
    }
  });

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ channel: 'book', data: [value] })),
        ),
        (text) => {
          expect(typeof parseKraken(text).ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('book', () => {
  const start = (text: string): KrakenBook => {
    const outcome = applyUpdate(null, updateOf(text), { depth: 25, crc32 });
    if (!outcome.ok) throw new Error(outcome.problem);
    return outcome.book;
  };

  test("takes the book of Kraken's guide, and not one digit less", () => {
    expect(checksumOf(start(GUIDE), crc32)).toBe(GUIDE_CHECKSUM);
    const trimmed = GUIDE.replaceAll('0.10000000', '0.1');
    expect(applyUpdate(null, updateOf(trimmed), { depth: 25, crc32 }).ok).toBe(true);
    const other = GUIDE.replace('0.15445238', '0.15445239');
    expect(applyUpdate(null, updateOf(other), { depth: 25, crc32 })).toEqual({
      ok: false,
      problem: 'book_checksum_mismatch',
    });
  });

  test('waits for the snapshot', () => {
    const update = updateOf(book('update', '1.0/1.00000000', ''));
    expect(applyUpdate(null, update, { depth: 25, crc32 })).toEqual({ ok: false, problem: 'book_awaited' });
  });

  test('sorts an unsorted snapshot, and leaves out levels of nothing', () => {
    const reversed = GUIDE.replace(/"(bids|asks)":\[(.*?)\]/g, (_, side: string, levels: string) => {
      const mixed = [...levels.split(/(?<=\}),/).reverse(), '{"price":45284.6,"qty":0.0}'];
      return `"${side}":[${mixed.join()}]`;
    });
    expect(start(reversed)).toEqual(start(GUIDE));
  });

  test('begins again with a snapshot in the middle', () => {
    const before = start(GUIDE);
    const one = updateOf(book('snapshot', '10.0/1.00000000', '11.0/1.00000000', crc32('110100000000100100000000')));
    const outcome = applyUpdate(before, one, { depth: 25, crc32 });
    expect(outcome.ok ? [outcome.book.bids.length, outcome.book.asks.length] : outcome.problem).toEqual([1, 1]);
  });

  test('follows a market that prints its prices with more digits than before', () => {
    const checksum = crc32('1105' + '100000000' + '1005' + '100000000');
    const finer = updateOf(book('snapshot', '10.05/1.00000000', '11.05/1.00000000', checksum));
    expect(applyUpdate(null, finer, { depth: 25, crc32 }).ok).toBe(true);
  });

  test('applies a repeated level in the order of the frame', () => {
    const before = start(GUIDE);
    const twice = updateOf(book('update', '45283.5/0.00000000 45283.5/0.10000000', '', GUIDE_CHECKSUM));
    expect(applyUpdate(before, twice, { depth: 25, crc32 })).toEqual({ ok: true, book: before });
  });

  test('follows any market like an independent book does, at any depth', () => {
    const level = fc.record({
      priceE1: fc.bigInt({ min: 1n, max: 60n }),
      qtyE8: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    });
    const side = fc.uniqueArray(level, { selector: (each) => each.priceE1, maxLength: 30 });
    const market = fc.record({ bids: side, asks: side }).map(
      (changes): Book =>
        applyChanges(EMPTY_BOOK, {
          bids: changes.bids,
          asks: changes.asks.map((ask) => ({ ...ask, priceE1: ask.priceE1 + 100n })),
        }),
    );
    fc.assert(
      fc.property(fc.constantFrom(10, 25), fc.array(market, { minLength: 1, maxLength: 8 }), (depth, markets) => {
        let published: Book = EMPTY_BOOK;
        let ours: KrakenBook | null = null;
        for (const [index, next] of markets.entries()) {
          const content: Book = index === 0 ? truncate(next, depth) : changesBetween(published, next, depth);
          const text = bookFrame(index === 0 ? 'snapshot' : 'update', content, simChecksum(next, crc32), null);
          const outcome = applyUpdate(ours, updateOf(text), { depth, crc32 });
          if (!outcome.ok) throw new Error(outcome.problem);
          ours = outcome.book;
          published = next;
          const seen = truncate(next, depth);
          const scaled = (levels: Book['bids']) => levels.map(({ priceE1, qtyE8 }) => [priceE1 * 10_000_000n, qtyE8]);
          expect(ours.bids.map((each) => [each.priceE8, each.quantityE8])).toEqual(scaled(seen.bids) as never);
          expect(ours.asks.map((each) => [each.priceE8, each.quantityE8])).toEqual(scaled(seen.asks) as never);
        }
      }),
    );
  });
});
