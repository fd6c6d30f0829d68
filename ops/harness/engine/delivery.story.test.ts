// Guaranteed delivery: what the relay says of our quotes while the connection is down is not lost.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

let rig: RunningEngine;
beforeAll(async () => {
  rig = await startEngineRig({ env: { RELAY_API_KEY: 'a-key' } });
  await rig.ready();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

test(
  'a settlement that is announced while the connection is down is heard with the next one, and acknowledged once it is durable',
  async () => {
    const { relay } = rig.world;
    expect(rig.control.ingest.state().delivery).toEqual({ guaranteed: true, left_out: 0 });
    rig.arm();
    const quoteId = await rig.answered();
    relay.faults.refuseUpgrade(503);
    relay.faults.drop();
    await waitFor(() => !rig.control.ingest.health().healthy, { what: 'the loss to be noticed' });
    expect(relay.takeNow(quoteId)).toMatchObject({ ok: true });
    await waitFor(() => relay.keptStatuses() === 1, { what: 'the status to be kept' });
    const { statuses } = rig.control.ingest.state().frames;
    relay.faults.refuseUpgrade(null);
    await waitFor(() => rig.control.ingest.state().frames.statuses === statuses + 1, { what: 'the kept status' });
    await waitFor(() => relay.keptStatuses() === 0, { what: 'its acknowledgement' });
  },
  LIMIT_MS,
);
