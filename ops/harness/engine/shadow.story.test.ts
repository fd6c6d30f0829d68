// Shadow mode of the whole engine against the simulated world, over real sockets: the relay sees no answer, everything else is as live.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { isComplete } from '../../../contracts/control/engine-state.ts';
import { stateLines } from '../../console/state-view.ts';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const QUOTES_LIVE_MAX = 3;

let rig: RunningEngine;
beforeAll(async () => {
  rig = await startEngineRig({ env: { EXECUTOR_MODE: 'shadow', QUOTES_LIVE_MAX: String(QUOTES_LIVE_MAX) } });
  await rig.ready();
}, LIMIT_MS);
afterAll(() => rig.close(), LIMIT_MS);

const count = (state: string): number => rig.control.executor.state().results_by_state[state] ?? 0;

test(
  'a start in the configured mode is disarmed like any other, healthy, and says the mode',
  async () => {
    rig.ask('disarmed');
    await waitFor(() => rig.reasonOf('disarmed') === 'strategy_disarmed', { what: 'the rejection' });
    expect(rig.control.state()).toMatchObject({
      trading: false,
      not_trading: ['strategy_disarmed', 'executor_disarmed', 'shadow_mode'],
      executor: { mode: 'shadow', shadow_open: 0, healthy: true },
    });
    expect(rig.control.executor.health().notes).toContain('shadow_mode');
    const started = rig.lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'engine_started');
    expect(started).toMatchObject({ mode: 'shadow' });
  },
  LIMIT_MS,
);

test(
  'armed, every request ends as shadow, is reserved for, and reaches no relay',
  async () => {
    rig.arm();
    expect(rig.control.state().not_trading).toEqual(['shadow_mode']);
    await rig.until('quotes_live_max');
    expect(count('shadow')).toBe(QUOTES_LIVE_MAX);
    expect(rig.control.executor.state()).toMatchObject({
      mode: 'shadow',
      shadow_open: QUOTES_LIVE_MAX,
      open: 0,
      completed: QUOTES_LIVE_MAX,
      last_request: null,
      recent_attempts: expect.arrayContaining([
        expect.objectContaining({
          state: 'shadow',
          result_code: 'shadow_mode',
          quote_hash: null,
          lane: expect.any(Number),
        }),
      ]),
    });
    const state = rig.control.state();
    if (!isComplete(state)) throw new Error(`cannot be read: ${state.unreadable}`);
    expect(stateLines(state, Date.now())[1]).toBe(
      'SHADOW MODE, nothing is signed (3 open); trading: no (quotes_live_max, shadow_mode)',
    );
    expect(rig.world.relay.answers()).toEqual([]);
    await waitFor(() => rig.events().includes('trade_shadow'), { what: 'the line of the result' });
    expect(rig.events()).not.toContain('trade_submitted');
  },
  LIMIT_MS,
);

test(
  'the switch to live drops what shadow mode reserved and answers; the switch back keeps what was signed under watch',
  async () => {
    rig.control.executor.setMode('live', 'test');
    expect(rig.control.executor.state()).toMatchObject({ mode: 'live', shadow_open: 0, arm: { armed: true } });
    expect(rig.control.state()).toMatchObject({ trading: true });
    const taken = await rig.answered();
    rig.control.executor.setMode('shadow', 'test');
    await rig.until('accepted');
    expect(rig.control.executor.state()).toMatchObject({ open: 1, shadow_open: 1 });
    expect(rig.world.relay.takeNow(taken)?.ok).toBe(true);
    await waitFor(() => count('settled') === 1, { what: 'the settlement' });
    expect(rig.world.relay.answers().map(({ quoteId }) => quoteId)).toEqual([taken]);
    const switched = rig.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'executor_mode_changed');
    expect(switched).toMatchObject([
      { mode: 'live', by: 'test' },
      { mode: 'shadow', by: 'test' },
    ]);
  },
  LIMIT_MS,
);
