import { afterEach, describe, expect, test } from 'bun:test';
import { pctE4 } from '../../contracts/amounts.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import { startCoinGeckoSim } from '../../ops/sim/coingecko/server.ts';
import { startKrakenSim } from '../../ops/sim/kraken/server.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { momentOf } from '../lib/moment.ts';
import type { PriceFact } from '../model/facts.ts';
import type { Moment, PriceView } from '../model/values.ts';
import { STATUS_BURST } from './cadence.ts';
import { createReferencePart, type ReferencePartOptions } from './reference.ts';

const T0 = 1_767_225_600_000;
const RANDOM = { fill: (bytes: Uint8Array) => void bytes.fill(7), fraction: () => 0.5 };

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start(over: Partial<ReferencePartOptions['config']> = {}) {
  const clock = new ManualClock(T0);
  // The world outside keeps the right time, whatever our wall clock says; all of it moves only by hand.
  const rightTime = () => clock.elapsedUs() / 1000;
  const kraken = startKrakenSim({ midE1: 947_500n, heartbeatMs: 20, now: rightTime });
  const coingecko = startCoinGeckoSim({ now: rightTime, btcEur: '94750' });
  const facts: PriceFact[] = [];
  const venueTimes: number[] = [];
  const updates: { readonly price: PriceView; readonly now: Moment }[] = [];
  const lines: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  const write = (event: string, fields: Readonly<Record<string, unknown>> = {}) => void lines.push({ event, fields });
  const part = createReferencePart({
    config: {
      referenceMaxAgeMs: 3000,
      fallbackMaxAgeMs: 180_000,
      fallbackPolicy: 'allow',
      maxDivergencePctE4: pctE4(10_000n),
      eureBasis: 'par',
      maxBasisDeviationPctE4: pctE4(20_000n),
      krakenWsUrl: kraken.url,
      coingeckoUrl: coingecko.url,
      coingeckoApiKey: null,
      coingeckoPollMs: 60_000,
      coingeckoEureId: COINGECKO_IDS.eure,
      ...over,
    },
    clock,
    random: RANDOM,
    log: { info: write, warn: write, error: write },
    newEventId: () => `event-${facts.length}`,
    onFact: (fact) => facts.push(fact),
    onUpdate: (price, now) => updates.push({ price, now }),
    onVenueTime: (venueTimeMs) => venueTimes.push(venueTimeMs),
    onStamp: () => {},
  });
  closing.push(
    () => part.stop(),
    () => kraken.close(),
    () => coingecko.close(),
  );
  const moment = () => momentOf(clock);
  const until = (what: string, condition: () => boolean) => waitFor(condition, { what });
  const events = () => lines.map((line) => line.event);
  const newest = (): PriceFact => {
    const last = facts.at(-1);
    if (last === undefined) throw new Error('no record yet');
    return last;
  };
  const bothUsable = () =>
    until('both sources', () => part.current(moment()).source === 'kraken' && part.state(moment()).coingecko.healthy);
  return {
    clock,
    kraken,
    coingecko,
    part,
    facts,
    venueTimes,
    updates,
    lines,
    events,
    moment,
    until,
    newest,
    bothUsable,
  };
}

type World = ReturnType<typeof start>;

async function started(over: Partial<ReferencePartOptions['config']> = {}): Promise<World> {
  const world = start(over);
  world.part.start();
  await world.bothUsable();
  return world;
}

/** Moves the engine's time on in small steps, as timers and ticks would see it. */
function pass(world: World, ms: number): void {
  for (let left = ms; left > 0; left -= 250) world.clock.advance(Math.min(250, left));
}

