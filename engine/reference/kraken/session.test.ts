import { describe, expect, test } from 'bun:test';
import type { Moment } from '../../model/values.ts';
import { at, CONFIG, make, readBtc, T0 } from '../price.fixture.ts';
import { LATE_LIMIT_MS, STATUS_LIMIT_MS, UNKNOWN_STATUS_LIMIT_MS } from './connection-faults.ts';
import { FIRST_BOOK_LIMIT_MS, SILENCE_LIMIT_MS } from './renewal.ts';
import { createKrakenSession } from './session.ts';
import { UNSUBSCRIBE_LIMIT_MS } from './subscriptions.ts';

type Request = { readonly method: string; readonly params: { readonly channel: string }; readonly req_id: number };

const crc32 = (text: string): number => Bun.hash.crc32(text);
const iso = (ms: number): string => new Date(ms).toISOString();

const ONLINE = '{"channel":"status","type":"update","data":[{"system":"online"}]}';
const HEARTBEAT = '{"channel":"heartbeat"}';
/** 39995 / 40005 with a right checksum, or one that is off by `wrong`. */
function bookText(type: 'snapshot' | 'update', stampMs: number | null, wrong = 0): string {
  const stamp = stampMs === null ? '' : `,"timestamp":"${iso(stampMs)}"`;
  const checksum = crc32('400050100000000399950100000000') + wrong;
  const [bids, asks] = ['{"price":39995.0,"qty":1.00000000}', '{"price":40005.0,"qty":1.00000000}'];
  return `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/EUR","bids":[${bids}],"asks":[${asks}],"checksum":${checksum}${stamp}}]}`;
}
const tickerText = (bid: string, stampMs: number | null): string =>
  `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/EUR","bid":${bid},"ask":40005.0${
    stampMs === null ? '' : `,"timestamp":"${iso(stampMs)}"`
  }}]}`;

function start() {
  const reference = make();
  const troubles: string[] = [];
  const venueTimes: (readonly [number, number])[] = [];
  const stamps: (readonly [number, number])[] = [];
  const session = createKrakenSession({
    reference,
    crc32,
    maxAgeMs: CONFIG.referenceMaxAgeMs,
    onTrouble: (what, detail) => troubles.push(`${what}: ${detail}`),
    onVenueTime: (venueTimeMs, readUs) => venueTimes.push([venueTimeMs, readUs]),
    onStamp: (venueTimeMs, { nowUs }) => stamps.push([venueTimeMs, nowUs]),
  });
  const sent: Request[] = [];
  const clock = { wallStepMs: 0 };
  const moment = (ms: number): Moment => ({ ...at(ms), nowMs: ms + clock.wallStepMs });
  const world = {
    reference,
    troubles,
    venueTimes,
    stamps,
    session,
    clock,
    open: (ms: number) => session.onOpen((text) => sent.push(JSON.parse(text)), moment(ms)),
    hear: (ms: number, ...texts: string[]) => {
      for (const text of texts) session.onText(text, moment(ms));
    },
    tick: (ms: number) => session.onTick(moment(ms)),
    problem: (ms: number) => reference.selection(moment(ms)).problem,
    /** The requests since the last call, as `method channel`. */
    requests: () => sent.splice(0).map(({ method, params }) => `${method} ${params.channel}`),
    /** Kraken's answers to every unsubscribe so far. */
    unsubscribed: (ms: number, requestIds: readonly number[]) => {
      for (const id of requestIds) world.hear(ms, `{"method":"unsubscribe","success":true,"result":{},"req_id":${id}}`);
    },
  };
  return world;
}

/** Connected, with a book at T0. */
function opened() {
  const world = start();
  world.open(T0);
  world.hear(T0, ONLINE, bookText('snapshot', null), bookText('update', T0));
  expect(world.requests()).toEqual(['subscribe book', 'subscribe ticker']);
  return world;
}

