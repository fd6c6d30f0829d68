// Faults of both price sources.

import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import type { HttpFault } from '../machine/network.ts';
import { portOf, type Sim } from '../sim.ts';
import { type Fault, type FaultContext, moment } from './fault.ts';

const krakenLine = (sim: Sim) => sim.machine.network.line(portOf(sim.world.urls.KRAKEN_WS_URL));
const coingeckoLine = (sim: Sim) => sim.machine.network.line(portOf(sim.world.urls.COINGECKO_URL));

function krakenSays(
  row: Pick<Fault, 'name' | 'how'>,
  change: (text: string) => string | Uint8Array | null,
  lastsMs: readonly [number, number] = [4_000, 20_000],
): Fault {
  return {
    ...row,
    target: 'kraken',
    lastsMs,
    begin({ sim, fired }) {
      const line = krakenLine(sim);
      line.down = (text) => {
        const changed = change(text);
        if (changed !== text) fired();
        return changed;
      };
      return () => {
        line.down = (text) => text;
        sim.world.kraken.faults.drop();
      };
    },
  };
}

const lasting = (
  row: Pick<Fault, 'name' | 'target' | 'how'>,
  begin: (context: FaultContext) => () => void,
  lastsMs: readonly [number, number] = [4_000, 25_000],
): Fault => ({
  ...row,
  lastsMs,
  begin(context) {
    const end = begin(context);
    context.fired();
    return end;
  },
});

function coingeckoMeets(row: Pick<Fault, 'name' | 'how'>, fault: HttpFault): Fault {
  return {
    ...row,
    target: 'coingecko',
    lastsMs: [20_000, 120_000],
    begin({ sim, fired }) {
      const line = coingeckoLine(sim);
      line.http = () => {
        fired();
        return fault;
      };
      return () => {
        line.http = () => null;
      };
    },
  };
}

const isFrameOf = (channel: string, text: string): boolean => text.startsWith(`{"channel":"${channel}"`);
const tenMinutesBefore = (stamp: string): string => new Date(Date.parse(stamp) - 600_000).toISOString();

/** What was asked at the begin is answered by then. */
const ANSWERED_MS = 2_500;

