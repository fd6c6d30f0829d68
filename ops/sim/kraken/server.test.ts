import { afterEach, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import {
  KrakenAck,
  KrakenBookFrame,
  KrakenStatusFrame,
  KrakenTickerFrame,
  krakenReviver,
} from '../../../contracts/wire/kraken.ts';
import { waitFor } from '../../testing/wait.ts';
import { applyChanges, type Book, checksum, EMPTY_BOOK, truncate } from './book.ts';
import { readRecorded } from './recorded.ts';
import { type KrakenSim, type KrakenSimOptions, startKrakenSim } from './server.ts';

type Frame = Readonly<Record<string, unknown>>;

/** A client over a real socket that keeps every frame and lets a test wait for the next one of a kind. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const texts: string[] = [];
  const waiting: (() => void)[] = [];
  let isClosed = false;
  const wake = (): void => {
    for (const settle of waiting.splice(0)) settle();
  };
  socket.onmessage = ({ data }) => {
    texts.push(String(data));
    wake();
  };
  const closed = new Promise<void>((settle) => {
    socket.onclose = () => {
      isClosed = true;
      wake();
      settle();
    };
  });
  await new Promise<void>((settle, fail) => {
    socket.onopen = () => settle();
    socket.onerror = () => fail(new Error('the socket did not open'));
  });
  let read = 0;
  return {
    closed,
    texts,
    close: () => socket.close(),
    send: (value: unknown) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    /** The next frame, in order, that the predicate takes; those before it are passed over. */
    async next(isWanted: (frame: Frame) => boolean): Promise<{ frame: Frame; text: string }> {
      for (;;) {
        for (; read < texts.length; ) {
          const text = texts[read++] ?? '';
          const frame = JSON.parse(text, krakenReviver) as Frame;
          if (isWanted(frame)) return { frame, text };
        }
        if (isClosed) throw new Error(`closed after ${texts.length} frames`);
        await new Promise<void>((settle) => waiting.push(settle));
      }
    },
  };
}

const onChannel = (channel: string) => (frame: Frame) => frame['channel'] === channel;
const isReply = (frame: Frame) => 'method' in frame;
const crc32 = (text: string): number => Bun.hash.crc32(text);

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function setUp(options: KrakenSimOptions = {}) {
  const sim = startKrakenSim(options);
  open.push(sim);
  const client = await connect(sim.url);
  open.push(client);
  return { sim, client };
}

const subscribe = (params: Frame, reqId = 1) => ({ method: 'subscribe', params, req_id: reqId });
const BOOK = { channel: 'book', symbol: ['BTC/EUR'], depth: 10, snapshot: true };
const TICKER = { channel: 'ticker', symbol: ['BTC/EUR'], event_trigger: 'bbo', snapshot: true };

/** Applies a frame's text to a book as a subscriber of depth 10 would, and checks the checksum on the way. */
function follow(book: Book, text: string): Book {
  const read = readRecorded(text);
  if (read.kind !== 'snapshot' && read.kind !== 'update') throw new Error(`not a book frame: ${text}`);
  const next = truncate(applyChanges(read.kind === 'snapshot' ? EMPTY_BOOK : book, read.levels), 10);
  const said = JSON.parse(text).data[0].checksum;
  if (checksum(next, crc32) !== said) throw new Error(`checksum ${said} does not fit the book`);
  return next;
}