describe('a bad frame costs its own channel only', () => {
  test.each([
    ['a null', tickerText('null', T0 + 100)],
    ['a bid above its ask', tickerText('40006.0', T0 + 100)],
    ['a cut text', '{"channel":"ticker","type":"update"'],
  ])('the ticker: %s', (_, text) => {
    const world = opened();
    world.hear(T0 + 100, tickerText('39995.0', T0 + 50), text);
    expect(world.reference.sources().kraken).toMatchObject({
      bookProblem: null,
      ticker: { bidE8: 3_999_500_000_000n },
    });
    expect(world.problem(T0 + 100)).toBeNull();
    expect(world.tick(T0 + 2000)).toBe('ok');
    expect(world.requests()).toEqual([]);
    expect(world.session.state()).toMatchObject({ malformed_frames: 1, resubscribed: 0 });
    expect(world.troubles).toHaveLength(1);
  });

  test('the book: the ticker goes on, and the last book is used until its age', () => {
    const world = opened();
    world.hear(T0 + 1500, '{"channel":"book","type":"update","data":[{"symbol":"BTC/EUR"}]}');
    expect(world.requests()).toEqual(['unsubscribe book']);
    world.hear(T0 + 1600, tickerText('39995.0', T0 + 1600));
    expect(world.reference.sources().kraken.ticker).not.toBeNull();
    expect(world.problem(T0 + 3000)).toBeNull();
    expect(world.problem(T0 + 3001)).toBe('price_stale');
  });

  test('the status: nothing is traded on an unknown one, and a new connection is asked for it', () => {
    const world = opened();
    world.hear(T0 + 100, '{"channel":"status","data":[]}');
    expect(world.problem(T0 + 100)).toBe('price_not_tradable');
    expect(world.reference.sources().kraken.bookProblem).toBeNull();
    expect(world.tick(T0 + 250)).toBe('reconnect');
    world.session.onClose('dropped');
    world.open(T0 + 500);
    world.hear(T0 + 500, ONLINE, bookText('snapshot', null));
    expect(world.tick(T0 + 750)).toBe('ok');
    expect(world.problem(T0 + 750)).toBeNull();
  });

  test.each(['maintenance', 'cancel_only', 'post_only', 'limit_only', ''])(
    'the market in "%s" is not tradable',
    (system) => {
      const world = opened();
      world.hear(T0 + 100, `{"channel":"status","data":[{"system":"${system}"}]}`);
      expect(world.problem(T0 + 100)).toBe('price_not_tradable');
      expect(world.tick(T0 + 250)).toBe('ok');
    },
  );

  test('of another market: nothing', () => {
    const world = opened();
    world.hear(T0 + 100, bookText('update', T0 + 100, 1).replace('BTC/EUR', 'ETH/EUR'));
    world.hear(T0 + 100, tickerText('1.0', T0 + 100).replace('BTC/EUR', 'BTC/USD'));
    expect(world.session.state()).toMatchObject({ checksum_mismatches: 0, malformed_frames: 0 });
    expect(world.reference.current(at(T0 + 100)).asOfMs).toBe(T0);
  });
});