export const PRICE_FAULTS: readonly Fault[] = [
  {
    name: 'price_jumps',
    target: 'market',
    how: 'both sources move by up to four percent at once, while quotes are live',
    lastsMs: [8_000, 40_000],
    begin({ sim, market, traffic, random, fired }) {
      for (let kinds = 0; kinds < 3; kinds += 1) traffic.alike()();
      let isHeld = false;
      sim.later(ANSWERED_MS, () => {
        const movedE1 = (market.priceE1() * random.between(-400, 400)) / 10_000;
        market.hold(true);
        isHeld = true;
        sim.world.setPrice(BigInt(Math.round(market.priceE1() + movedE1)), 10n);
        fired();
      });
      return () => {
        if (isHeld) market.hold(false);
      };
    },
  },
  moment(
    { name: 'kraken_drops', target: 'kraken', how: 'every connection is cut' },
    ({ sim }) => void sim.world.kraken.faults.drop(),
  ),
  lasting(
    { name: 'kraken_heartbeats_alone', target: 'kraken', how: 'heartbeats go on, books and tickers stop' },
    ({ sim }) => {
      sim.world.kraken.faults.silence(true);
      return () => sim.world.kraken.faults.silence(false);
    },
  ),
  lasting({ name: 'kraken_dead_line', target: 'kraken', how: 'the socket stays open and nothing comes' }, ({ sim }) => {
    krakenLine(sim).isDead = true;
    return () => {
      krakenLine(sim).isDead = false;
      sim.world.kraken.faults.drop();
    };
  }),
  lasting({ name: 'kraken_refuses', target: 'kraken', how: 'connections are refused with 503' }, ({ sim }) => {
    sim.world.kraken.faults.refuse(true);
    sim.world.kraken.faults.drop();
    return () => sim.world.kraken.faults.refuse(false);
  }),
  moment(
    { name: 'kraken_wrong_checksum', target: 'kraken', how: 'the next book frames carry a wrong checksum' },
    ({ sim, random }) => sim.world.kraken.faults.wrongChecksum(random.between(1, 4)),
  ),
  moment(
    { name: 'kraken_rate_limit', target: 'kraken', how: 'after a drop, the first messages get the rate error' },
    ({ sim }) => {
      sim.world.kraken.faults.rateLimit(3);
      sim.world.kraken.faults.drop();
    },
  ),
  krakenSays({ name: 'kraken_crossed_ticker', how: 'tickers have their bid above their ask' }, (text) =>
    isFrameOf('ticker', text) ? text.replace(/"bid":(\d)/, '"bid":9$1') : text,
  ),
  krakenSays({ name: 'kraken_old_timestamps', how: 'frames carry times of ten minutes ago' }, (text) =>
    text.replace(/"timestamp":"([^"]+)"/g, (_all, stamp) => `"timestamp":"${tenMinutesBefore(stamp)}"`),
  ),
  krakenSays({ name: 'kraken_cut_frames', how: 'frames come without their end' }, (text) => text.slice(0, -5)),
  krakenSays({ name: 'kraken_binary_frames', how: 'texts come in binary frames' }, (text) =>
    new TextEncoder().encode(text),
  ),
  lasting({ name: 'kraken_one_sided', target: 'kraken', how: 'the book has no asks' }, ({ sim, market }) => {
    market.hold(true);
    sim.world.kraken.setBook({ bids: sim.world.kraken.market().book.bids, asks: [] });
    return () => market.hold(false);
  }),
  lasting(
    { name: 'kraken_thin', target: 'kraken', how: 'the book has a few levels of a few satoshis' },
    ({ sim, market }) => {
      market.hold(true);
      const { bids, asks } = sim.world.kraken.market().book;
      const thin = (levels: typeof bids) => levels.slice(0, 3).map(({ priceE1 }) => ({ priceE1, qtyE8: 500n }));
      sim.world.kraken.setBook({ bids: thin(bids), asks: thin(asks) });
      return () => market.hold(false);
    },
  ),
  lasting({ name: 'kraken_maintenance', target: 'kraken', how: 'the market is in maintenance' }, ({ sim, random }) => {
    sim.world.kraken.setSystem(random.pick(['maintenance', 'cancel_only', 'post_only']));
    return () => sim.world.kraken.setSystem('online');
  }),
  coingeckoMeets(
    { name: 'coingecko_429', how: 'polls are answered with 429' },
    { kind: 'status', status: 429, headers: { 'retry-after': '5' } },
  ),
  coingeckoMeets({ name: 'coingecko_500', how: 'polls are answered with 500' }, { kind: 'status', status: 500 }),
  coingeckoMeets({ name: 'coingecko_hangs', how: 'polls are not answered' }, { kind: 'lost' }),
  coingeckoMeets(
    { name: 'coingecko_garbage', how: 'polls are answered with something else' },
    { kind: 'altered', alter: () => '<html>' },
  ),
  lasting(
    { name: 'coingecko_frozen', target: 'coingecko', how: 'prices are not renewed and grow old' },
    ({ sim }) => {
      sim.world.coingecko.faults.freeze(true);
      return () => sim.world.coingecko.faults.freeze(false);
    },
    [60_000, 300_000],
  ),
  lasting(
    { name: 'coingecko_elsewhere', target: 'coingecko', how: 'its price is three percent off' },
    ({ sim, market, random }) => {
      const price = market.priceE1() * (random.chance(1, 2) ? 1.03 : 0.97);
      const say = (): void => void sim.world.coingecko.setPrice(COINGECKO_IDS.btc, (price / 10).toFixed(2));
      market.hold(true);
      say();
      return () => market.hold(false);
    },
    [30_000, 60_000],
  ),
  lasting(
    { name: 'eure_off_par', target: 'coingecko', how: 'EURe is said to be far from par' },
    ({ sim, random }) => {
      sim.world.coingecko.setPrice(COINGECKO_IDS.eure, random.pick(['1.06', '0.93']));
      return () => void sim.world.coingecko.setPrice(COINGECKO_IDS.eure, '1.0002');
    },
    [30_000, 90_000],
  ),
  lasting(
    { name: 'eure_without_price', target: 'coingecko', how: 'the price of EURe is missing' },
    ({ sim }) => {
      sim.world.coingecko.removeCoin(COINGECKO_IDS.eure);
      return () => void sim.world.coingecko.setPrice(COINGECKO_IDS.eure, '1.0002');
    },
    [60_000, 240_000],
  ),
];