describe('both sources up', () => {
  test("the price is Kraken's book, cross-checked and recorded", async () => {
    const world = await started();
    const top = world.kraken.market().book;
    const view = world.part.current(world.moment());
    expect(view).toMatchObject({ source: 'kraken', hasDepth: true, tradable: true, divergencePctE4: 0n });
    expect(view.bids[0]?.priceE8).toBe(((top.bids[0]?.priceE1 ?? 0n) * 10_000_000n) as never);
    expect(view.bids.length).toBe(Math.min(25, top.bids.length));
    expect(world.part.health(world.moment())).toEqual({ healthy: true, reasons: [], notes: [] });
    // Whoever watches the price has heard of it.
    expect(world.updates.at(-1)?.price.bids[0]).toEqual(view.bids[0] as never);
    expect(world.newest().payload).toMatchObject({
      price_id: `price-${world.newest().eventId}`,
      source: 'kraken',
      tradable: true,
      problem: null,
      coingecko: { eure_eur: '1.00020000' },
    });
    expect(world.part.current(world.moment()).priceId).toBe(world.newest().payload.price_id);
  });

  test('what Kraken had sent before a time is known to be read once its pong is here, also when new frames come before', async () => {
    const world = await started();
    const openedUs = world.part.heardUs(world.moment());
    world.clock.advance(500);
    const askedUs = world.moment().nowUs;
    world.kraken.bookAround(950_000n);
    await world.until('the new book', () => world.part.state(world.moment()).fair_rate === '95000.00000000');
    expect(world.part.current(world.moment()).heardAtUs).toBeGreaterThanOrEqual(askedUs);
    expect(world.part.heardUs(world.moment())).toBe(openedUs);
    world.part.askDrained();
    await world.until('the pong', () => world.part.heardUs(world.moment()) >= askedUs);
  });

  test('a price that hovers at the limit between the sources is not a record and a line of the log for each frame', async () => {
    const world = await started();
    const before = [world.facts.length, world.lines.length] as const;
    for (let n = 0; n < 100; n++) {
      const rate = n % 2 === 0 ? '96000.00000000' : '94750.00000000';
      world.kraken.bookAround(n % 2 === 0 ? 960_000n : 947_500n);
      await world.until('the new book', () => world.part.state(world.moment()).fair_rate === rate);
    }
    expect(world.facts.length - before[0]).toBeLessThanOrEqual(STATUS_BURST);
    expect(world.lines.length - before[1]).toBeLessThanOrEqual(STATUS_BURST);
    // What is not logged at once is logged later.
    world.kraken.bookAround(960_000n);
    await world.until('the last book', () => world.part.state(world.moment()).fair_rate === '96000.00000000');
    pass(world, 2000);
    expect(world.newest().payload).toMatchObject({ tradable: false, source: 'kraken' });
  });

  test('follows the market, one record a second while only prices move', async () => {
    const world = await started();
    const count = world.facts.length;
    world.kraken.bookAround(950_000n);
    await world.until('the new book', () => world.part.state(world.moment()).fair_rate === '95000.00000000');
    expect(world.facts).toHaveLength(count);
    world.clock.advance(1000);
    expect(world.facts).toHaveLength(count + 1);
    expect(world.newest().payload.fair_rate).toBe('95000.00000000');
    expect(world.newest()).toMatchObject({ atMs: T0 + 1000, observedAtMs: T0 });
    world.kraken.bookAround(950_001n);
    await world.until('a time of Kraken', () => world.venueTimes.length > 0);
    expect(world.venueTimes).toEqual([T0]);
  });

  test('EURe is kept as a sanity value at par, and is the basis when it is to be read', async () => {
    const world = await started({ eureBasis: 'coingecko' });
    expect(world.part.current(world.moment()).eurPerEureE8).toBe(100_020_000n);
    expect(world.newest().payload.basis).toEqual({ kind: 'coingecko', eur_per_eure: '1.00020000' });
  });

  test('sources beyond tolerance block, and are logged once with numbers', async () => {
    const world = await started();
    world.coingecko.setPrice(COINGECKO_IDS.btc, '96000');
    expect(await world.part.refresh()).toBeNull();
    expect(world.part.health(world.moment())).toMatchObject({ healthy: false, reasons: ['price_diverged'] });
    expect(world.newest().payload).toMatchObject({ tradable: false, divergence_pct: '1.3193' });
    const logged = world.lines.filter((line) => line.event === 'reference_unusable');
    expect(logged.at(-1)?.fields['detail']).toContain('1.3193 % apart');
    pass(world, 1000);
    expect(world.lines.filter((line) => line.event === 'reference_unusable')).toHaveLength(logged.length);
  });

  test('a market that is not open is not tradable', async () => {
    const world = await started();
    world.kraken.setSystem('cancel_only');
    await world.until('the status', () => !world.part.current(world.moment()).tradable);
    expect(world.part.health(world.moment()).reasons).toEqual(['price_not_tradable']);
  });
});