describe('handshake and requests', () => {
  test('status comes on connect with a connection id beyond 2^53', async () => {
    const { client } = await setUp();
    const { frame } = await client.next(onChannel('status'));
    expect(Value.Check(KrakenStatusFrame, frame)).toBe(true);
    expect(BigInt((frame as KrakenStatusFrame).data[0]?.connection_id ?? 0) > 2n ** 53n).toBe(true);
  });

  test('each symbol is acknowledged by itself, with the request id', async () => {
    const { client } = await setUp();
    client.send(subscribe({ ...BOOK, symbol: ['BTC/EURX', 'BTC/EUR'] }, 77));
    const refused = (await client.next(isReply)).frame;
    const accepted = (await client.next(isReply)).frame;
    expect(Value.Check(KrakenAck, refused) && Value.Check(KrakenAck, accepted)).toBe(true);
    expect(refused).toMatchObject({ success: false, error: 'Currency pair not supported BTC/EURX', req_id: 77 });
    expect(accepted).toMatchObject({ success: true, result: { channel: 'book', depth: 10 }, req_id: 77 });
  });

  test.each([
    ['a depth that does not exist', { ...BOOK, depth: 7 }, 'Subscription depth not supported 7'],
    ['an unknown channel', { ...BOOK, channel: 'level3' }, 'Channel not supported level3'],
    ['an unknown trigger', { ...TICKER, event_trigger: 'x' }, 'Event trigger not supported x'],
  ])('refuses %s', async (_name, params, error) => {
    const { client } = await setUp();
    client.send(subscribe(params));
    expect((await client.next(isReply)).frame).toMatchObject({ success: false, error });
  });

  test('twice the same subscription, and one that is not there', async () => {
    const { client } = await setUp();
    client.send(subscribe(BOOK, 1));
    client.send(subscribe(BOOK, 2));
    client.send({ method: 'unsubscribe', params: TICKER, req_id: 3 });
    await client.next(isReply);
    expect((await client.next(isReply)).frame).toMatchObject({ error: 'Already subscribed', req_id: 2 });
    expect((await client.next(isReply)).frame).toMatchObject({ error: 'Subscription Not Found', req_id: 3 });
  });

  test('ping, what is not JSON, and too many messages', async () => {
    const { client } = await setUp({ maxMessagesPerS: 2, now: () => 1_767_225_600_000 });
    client.send({ method: 'ping', req_id: 101 });
    client.send('{');
    client.send({ method: 'ping', req_id: 102 });
    expect((await client.next(isReply)).frame).toEqual({
      method: 'pong',
      req_id: 101,
      time_in: '2026-01-01T00:00:00.000000Z',
      time_out: '2026-01-01T00:00:00.000000Z',
    });
    expect((await client.next(isReply)).frame).toMatchObject({ success: false, error: 'Malformed request: not JSON' });
    expect((await client.next((frame) => 'Error' in frame)).text).toBe('{"Error":"Exceeded msg rate"}');
  });
});

test.each([
  [{ method: 'no_such', req_id: 9 }, 9],
  [{ method: 'subscribe', params: { channel: 'book', symbol: [] }, req_id: 10 }, 10],
  [{ method: 'subscribe', req_id: 'text' }, undefined],
])('an error reply carries the id of its request: %j', async (request, id) => {
  const { client } = await setUp();
  client.send(request);
  const { frame } = await client.next(isReply);
  expect(frame).toMatchObject({ success: false, method: request.method });
  expect(frame['req_id']).toBe(id);
});

