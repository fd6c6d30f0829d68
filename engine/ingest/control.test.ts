// What operators see of the ingest: what is a fault, and what is worth a note. Nobody asking for the pair is none, however long it
// lasts.

import { describe, expect, test } from 'bun:test';
import { DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { decisionPayload } from '../bus/render/payloads.ts';
import { createObserver } from '../observe/observer.ts';
import { createFaults } from '../safety/faults.ts';
import { readyRig } from '../scenario/loop.fixture.ts';
import { type IngestControlOptions, ingestControl } from './control.ts';
import { OtherIds } from './other-ids.ts';
import { createPairFilter, filterOf } from './pair-filter.ts';

const SOUND = {
  connected: true,
  subscribed: true,
  session: { reasons: [], notes: [] },
  socket: { storm: false },
  backlog: { overloaded: false },
  refusal: null,
};

/** The ingest on a connection that is sound and subscribed, but for what is said. */
function start(over: object = {}) {
  const clock = new ManualClock();
  const observer = createObserver({ clock, log: keptLog().log, later: (run) => run(), decisionPayload });
  const relay = {
    state: () => ({ ...SOUND, ...over }),
    changeTokens: (tokens: readonly string[] | null) => void asked.push(tokens),
  };
  const asked: (readonly string[] | null)[] = [];
  const otherIds = new OtherIds(DEFAULT_PAIR);
  const control = ingestControl({
    settings: { config: { relayWsUrl: 'wss://relay.example/ws' }, pair: DEFAULT_PAIR },
    relay: relay as unknown as IngestControlOptions['relay'],
    pairFilter: createPairFilter(filterOf('pair', DEFAULT_PAIR)),
    otherIds,
    switches: { ingestPaused: false },
    observer,
    faults: createFaults(),
    clock,
  });
  return { clock, observer, otherIds, asked, control, health: control.health };
}

test('a pair that nobody asks for is noted after five minutes, until the next request, and the ingest is healthy', async () => {
  const { clock, observer, health } = start();
  const quiet = { healthy: true, reasons: [], notes: [] };
  clock.advance(300_000);
  expect(health()).toEqual(quiet);
  clock.advance(1);
  expect(health()).toEqual({ ...quiet, notes: ['pair_silent'] });
  clock.advance(24 * 3_600_000);
  expect(health()).toEqual({ ...quiet, notes: ['pair_silent'] });

  using rig = await readyRig();
  rig.answered('quote-1');
  const [fact] = rig.heardOf('quote-1');
  if (fact === undefined) throw new Error('not heard');
  observer.emit({ kind: 'decided', fact, answeredAfterUs: 1 });
  expect(health()).toEqual(quiet);
});

describe('health', () => {
  test.each([
    [
      'a key that is missing',
      { connected: false, refusal: 'key_missing' },
      ['relay_disconnected', 'relay_key_missing'],
    ],
    [
      'a key that is refused',
      { connected: false, refusal: 'key_refused' },
      ['relay_disconnected', 'relay_key_refused'],
    ],
    [
      'an address that is refused',
      { connected: false, refusal: 'address_refused' },
      ['relay_disconnected', 'relay_address_refused'],
    ],
    ['no subscription', { subscribed: false }, ['relay_not_subscribed']],
  ])('names %s as a reason, and is well as soon as it is gone', (_name, over, reasons) => {
    const state = { ...SOUND, ...over };
    const { health } = start(state);
    expect(health()).toMatchObject({ healthy: false, reasons });
    expect(start().health()).toMatchObject({ healthy: true, reasons: [] });
  });

  test.each([
    ['a storm of openings', { socket: { storm: true } }, 'relay_reconnect_storm'],
    ['an overload', { backlog: { overloaded: true } }, 'relay_overloaded'],
  ])('notes %s', (_name, over, note) => {
    expect(start(over).health()).toEqual({ healthy: true, reasons: [], notes: [note] });
  });

  test('notes for an hour that a traded asset was asked for under another id', () => {
    const { clock, otherIds, health } = start();
    clock.advance(1000);
    otherIds.see('nep141:nbtc.bridge.near', EURE.id, clock.elapsedUs());
    expect(health().notes).toEqual(['asked_under_other_id']);
    clock.advance(3_600_000 - 1);
    expect(health().notes).toContain('asked_under_other_id');
    clock.advance(1);
    expect(health().notes).toEqual(['pair_silent']);
  });
});

test('a filter without a direction of the pair is noted, and a reset asks the relay for the tokens of the pair again', () => {
  const { control, asked } = start();
  control.pairFilter.change({ enabled: true, pairs: [{ assetIn: EURE.id, assetOut: 'nep141:x.near' }] });
  expect(control.health().notes).toEqual(['pair_filtered']);
  control.pairFilter.change({ enabled: false, pairs: [] });
  expect(control.health().notes).toEqual([]);
  control.pairFilter.change(null);
  expect(control.health().notes).toEqual([]);
  expect(asked).toEqual([[EURE.id, 'nep141:x.near'], null, [DEFAULT_PAIR.btc.id, EURE.id, 'nep141:nbtc.bridge.near']]);
});