describe('the age of the price', () => {
  test('is that of the frames by their own time, from the first on', () => {
    const world = start();
    world.open(T0);
    world.hear(T0, ONLINE, bookText('snapshot', T0 - 60_000));
    expect(world.problem(T0 + 10)).toBe('price_stale');
    world.hear(T0 + 1000, bookText('update', T0 - 59_000), tickerText('39995.0', T0 - 59_000));
    expect(world.problem(T0 + 1000)).toBe('price_stale');
  });

  test('a stalled socket: what waited in it is as old as it is', () => {
    const world = opened();
    world.hear(T0 + 10_000, bookText('update', T0 + 200), bookText('update', T0 + 4000));
    expect(world.problem(T0 + 10_000)).toBe('price_stale');
    // 2 ms of the ten seconds may be drift.
    expect(world.reference.current(at(T0 + 10_000)).heardAtUs).toBe(at(T0 + 4002).nowUs);
    world.hear(T0 + 10_000, bookText('update', T0 + 9990));
    expect(world.problem(T0 + 10_000)).toBeNull();
  });

  test('heartbeats, other channels and answers do not renew it', () => {
    const world = opened();
    world.hear(T0 + 3001, HEARTBEAT, ONLINE, '{"channel":"trade","data":[]}', '{"method":"pong","req_id":1}');
    expect(world.problem(T0 + 3001)).toBe('price_stale');
  });

  test('a time far ahead does not renew it, and is reported', () => {
    const world = opened();
    world.hear(T0 + 2000, bookText('update', T0 + 60_000), bookText('update', T0 + 61_000));
    expect(world.problem(T0 + 3001)).toBe('price_stale');
    expect(world.reference.selection(at(T0 + 3001)).krakenFault).toBe('kraken_time_ahead');
    expect(world.troubles).toEqual(["kraken_time_ahead: Kraken's time is 58000 ms ahead of our clock"]);
    expect(world.session.state().frames_ahead).toBe(2);
    world.hear(T0 + 3100, bookText('update', T0 + 3100));
    expect(world.problem(T0 + 3100)).toBeNull();
  });

  test('a snapshot without a time is as new as the request that it answers', () => {
    const world = start();
    world.open(T0);
    world.hear(T0 + 900, ONLINE, bookText('snapshot', null));
    expect(world.reference.current(at(T0 + 900)).asOfMs).toBe(T0);
  });

  test('a snapshot without a time on a slow connection is as new as the oldest request that it may answer', () => {
    const world = opened();
    // Both requests reach Kraken at once, and its answers take long.
    world.tick(T0 + SILENCE_LIMIT_MS + 1);
    world.tick(T0 + 12_500);
    world.tick(T0 + 17_750);
    world.tick(T0 + 20_000);
    expect(world.requests()).toEqual([
      ...['unsubscribe book', 'unsubscribe ticker', 'subscribe book', 'subscribe ticker'],
      ...['unsubscribe book', 'unsubscribe ticker', 'subscribe book', 'subscribe ticker'],
    ]);
    world.hear(T0 + 21_000, bookText('snapshot', null));
    expect(world.reference.current(at(T0 + 21_000)).asOfMs).toBe(T0 + 12_500);
    expect(world.problem(T0 + 21_000)).toBe('price_stale');
    world.hear(T0 + 21_100, bookText('snapshot', null));
    expect(world.reference.current(at(T0 + 21_100)).asOfMs).toBe(T0 + 20_000);
  });

  test('a request that Kraken refused is answered by no snapshot', () => {
    const world = opened();
    world.tick(T0 + SILENCE_LIMIT_MS + 1);
    world.tick(T0 + 12_500);
    world.hear(T0 + 12_600, '{"method":"subscribe","success":false,"error":"Already subscribed","req_id":5}');
    world.tick(T0 + 13_500);
    world.unsubscribed(T0 + 13_600, [7]);
    world.hear(T0 + 13_700, bookText('snapshot', null));
    expect(world.reference.current(at(T0 + 13_700)).asOfMs).toBe(T0 + 13_600);
  });

  test('a ticker without a time is as new as the connection, so that it does not renew an old snapshot', () => {
    const world = start();
    world.open(T0);
    world.hear(T0 + 60_000, ONLINE, bookText('snapshot', null), tickerText('39995.0', null));
    expect(world.reference.sources().kraken).toMatchObject({
      confirmed: { asOfMs: T0 },
      tickerAt: { asOfMs: T0 },
    });
    expect(world.problem(T0 + 60_000)).toBe('price_stale');
  });

  test('a channel without times adds nothing to one with', () => {
    const world = opened();
    world.hear(T0 + 2000, tickerText('39995.0', null));
    expect(world.reference.current(at(T0 + 2000)).asOfMs).toBe(T0);
  });
});

test('an acknowledgement is no trouble, one with warnings is, and each error is reported once in a row', () => {
  const world = opened();
  const ack = (more: string) => `{"method":"subscribe","success":true,"result":{"channel":"book"${more}},"req_id":1}`;
  world.hear(T0, ack(''), ack(',"warnings":[]'));
  expect([world.troubles, world.session.state().last_error]).toEqual([[], null]);
  world.hear(T0, ack(',"warnings":["a","b"]'), '{"Error":"Exceeded msg rate"}', '{"Error":"Exceeded msg rate"}');
  expect(world.troubles).toEqual(['kraken_error: book: a; b', 'kraken_error: Exceeded msg rate']);
});

test('of each second the time of Kraken with the shortest delay is passed on as evidence of the clocks', () => {
  const world = start();
  world.open(T0);
  for (const [readMs, delayMs] of [
    [0, 400],
    [300, 20],
    [600, 90],
    [999, 10],
    [1000, 5],
    [1999, 50],
    [2000, 1],
  ] as const) {
    world.hear(T0 + readMs, tickerText('39995.0', T0 + readMs - delayMs));
  }
  expect(world.venueTimes.map(([venueTimeMs, readUs]) => [venueTimeMs - T0, readUs - at(T0).nowUs])).toEqual([
    [989, 999_000],
    [995, 1_000_000],
  ]);
});