describe('book', () => {
  test('depth 100 holds 100 levels a side', async () => {
    const { client } = await setUp();
    client.send(subscribe({ ...BOOK, depth: 100 }));
    const read = readRecorded((await client.next(onChannel('book'))).text);
    if (read.kind !== 'snapshot') throw new Error('the first frame of a book is a snapshot');
    expect([read.levels.bids.length, read.levels.asks.length]).toEqual([100, 100]);
  });

  test('snapshot, then updates that keep the checksum, through moves of the price', async () => {
    const { sim, client } = await setUp({ midE1: 389_000n });
    client.send(subscribe(BOOK));
    let book = follow(EMPTY_BOOK, (await client.next(onChannel('book'))).text);
    for (const midE1 of [389_004n, 391_000n, 388_999n, 120_000n]) {
      expect(sim.bookAround(midE1, 3n)).toEqual({ ok: true });
      const { frame, text } = await client.next(onChannel('book'));
      expect(Value.Check(KrakenBookFrame, frame)).toBe(true);
      book = follow(book, text);
      expect(book).toEqual(truncate(sim.market().book, 10));
    }
  });

  test('numbers keep their trailing zeros', async () => {
    const { sim, client } = await setUp();
    sim.setTop({ bidE1: 389_000n, askE1: 389_010n, bidQtyE8: 10_000_000n, askQtyE8: 1n });
    client.send(subscribe({ ...BOOK, depth: 25 }));
    const { text } = await client.next(onChannel('book'));
    expect(text).toContain('{"price":38900.0,"qty":0.10000000}');
    expect(text).toContain('{"price":38901.0,"qty":0.00000001}');
    expect(JSON.parse(text).data[0].bids).toHaveLength(25);
  });

  test('after unsubscribe and subscribe a new snapshot comes', async () => {
    const { sim, client } = await setUp();
    client.send(subscribe(BOOK, 1));
    await client.next(onChannel('book'));
    client.send({ method: 'unsubscribe', params: BOOK, req_id: 2 });
    await client.next((frame) => frame['req_id'] === 2);
    sim.bookAround(400_000n);
    client.send(subscribe(BOOK, 3));
    const { frame, text } = await client.next(onChannel('book'));
    expect(frame['type']).toBe('snapshot');
    expect(follow(EMPTY_BOOK, text)).toEqual(truncate(sim.market().book, 10));
  });

  test('a book that crosses is refused with the reason', async () => {
    const { sim } = await setUp();
    expect(sim.setTop({ bidE1: 10n, askE1: 9n, bidQtyE8: 1n, askQtyE8: 1n })).toEqual({
      ok: false,
      reason: 'best bid is not below best ask',
    });
  });

  test('a stirred book changes no price', async () => {
    const { client } = await setUp({ stirMs: 5 });
    client.send(subscribe(BOOK));
    const before = follow(EMPTY_BOOK, (await client.next(onChannel('book'))).text);
    const after = follow(before, (await client.next(onChannel('book'))).text);
    const prices = (book: Book) => [...book.bids, ...book.asks].map((level) => level.priceE1);
    expect(prices(after)).toEqual(prices(before));
    expect(after).not.toEqual(before);
  });
});

describe('ticker', () => {
  test('bbo: a snapshot, then the whole object when a best price changes, not when only the book below does', async () => {
    const { sim, client } = await setUp({ midE1: 389_000n });
    client.send(subscribe(TICKER));
    const first = (await client.next(onChannel('ticker'))).frame;
    expect(Value.Check(KrakenTickerFrame, first)).toBe(true);
    const { book } = sim.market();
    sim.setBook({ ...book, bids: book.bids.slice(0, 5) });
    sim.bookAround(389_100n, 2n);
    const { frame, text } = await client.next(onChannel('ticker'));
    expect(frame['type']).toBe('update');
    expect(text).toContain('"bid":38909.9,"bid_qty":0.50000000,"ask":38910.1');
    expect(text).toContain(
      '"last":38910.0,"volume":0.00200000,"vwap":38905.0,"low":38900.0,"high":38910.0,"change":10.0,"change_pct":0.02',
    );
  });

  test('trades: speaks at each trade', async () => {
    const { sim, client } = await setUp({ midE1: 389_000n });
    client.send(subscribe({ ...TICKER, event_trigger: 'trades' }));
    await client.next(onChannel('ticker'));
    sim.trade(389_001n, 5n);
    expect((await client.next(onChannel('ticker'))).text).toContain('"last":38900.1');
  });
});

describe('frames of a tape', () => {
  const snapshot =
    '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/EUR","bids":[{"price":100.0,"qty":1.00000000}],' +
    '"asks":[{"price":101.0,"qty":1.00000000}],"checksum":1}]}';

  test('move the market; the stand-in makes its own checksums', async () => {
    const { sim, client } = await setUp();
    client.send(subscribe(BOOK));
    const book = follow(EMPTY_BOOK, (await client.next(onChannel('book'))).text);
    expect(sim.frame(snapshot)).toEqual({ ok: true });
    expect(follow(book, (await client.next(onChannel('book'))).text).bids).toEqual([
      { priceE1: 1000n, qtyE8: 100_000_000n },
    ]);
  });

  test.each([
    ['not JSON', '{', 'not JSON'],
    [
      'a book without sides',
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/EUR"}]}',
      'a book frame without the fields of one',
    ],
    ['too many decimals', snapshot.replace('100.0', '100.05'), '"100.05" has more than 1 decimals'],
    ['a crossed book', snapshot.replace('101.0', '99.0'), 'best bid is not below best ask'],
  ])('%s is refused with the reason', async (_name, text, reason) => {
    const { sim } = await setUp();
    expect(sim.frame(text)).toEqual({ ok: false, reason });
  });

  test('heartbeats and acknowledgements of a recording move nothing', async () => {
    const { sim } = await setUp();
    const before = sim.market();
    expect(sim.frame('{"channel":"heartbeat"}')).toEqual({ ok: true });
    expect(sim.frame('{"method":"subscribe","success":true}')).toEqual({ ok: true });
    expect(sim.market()).toEqual(before);
  });
});