describe('Kraken fails', () => {
  test('a cut connection falls back when its price is too old, and comes back by itself', async () => {
    const world = await started();
    world.kraken.faults.refuse(true);
    world.kraken.faults.drop();
    await world.until('the loss', () => !world.part.state(world.moment()).kraken.connected);
    expect(world.part.health(world.moment())).toMatchObject({ healthy: true, notes: ['kraken_disconnected'] });
    expect(world.newest().payload).toMatchObject({ source: 'kraken', tradable: true, kraken: { connected: false } });
    pass(world, 3000);
    expect(world.part.current(world.moment()).source).toBe('kraken');
    pass(world, 250);
    expect(world.part.current(world.moment()).source).toBe('coingecko');
    expect(world.part.health(world.moment())).toMatchObject({
      healthy: true,
      notes: ['fallback_in_use', 'kraken_disconnected'],
    });
    expect(world.newest().payload).toMatchObject({ source: 'coingecko', kraken: { connected: false, healthy: false } });
    expect(world.newest().observedAtMs).toBe(world.part.current(world.moment()).asOfMs);
    world.kraken.faults.refuse(false);
    await world.until('Kraken again', () => {
      world.clock.advance(250);
      return world.part.current(world.moment()).source === 'kraken';
    });
    expect(world.events()).toEqual(
      expect.arrayContaining([
        'kraken_connected',
        'kraken_disconnected',
        'reference_fallback_began',
        'reference_fallback_ended',
      ]),
    );
  });

  test('the market falls, CoinGecko lags, Kraken drops: nothing is traded on the price just found wrong', async () => {
    const world = await started();
    world.kraken.bookAround(900_000n);
    await world.until('the fall', () => world.part.health(world.moment()).reasons.includes('price_diverged'));
    world.kraken.faults.refuse(true);
    world.kraken.faults.drop();
    await world.until('the loss', () => !world.part.state(world.moment()).kraken.connected);
    for (let step = 0; step < 100; step++) {
      expect(world.part.health(world.moment()).reasons).toContain('price_diverged');
      expect(world.newest().payload.tradable).toBe(false);
      pass(world, 250);
    }
    pass(world, 10_000);
    expect(world.part.health(world.moment()).reasons).toEqual(['price_diverged', 'kraken_disconnected']);
    expect(world.events()).toContain('reference_source_broken');
    // By then Kraken's last price is too old to be compared with anything.
    pass(world, 200_000);
    // The poll that was on its way has run into its time limit.
    await world.part.refresh();
    expect(await world.part.refresh()).toBeNull();
    expect(world.part.health(world.moment()).reasons).toEqual(['price_diverged', 'kraken_disconnected']);
    expect(world.newest().payload.tradable).toBe(false);
  });

  test('without leave to fall back the price is stale when it is too old', async () => {
    const world = await started({ fallbackPolicy: 'deny' });
    world.kraken.faults.refuse(true);
    world.kraken.faults.drop();
    await world.until('the loss', () => !world.part.state(world.moment()).kraken.connected);
    expect(world.part.health(world.moment()).healthy).toBe(true);
    pass(world, 3250);
    expect(world.part.health(world.moment()).reasons).toEqual(['price_stale']);
    expect(world.part.current(world.moment()).source).toBe('kraken');
  });

  test('heartbeats alone keep the connection, not the price', async () => {
    const world = await started();
    world.kraken.faults.silence(true);
    pass(world, 3250);
    await world.until('the fallback', () => world.part.current(world.moment()).source === 'coingecko');
    expect(world.part.state(world.moment()).kraken).toMatchObject({ connected: true, fault: 'kraken_stale' });
    expect(world.newest().payload.source).toBe('coingecko');
  });

  test('a silent book is subscribed again, and is valid again', async () => {
    const world = await started();
    pass(world, 4000);
    expect(world.part.current(world.moment()).source).toBe('coingecko');
    await world.until('a new subscription', () => {
      world.clock.advance(250);
      return world.part.state(world.moment()).kraken_feed.resubscribed === 1;
    });
    await world.until('the book', () => world.part.current(world.moment()).source === 'kraken');
    expect(world.kraken.clients()).toBe(1);
  });

  test('a line without anything is given up', async () => {
    const world = await started();
    world.kraken.faults.stall(true);
    await world.until('the loss', () => {
      world.clock.advance(250);
      return world.part.state(world.moment()).kraken.last_close?.startsWith('idle') === true;
    });
    world.kraken.faults.stall(false);
    await world.until('Kraken again', () => {
      world.clock.advance(250);
      return world.part.current(world.moment()).source === 'kraken';
    });
  });

  test('a wrong checksum loses the book until the next snapshot', async () => {
    const world = await started();
    world.clock.advance(1000);
    world.kraken.faults.wrongChecksum(1);
    world.kraken.bookAround(950_000n);
    await world.until('the new book', () => {
      const state = world.part.state(world.moment());
      return state.kraken_feed.checksum_mismatches === 1 && state.fair_rate === '95000.00000000';
    });
    expect(world.part.state(world.moment()).kraken_feed).toMatchObject({ resubscribed: 1, malformed_frames: 0 });
    expect(world.events()).toContain('kraken_book_lost');
    expect(world.part.current(world.moment()).source).toBe('kraken');
  });

  test('checksums that stay wrong end in a new connection, at a bounded pace', async () => {
    const world = await started();
    world.kraken.faults.wrongChecksum(1000);
    world.kraken.bookAround(950_000n);
    await world.until('another connection', () => {
      world.clock.advance(250);
      return world.part.state(world.moment()).kraken_feed.opened >= 2;
    });
    expect(world.part.state(world.moment()).kraken_feed.resubscribed).toBe(3);
    await world.until('the book', () => world.part.current(world.moment()).source === 'kraken');
  });

  test('its errors are shown', async () => {
    const world = start();
    world.kraken.faults.rateLimit(2);
    world.part.start();
    await world.until('the error', () => world.part.state(world.moment()).kraken_feed.last_error !== null);
    expect(world.part.state(world.moment()).kraken_feed.last_error).toBe('Exceeded msg rate');
    expect(world.events()).toContain('kraken_error');
    await world.until('a book in spite of it', () => {
      world.clock.advance(250);
      return world.part.current(world.moment()).source === 'kraken';
    });
  });

  test('never there at all: said once', async () => {
    const world = start();
    world.kraken.faults.refuse(true);
    world.part.start();
    await world.until('a few attempts', () => {
      world.clock.advance(1000);
      return world.part.state(world.moment()).kraken_feed.connects >= 4;
    });
    expect(world.events().filter((event) => event === 'kraken_connect_failed')).toHaveLength(1);
  });
});

