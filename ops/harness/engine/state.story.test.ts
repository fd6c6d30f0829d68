// What a whole engine shows of its parts is what the world outside has: connections, counts, prices, what is under way.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR, EURE } from '../../../contracts/assets.ts';
import { filterOf } from '../../../engine/ingest/pair-filter.ts';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineOn, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

let rig: RunningEngine;
beforeAll(async () => {
  rig = await startEngineRig();
  await rig.ready();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

test(
  'the ingest shows its connection, the frames that it received and the filter in force',
  async () => {
    const before = rig.control.ingest.state();
    expect(before.connection).toMatchObject({ state: 'live', host: new URL(rig.world.urls.RELAY_WS_URL).host });
    rig.ask('counted');
    await waitFor(() => rig.control.ingest.state().frames.quotes > before.frames.quotes, { what: 'the request' });
    const after = rig.control.ingest.state();
    expect(after.frames.received).toBeGreaterThan(before.frames.received);
    expect(Date.parse(after.connection.last_frame_at ?? '')).toBeGreaterThanOrEqual(
      Date.parse(after.last_quote_at ?? ''),
    );
    expect(after.pair_filter.pairs).toHaveLength(filterOf('pair', DEFAULT_PAIR).pairs.length);
    const one = { assetIn: EURE.id, assetOut: BTC.id };
    rig.control.ingest.pairFilter.change({ enabled: true, pairs: [one] });
    expect(rig.control.ingest.state().pair_filter).toEqual({
      enabled: true,
      pairs: [{ asset_in: one.assetIn, asset_out: one.assetOut }],
    });
    rig.control.ingest.pairFilter.change(null);
    await rig.ready();
  },
  LIMIT_MS,
);

test(
  "the reference shows the price of Kraken's book and when each source was read last",
  async () => {
    const { book } = rig.world.kraken.market();
    const state = rig.control.reference.state();
    expect(Number(state.kraken.bid)).toBe(Number(book.bids[0]?.priceE1) / 10);
    expect(state.kraken).toMatchObject({ connected: true, healthy: true, market_status: 'online' });
    expect(state.freshness_ms).toBeLessThanOrEqual(state.kraken.max_age_ms);
    for (const at of [state.kraken.confirmed_at, state.coingecko.read_at]) expect(Date.parse(at ?? '')).not.toBeNaN();
  },
  LIMIT_MS,
);

test(
  'an answer is in flight until the relay has replied, and is completed when it is over',
  async () => {
    rig.arm();
    rig.world.relay.faults.holdAcks(true);
    const quoteId = await rig.answered();
    expect(rig.control.executor.state()).toMatchObject({ in_flight: 1, last_request: { quote_id: quoteId } });
    const { completed } = rig.control.executor.state();
    rig.world.relay.faults.holdAcks(false);
    await waitFor(() => rig.control.executor.state().in_flight === 0, { what: 'the reply' });
    expect(rig.control.executor.state().last_venue_response).toMatchObject({ quote_id: quoteId, status: 'accepted' });
    expect(rig.world.relay.takeNow(quoteId)?.ok).toBe(true);
    await waitFor(() => rig.control.executor.state().completed > completed, { what: 'the settlement' });
  },
  LIMIT_MS,
);

test('each arming and disarming is a line of the log that names the part and who did it', () => {
  const { strategyArming, executorArming } = rig.engine.parts;
  const from = rig.lines.length;
  for (const arming of [strategyArming, executorArming]) {
    arming.disarm('somebody');
    arming.arm('operator', 5);
  }
  const said = rig.lines.slice(from).map((line) => JSON.parse(line));
  expect(said.map(({ event, component, part, by }) => [event, component, part, by])).toEqual([
    ['disarmed', 'strategy', 'strategy', 'somebody'],
    ['armed', 'strategy', 'strategy', 'operator'],
    ['disarmed', 'executor', 'executor', 'somebody'],
    ['armed', 'executor', 'executor', 'operator'],
  ]);
});

test(
  'a restart is disarmed, whatever was armed before, and its first line says how many records it was rebuilt from',
  async () => {
    const first = await startEngineRig();
    await first.ready();
    first.arm();
    await first.answered();
    await first.engine.drain(200);
    const next = await startEngineOn(first.setting, first.engine.parts.clock);
    expect(next.control.strategy.state().arm).toMatchObject({ armed: false, by: 'start' });
    expect(next.control.executor.state().arm).toMatchObject({ armed: false, by: 'start' });
    const started = next.lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'engine_started');
    expect(started.records_recovered).toBeGreaterThan(2);
    await next.close();
  },
  LIMIT_MS,
);