describe('liveness and faults', () => {
  async function subscribed(
    options: KrakenSimOptions = {},
  ): Promise<{ sim: KrakenSim; client: Awaited<ReturnType<typeof connect>> }> {
    const world = await setUp({ heartbeatMs: 5, ...options });
    world.client.send(subscribe(BOOK));
    await world.client.next(onChannel('book'));
    return world;
  }

  test('heartbeat when nothing else is sent, and none before a subscription', async () => {
    const { client } = await setUp({ heartbeatMs: 5 });
    client.send({ method: 'ping', req_id: 1 });
    await client.next(isReply);
    expect(client.texts.some((text) => text.includes('heartbeat'))).toBe(false);
    client.send(subscribe(BOOK));
    expect((await client.next(onChannel('heartbeat'))).text).toBe('{"channel":"heartbeat"}');
  });

  test('silence: heartbeats without ticks, and one update with everything when it ends', async () => {
    const { sim, client } = await subscribed();
    const seen = client.texts.filter((text) => text.includes('"book"')).length;
    sim.faults.silence(true);
    sim.bookAround(390_000n);
    sim.bookAround(391_000n);
    await client.next(onChannel('heartbeat'));
    expect(client.texts.filter((text) => text.includes('"book"')).length).toBe(seen);
    sim.faults.silence(false);
    const snapshot = client.texts.find((text) => text.includes('"snapshot"') && text.includes('"bids"')) ?? '';
    const { text } = await client.next(onChannel('book'));
    expect(follow(follow(EMPTY_BOOK, snapshot), text)).toEqual(truncate(sim.market().book, 10));
  });

  test('a wrong checksum, once', async () => {
    const { sim, client } = await subscribed();
    sim.faults.wrongChecksum(1);
    sim.bookAround(390_000n);
    const wrong = JSON.parse((await client.next(onChannel('book'))).text).data[0].checksum;
    expect(wrong).not.toBe(checksum(sim.market().book, crc32));
    sim.bookAround(391_000n);
    const right = JSON.parse((await client.next(onChannel('book'))).text).data[0].checksum;
    expect(right).toBe(checksum(sim.market().book, crc32));
  });

  test('maintenance is announced', async () => {
    const { sim, client } = await subscribed();
    sim.setSystem('maintenance');
    const { frame } = await client.next(onChannel('status'));
    expect((frame as KrakenStatusFrame).data[0]?.system).toBe('maintenance');
  });

  test('drop cuts the connection, refuse keeps a new one out', async () => {
    const { sim, client } = await subscribed();
    sim.faults.refuse(true);
    expect(sim.faults.drop()).toBe(1);
    await client.closed;
    await waitFor(() => sim.clients() === 0, { what: 'the server to notice' });
    await expect(connect(sim.url)).rejects.toThrow('did not open');
    sim.faults.refuse(false);
    const again = await connect(sim.url);
    open.push(again);
    expect(sim.clients()).toBe(1);
    expect(sim.subscribers()).toBe(0);
  });

  test('a stalled line sends nothing, not even heartbeats', async () => {
    const { sim, client } = await subscribed();
    sim.faults.stall(true);
    await sim.flushed();
    const count = client.texts.length;
    client.send({ method: 'ping', req_id: 9 });
    sim.bookAround(390_000n);
    await sim.flushed();
    expect(client.texts.length).toBe(count);
    sim.faults.stall(false);
    await client.next(onChannel('book'));
  });

  test('flushed waits until the client has read', async () => {
    const { sim, client } = await subscribed();
    const before = client.texts.length;
    for (let step = 1n; step <= 50n; step += 1n) sim.bookAround(389_000n + step * 10n);
    await sim.flushed();
    expect(client.texts.length - before).toBeGreaterThanOrEqual(50);
  });
});