describe('CoinGecko fails', () => {
  test('a rate limit leaves Kraken alone and is noted', async () => {
    const world = await started();
    world.coingecko.faults.rateLimit(1, 30);
    expect(await world.part.refresh()).toStartWith('rate_limited');
    expect(world.part.health(world.moment())).toEqual({ healthy: true, reasons: [], notes: ['coingecko_failing'] });
    expect(world.part.state(world.moment()).coingecko.failure).toStartWith('rate_limited');
    expect(world.events()).toContain('coingecko_failing');
  });

  test('with Kraken gone and CoinGecko too old nothing is left to trade on', async () => {
    const world = await started();
    world.coingecko.faults.freeze(true);
    world.kraken.faults.refuse(true);
    world.kraken.faults.drop();
    await world.until('the loss', () => !world.part.state(world.moment()).kraken.connected);
    pass(world, 3250);
    expect(world.part.current(world.moment()).source).toBe('coingecko');
    world.clock.advance(180_001);
    const { healthy, reasons } = world.part.health(world.moment());
    expect([healthy, reasons]).toEqual([false, ['price_stale', 'kraken_disconnected', 'coingecko_stale']]);
    expect(world.newest().payload).toMatchObject({ tradable: false });
    expect(world.newest().payload.problem).toStartWith('price_stale');
  });
});

test('a pause ends both sources, a resume brings them back', async () => {
  const world = await started();
  world.part.pause();
  expect(world.part.current(world.moment()).paused).toBe(true);
  expect(world.part.health(world.moment())).toMatchObject({ healthy: true });
  expect(world.newest().payload).toMatchObject({
    tradable: false,
    problem: expect.stringContaining('reference_paused'),
  });
  expect(world.part.state(world.moment())).toMatchObject({ paused: true, kraken: { connected: false } });
  await world.until('the end of the connection', () => world.kraken.clients() === 0);
  const requests = world.coingecko.requests();
  pass(world, 120_000);
  expect(world.coingecko.requests()).toBe(requests);
  pass(world, 120_000);
  expect(world.part.health(world.moment())).toMatchObject({ healthy: false, reasons: ['paused_and_stale'] });
  expect(world.lines.filter((line) => line.event === 'reference_source_broken').at(-1)?.fields).toEqual({
    reasons: ['paused_and_stale'],
  });
  world.part.resume();
  await world.bothUsable();
  expect(world.part.health(world.moment()).notes).toEqual([]);
});

test('says at least every ten seconds that it is there', async () => {
  const world = start();
  world.kraken.faults.refuse(true);
  await world.coingecko.close();
  world.part.start();
  pass(world, 30_000);
  expect(world.facts.length).toBeGreaterThanOrEqual(3);
  expect(world.newest().payload).toMatchObject({ source: 'none', bid_rate: null, tradable: false });
});

test('a wall clock that is set back an hour stops neither records nor polls nor a new subscription', async () => {
  const world = await started();
  world.clock.stepWall(-3_600_000);
  const [records, requests] = [world.facts.length, world.coingecko.requests()];
  for (let step = 0; step < 4 * 60; step++) {
    world.clock.advance(250);
    if (step % 4 === 0) world.kraken.bookAround(947_500n + BigInt(step % 8));
    await world.kraken.flushed();
  }
  expect(world.facts.length).toBeGreaterThanOrEqual(records + 6);
  await world.until('another poll', () => world.coingecko.requests() > requests);
  expect(world.part.current(world.moment())).toMatchObject({ source: 'kraken', tradable: true });
  world.kraken.faults.wrongChecksum(1);
  world.kraken.bookAround(950_000n);
  await world.until('a new subscription', () => {
    world.clock.advance(250);
    return world.part.state(world.moment()).kraken_feed.resubscribed === 1;
  });
});