test('each time that Kraken writes is handed on, also one that is too far ahead to be used', () => {
  const world = opened();
  world.stamps.length = 0;
  world.hear(T0 + 400, tickerText('39995.0', T0 + 350));
  world.hear(T0 + 500, tickerText('39995.0', T0 + 60_450), tickerText('39995.0', null));
  expect(world.session.state().frames_ahead).toBe(1);
  expect(world.stamps).toEqual([
    [T0 + 350, at(T0 + 400).nowUs],
    [T0 + 60_450, at(T0 + 500).nowUs],
  ]);
});

test('a connection that has ended is asked for nothing', () => {
  const world = opened();
  world.session.onClose('gone');
  expect(world.tick(T0 + 60_000)).toBe('ok');
  expect(world.requests()).toEqual([]);
  expect(world.reference.sources().kraken.connected).toBe(false);
});

describe('a new subscription', () => {
  test('waits for the answers to the unsubscribe', () => {
    const world = opened();
    expect(world.tick(T0 + SILENCE_LIMIT_MS + 1)).toBe('ok');
    expect(world.requests()).toEqual(['unsubscribe book', 'unsubscribe ticker']);
    world.unsubscribed(T0 + 10_100, [3]);
    expect(world.requests()).toEqual([]);
    world.unsubscribed(T0 + 10_200, [99]);
    world.hear(T0 + 10_200, '{"method":"unsubscribe","success":true}');
    expect(world.requests()).toEqual([]);
    world.hear(T0 + 10_300, '{"method":"unsubscribe","success":false,"error":"Subscription Not Found","req_id":4}');
    expect(world.requests()).toEqual(['subscribe book', 'subscribe ticker']);
  });

  test('is given time to bring a book', () => {
    const world = opened();
    world.hear(T0 + 2000, bookText('update', T0 + 2000, 1));
    world.unsubscribed(T0 + 2100, [3]);
    expect(world.requests()).toEqual(['unsubscribe book', 'subscribe book']);
    world.tick(T0 + 2100 + FIRST_BOOK_LIMIT_MS);
    expect(world.requests()).toEqual([]);
    world.tick(T0 + 2100 + FIRST_BOOK_LIMIT_MS + 1);
    expect(world.requests()).toEqual(['unsubscribe book', 'unsubscribe ticker']);
  });

  test('is not made for an answer that nobody waits for', () => {
    const world = opened();
    world.unsubscribed(T0 + 100, [1, 2, 3]);
    expect(world.requests()).toEqual([]);
    expect(world.problem(T0 + 100)).toBeNull();
  });

  test('makes no ticker without a time newer: only a snapshot answers it', () => {
    const world = opened();
    world.hear(T0 + 2000, bookText('update', T0 + 2000, 1));
    world.unsubscribed(T0 + 2100, [3]);
    world.hear(T0 + 2200, tickerText('39995.0', null));
    expect(world.reference.sources().kraken.tickerAt?.asOfMs).toBe(T0);
  });

  test('does not wait longer than the limit', () => {
    const world = opened();
    world.hear(T0 + 2000, bookText('update', T0 + 2000, 1));
    expect(world.requests()).toEqual(['unsubscribe book']);
    world.tick(T0 + 2000 + UNSUBSCRIBE_LIMIT_MS - 1);
    expect(world.requests()).toEqual([]);
    world.tick(T0 + 2000 + UNSUBSCRIBE_LIMIT_MS);
    expect(world.requests()).toEqual(['subscribe book']);
  });

  test('that Kraken refuses because of an older one ends that and is made again', () => {
    const world = opened();
    world.hear(T0 + 2000, bookText('update', T0 + 2000, 1));
    world.tick(T0 + 4000);
    expect(world.requests()).toEqual(['unsubscribe book', 'subscribe book']);
    world.hear(T0 + 4100, '{"method":"subscribe","success":false,"error":"Already subscribed","req_id":4}');
    world.tick(T0 + 5000);
    expect(world.requests()).toEqual(['unsubscribe book']);
    world.unsubscribed(T0 + 5100, [5]);
    expect(world.requests()).toEqual(['subscribe book']);
    world.hear(T0 + 5200, bookText('snapshot', null));
    expect(world.problem(T0 + 5200)).toBeNull();
  });

  test.each([
    ['of the ticker', 2, 'Already subscribed'],
    ['for another reason', 1, 'Currency pair not supported'],
  ])('that is refused %s is left alone until a book is overdue', (_, requestId, error) => {
    const world = start();
    world.open(T0);
    world.hear(T0, ONLINE, `{"method":"subscribe","success":false,"error":"${error}","req_id":${requestId}}`);
    world.requests();
    world.tick(T0 + FIRST_BOOK_LIMIT_MS);
    expect(world.requests()).toEqual([]);
    world.tick(T0 + FIRST_BOOK_LIMIT_MS + 1);
    expect(world.requests()).toEqual(['unsubscribe book', 'unsubscribe ticker']);
  });

  test('frames of the older subscription in between are not applied', () => {
    const world = opened();
    world.hear(
      T0 + 2000,
      bookText('update', T0 + 2000, 1),
      bookText('update', T0 + 2010),
      bookText('update', T0 + 2020, 1),
    );
    expect(world.session.state().checksum_mismatches).toBe(1);
    expect(world.reference.current(at(T0 + 2020)).asOfMs).toBe(T0);
    world.unsubscribed(T0 + 2100, [3]);
    world.hear(T0 + 2200, bookText('snapshot', null));
    expect(world.reference.current(at(T0 + 2200)).asOfMs).toBe(T0 + 2100);
  });

  test.each([-3_600_000, 3_600_000])('comes in time whatever the wall clock does: %p ms', (stepMs) => {
    const world = opened();
    world.clock.wallStepMs = stepMs;
    world.hear(T0 + 100, bookText('update', T0 + 100, 1));
    world.tick(T0 + 999);
    expect(world.requests()).toEqual([]);
    world.tick(T0 + 1000);
    expect(world.requests()).toEqual(['unsubscribe book']);
    world.tick(T0 + 3000);
    expect(world.requests()).toEqual(['subscribe book']);
    world.tick(T0 + 3000 + FIRST_BOOK_LIMIT_MS + 1);
    expect(world.requests()).toEqual(['unsubscribe book', 'unsubscribe ticker']);
  });

  test('a connection whose book is lost again and again is given up, one that recovers for a while is not', () => {
    for (const [lastsMs, expected] of [
      [1500, 'reconnect'],
      [SILENCE_LIMIT_MS + 500, 'ok'],
    ] as const) {
      const world = opened();
      let [ms, verdict, requestId] = [T0, 'ok', 2];
      for (let loss = 0; loss < 5 && verdict === 'ok'; loss++) {
        for (const endMs = ms + lastsMs; ms < endMs; ms += 250) {
          world.hear(ms, bookText('update', ms));
          world.tick(ms);
        }
        world.hear(ms, bookText('update', ms, 1));
        verdict = world.tick(ms);
        world.unsubscribed(ms, [++requestId]);
        requestId += 1;
        world.hear(ms, bookText('snapshot', ms));
      }
      expect(verdict).toBe(expected);
    }
  });

  test('that brings no book three times is the last on its connection', () => {
    const world = opened();
    let [ms, verdict] = [T0, 'ok'];
    while (verdict === 'ok' && ms < T0 + 60_000) {
      ms += 250;
      verdict = world.tick(ms);
    }
    expect(verdict).toBe('reconnect');
    expect(world.session.state().resubscribed).toBe(3);
  });
});

