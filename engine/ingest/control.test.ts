// What operators see of the ingest when nobody asks for the pair: that is no fault, however long it lasts.

import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { decisionPayload } from '../bus/render/payloads.ts';
import { createObserver } from '../observe/observer.ts';
import { createFaults } from '../safety/faults.ts';
import { readyRig } from '../scenario/loop.fixture.ts';
import { type IngestControlOptions, ingestControl } from './control.ts';
import { createPairFilter } from './pair-filter.ts';

/** The ingest on a connection that is sound and subscribed. */
function start() {
  const clock = new ManualClock();
  const observer = createObserver({ clock, log: keptLog().log, later: (run) => run(), decisionPayload });
  const relay = {
    state: () => ({ connected: true, subscribed: true, session: { reasons: [], notes: [] } }),
    changeTokens: () => {},
  };
  const { health } = ingestControl({
    settings: { config: { relayWsUrl: 'wss://relay.example/ws' } },
    relay: relay as unknown as IngestControlOptions['relay'],
    pairFilter: createPairFilter(),
    switches: { ingestPaused: false },
    observer,
    faults: createFaults(),
    clock,
  });
  return { clock, observer, health };
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
