// What keeps a running engine from signing for a while, over real sockets: the decision says so, health says so, and it is over
// by itself.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const QUOTES_LIVE_MAX = 3;

let rig: RunningEngine;
beforeAll(async () => {
  rig = await startEngineRig({ env: { QUOTES_LIVE_MAX: String(QUOTES_LIVE_MAX), JOURNAL_MAX_SYNC_LAG_MS: '250' } });
  await rig.ready();
  rig.arm();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

test(
  'nothing is signed while the oldest record that is not on disk is older than allowed',
  async () => {
    const { journal } = rig.engine.parts;
    const lagMs = journal.syncLagMs;
    journal.syncLagMs = () => 250;
    await rig.answered();
    journal.syncLagMs = () => 250.1;
    await rig.until('journal_behind');
    expect(rig.control.executor.health()).toMatchObject({ healthy: false, reasons: ['journal_behind'] });
    expect(rig.control.state().journal?.sync_lag_ms).toBe(251);
    journal.syncLagMs = lagMs;
    await rig.answered();
    await waitFor(() => rig.control.executor.health().healthy, { what: 'the executor to be healthy' });
  },
  LIMIT_MS,
);

test(
  'nothing is signed beyond the number of live quotes that is allowed',
  async () => {
    while (rig.engine.parts.book.counts().open < QUOTES_LIVE_MAX) await rig.answered();
    await rig.until('quotes_live_max');
    expect(rig.control.executor.health().reasons).toEqual(['quotes_live_max']);
    expect(rig.engine.parts.book.counts().open).toBe(QUOTES_LIVE_MAX);
  },
  LIMIT_MS,
);