describe('a connection is given up', () => {
  /** Frames four times a second, each with the time that `venueMs` makes of the time of its reading; until given up or the end. */
  function listen(world: ReturnType<typeof start>, venueMs: (ms: number) => number, forMs: number): number | null {
    for (let ms = 250; ms <= forMs; ms += 250) {
      world.hear(T0 + ms, bookText('snapshot', venueMs(T0 + ms)));
      if (world.tick(T0 + ms) === 'reconnect') return ms;
    }
    return null;
  }

  test.each([
    ['stays late from its first frame on', 0, (ms: number) => ms - 60_000],
    // The difference stays: nothing but a new connection learns Kraken's clock again.
    ['had one frame of a time ahead of the others', 0, (ms: number) => (ms === T0 + 250 ? ms + 4500 : ms)],
    ['was opened while our clock was ahead', 5500, (ms: number) => ms],
  ])('that %s', (_, wallStepMs, venueMs) => {
    const world = start();
    world.clock.wallStepMs = wallStepMs;
    world.open(T0);
    world.hear(T0, ONLINE);
    expect(listen(world, venueMs, 60_000)).toBeLessThanOrEqual(500 + LATE_LIMIT_MS);
    expect(world.troubles).toEqual(['kraken_book_late: for 10000 ms every book was more than 3000 ms late']);
    world.session.onClose('dropped');
    world.clock.wallStepMs = 0;
    world.open(T0 + 60_000);
    world.hear(T0 + 60_000, ONLINE, bookText('snapshot', T0 + 60_000));
    expect([world.tick(T0 + 60_000), world.problem(T0 + 60_000)]).toEqual(['ok', null]);
  });

  test('that brings late books, although its tickers are in time', () => {
    const world = opened();
    for (let ms = 1000; ms < LATE_LIMIT_MS + 1000; ms += 250) {
      world.hear(T0 + ms, bookText('update', T0 + ms - 6000), tickerText('39990.0', T0 + ms));
      expect(world.tick(T0 + ms)).toBe('ok');
    }
    expect(world.tick(T0 + LATE_LIMIT_MS + 1000)).toBe('reconnect');
  });

  test('not for a backlog, nor for frames that are late by less than a price may be old', () => {
    const world = opened();
    world.hear(T0 + 30_000, bookText('update', T0 + 10_000));
    expect(world.tick(T0 + 30_000)).toBe('ok');
    world.hear(T0 + 30_100, bookText('update', T0 + 30_100));
    const late = start();
    late.open(T0);
    late.hear(T0, ONLINE, bookText('snapshot', T0));
    expect(listen(late, (ms) => ms - 2900, 60_000)).toBeNull();
    expect([world.troubles, late.troubles]).toEqual([[], []]);
  });

  test('that never sent the market status: nothing is traded on without one', () => {
    const world = start();
    world.open(T0);
    expect(listen(world, (ms) => ms, 60_000)).toBe(STATUS_LIMIT_MS);
    expect(world.problem(T0 + STATUS_LIMIT_MS)).toBe('price_not_tradable');
    expect(world.troubles).toEqual([
      'kraken_status_missing: the market status did not come, cannot be read, or is of no known name',
    ]);
  });

  test('with a status of no known name, however often it repeats it; a known one keeps it', () => {
    const world = opened();
    const UNKNOWN = ONLINE.replace('online', 'on1ine');
    world.hear(T0 + 1000, UNKNOWN);
    expect(world.problem(T0 + 1000)).toBe('price_not_tradable');
    for (let ms = 2000; ms < 1000 + UNKNOWN_STATUS_LIMIT_MS; ms += 1000) {
      world.hear(T0 + ms, UNKNOWN, bookText('snapshot', T0 + ms));
      expect(world.tick(T0 + ms)).toBe('ok');
    }
    expect(world.tick(T0 + 1000 + UNKNOWN_STATUS_LIMIT_MS)).toBe('reconnect');
    const other = opened();
    other.hear(T0 + 1000, UNKNOWN);
    other.hear(T0 + 2000, ONLINE);
    for (let ms = 3000; ms < 30_000; ms += 1000) {
      other.hear(T0 + ms, bookText('snapshot', T0 + ms));
      expect(other.tick(T0 + ms)).toBe('ok');
    }
    expect(other.problem(T0 + 29_000)).toBeNull();
  });
});

test('three wrong checksums and an unreadable frame while the sources are apart: nothing to trade on', () => {
  const world = opened();
  readBtc(world.reference, '42000', T0);
  expect(world.problem(T0)).toBe('price_diverged');
  for (const ms of [1000, 2000, 3000]) world.hear(T0 + ms, bookText('update', T0 + ms, 1));
  world.hear(T0 + 3500, '{');
  for (const ms of [3500, 5000, 60_000, 179_000]) expect(world.problem(T0 + ms)).toBe('price_diverged');
  // CoinGecko repeats it when Kraken's last book is too old to be compared with it.
  readBtc(world.reference, '42000', T0 + 200_000);
  expect(world.problem(T0 + 200_000)).toBe('price_diverged');
});
