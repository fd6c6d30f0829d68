// Health tells about what decisions are made on: the parts that only fetch it may say otherwise.

import { describe, expect, test } from 'bun:test';
import { DEFAULT_PAIR, DIRECTIONS } from '../../contracts/assets.ts';
import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { partHealth } from '../../contracts/runtime/process/health/health.ts';
import { inventoryAgeMs } from '../inventory/control.ts';
import type { Stop } from '../model/values.ts';
import type { ClockVerdict } from '../safety/clock-skew.ts';
import type { Obstacle } from '../turn/obstacles.ts';
import { createControls } from './controls.ts';
import { createGates } from './gates.ts';
import type { Parts } from './parts.ts';

type World = {
  readonly obstacles?: readonly Obstacle[];
  readonly polled?: readonly string[];
  readonly referenced?: readonly string[];
  readonly snapshot?: { readonly keyRegistered: boolean; readonly accountLocked: boolean };
  readonly readBeforeUs?: number;
  readonly findings?: readonly string[];
  readonly accepted?: { readonly by: string; readonly atMs: number };
  readonly removalProblem?: string;
  readonly checkpointProblem?: string;
  readonly diskLow?: boolean;
  readonly diskUnanswered?: boolean;
  readonly savingProblem?: string;
  readonly stop?: Stop;
  /** Instead of: unless it was stopped. */
  readonly armed?: boolean;
  readonly mode?: ExecutorMode;
  readonly paused?: boolean;
  readonly clock?: ClockVerdict;
  readonly pulls?: readonly { readonly isFailing: boolean }[];
  readonly news?: readonly string[];
};

/** The parts as far as these three snapshot at them. */
function parts(world: World): Parts {
  const clock = new ManualClock();
  const some = {
    clock,
    obstacles: () => world.obstacles ?? [],
    breach: () => null,
    journal: {
      failure: null,
      removalProblem: world.removalProblem ?? null,
      checkpointProblem: world.checkpointProblem ?? null,
    },
    freeSpace: { state: () => ({ isLow: world.diskLow ?? false, isUnanswered: world.diskUnanswered ?? false }) },
    signedIds: { state: () => ({ problem: world.savingProblem ?? null }) },
    recovered: { complaints: world.findings ?? [], doubts: [] },
    startedUs: clock.elapsedUs(),
    relay: { state: () => ({ connected: true, subscribed: true, session: { reasons: [] } }) },
    book: {
      hasLane: () => true,
      capital: () => null,
      breach: () => null,
      readAtUs: () => clock.elapsedUs() - (world.readBeforeUs ?? 0),
      reservations: () => [],
    },
    laneManager: { salts: () => [] },
    verifier: {
      health: () => partHealth(world.polled ?? []),
      lastSnapshot: () => ({ stranded: {}, ...(world.snapshot ?? { keyRegistered: true, accountLocked: false }) }),
    },
    reference: { health: () => partHealth(world.referenced ?? []) },
    stops: { first: () => world.stop ?? null },
    settings: { config: { targetEdgePctE4: null }, pair: DEFAULT_PAIR },
    bus: {},
    background: { notes: () => world.news ?? [] },
    clockVerdict: () => world.clock ?? null,
    pulls: { underWay: () => world.pulls ?? [] },
    switches: {
      limits: null,
      draining: false,
      executorPaused: world.paused ?? false,
      mode: world.mode ?? 'live',
      recoveryAccepted: world.accepted ?? null,
    },
    executorArming: { state: () => ({ armed: world.armed ?? world.stop === undefined }) },
  };
  return some as unknown as Parts;
}
const STOP: Stop = { code: 'turns_failed', detail: '', atMs: 1 };
const RIGHT_CLOCK: ClockVerdict = { skewMs: 0, fromMs: -10, toMs: 10, agreeing: ['near'], contradicting: [] };
const WRONG_CLOCK: ClockVerdict = { ...RIGHT_CLOCK, skewMs: 60_000, fromMs: 60_000, toMs: 60_010 };
const controls = (world: World) => {
  const made = parts(world);
  return createControls(made, createGates(made));
};

test('of one health the gates are asked once a direction, however many parts ask', () => {
  let asked = 0;
  const counted = { ...parts({}), obstacles: () => [++asked] } as unknown as Parts;
  const gates = createGates(counted);
  const { reference, inventory, executor } = createControls(counted, gates);
  const askAll = () => [reference.health(), inventory.health(), executor.health(), gates.trading()];
  gates.asOne(askAll);
  expect(asked).toBe(DIRECTIONS.length);
  // Within another one it is the same health; the next one asks again.
  gates.asOne(() => gates.asOne(askAll));
  expect(asked).toBe(2 * DIRECTIONS.length);
  expect(() =>
    gates.asOne(() => {
      throw new Error('a check failed');
    }),
  ).toThrow();
  askAll();
  expect(asked).toBe(6 * DIRECTIONS.length);
});

describe('the inventory', () => {
  test.each(['inventory_missing', 'inventory_block_went_back', 'inventory_stale'] as const)(
    'is unhealthy with %s when decisions are blocked for it, however fresh the poll is',
    (reason) => expect(controls({ obstacles: [reason] }).inventory.health()).toEqual(partHealth([reason])),
  );

  test('is as old as decisions take it to be, whatever the poll says; what else the poll says counts', () => {
    expect(controls({ polled: ['inventory_stale'] }).inventory.health()).toEqual(partHealth([]));
    expect(controls({ polled: ['endpoints_disagree'] }).inventory.health()).toEqual(partHealth(['endpoints_disagree']));
    expect(inventoryAgeMs(parts({ readBeforeUs: 1_500_001 }))).toBe(1501);
  });

  test('notes what the sidecars report, and stays healthy', () => {
    expect(controls({ news: ['deposit_stuck'] }).inventory.health()).toEqual(partHealth([], ['deposit_stuck']));
  });
});

describe('the reference', () => {
  test('has the reason that decisions are blocked for, and what its sources say, each once', () => {
    const world: World = { obstacles: ['basis_out_of_bounds'], referenced: ['basis_out_of_bounds', 'source_broken'] };
    expect(controls(world).reference.health().reasons).toEqual(['basis_out_of_bounds', 'source_broken']);
  });

  test('that is paused is healthy: an operator did it', () => {
    expect(controls({ obstacles: ['reference_paused'] }).reference.health().healthy).toBe(true);
  });
});

describe('the executor', () => {
  test.each([
    ['recovery_findings', { findings: ['no nonce n is open'] }],
    ['signed_ids_not_saved', { savingProblem: 'ENOSPC' }],
    ['journal_segments_kept', { removalProblem: 'EBUSY' }],
    ['journal_checkpoint_failed', { checkpointProblem: 'ENOSPC' }],
    ['disk_low', { diskLow: true }],
    ['disk_space_unknown', { diskUnanswered: true }],
  ] as const)('notes %s, which asks for an operator and keeps nothing from working', (note, world) => {
    expect(controls(world).executor.health()).toEqual(partHealth([], [note]));
  });

  test('is unhealthy while quotes cannot be withdrawn', () => {
    expect(controls({ pulls: [{ isFailing: false }] }).executor.health()).toEqual(partHealth([]));
    expect(controls({ pulls: [{ isFailing: true }] }).executor.health().reasons).toEqual(['pull_failing']);
  });

  test('no longer notes findings that were accepted', () => {
    const world: World = { findings: ['no nonce n is open'], accepted: { by: 'operator', atMs: 1 } };
    expect(controls(world).executor.health()).toEqual(partHealth([]));
  });

  test.each(['clock_skew', 'process_stalled', 'quotes_live_max', 'journal_behind'] as const)(
    'is unhealthy while %s keeps it from signing',
    (reason) => expect(controls({ obstacles: [reason] }).executor.health().reasons).toEqual([reason]),
  );

  test('is unhealthy while the gates fail by an error of our own, which is reported when it begins', () => {
    const errors: unknown[] = [];
    let fails = true;
    const failing = (name: 'obstacles' | 'relay') => {
      const slip = () => {
        if (fails) throw new Error(`${name} fails`);
        return [];
      };
      return name === 'obstacles' ? { obstacles: slip } : { relay: { state: slip } };
    };
    for (const name of ['obstacles', 'relay'] as const) {
      fails = true;
      const made = { ...parts({}), ...failing(name) } as unknown as Parts;
      const gates = createGates(made, (error) => errors.push(error));
      const { executor } = createControls(made, gates);
      for (let times = 0; times < 2; times++) expect(executor.health()).toEqual(partHealth(['gates_failed']));
      expect(gates.trading()).toMatchObject({ trading: false, notTrading: ['gates_failed'] });
      expect(errors.map(String)).toEqual([`Error: ${name} fails`]);
      errors.length = 0;
    }
    const made = { ...parts({}), ...failing('obstacles') } as unknown as Parts;
    const gates = createGates(made, (error) => errors.push(error));
    for (fails of [true, false, true]) gates.trading();
    expect(errors).toHaveLength(2);
  });

  test('notes by which code it was stopped', () => {
    expect(controls({ stop: STOP }).executor.health().notes).toEqual([
      'disarmed',
      'stopped_itself',
      'stopped_by:turns_failed',
    ]);
  });

  test.each([
    ['that nothing is to be said of', {}, []],
    ['in shadow mode', { mode: 'shadow' }, ['shadow_mode']],
    ['that is paused', { paused: true }, ['paused']],
    ['that nobody armed yet', { armed: false }, ['disarmed']],
    ['that was armed again', { stop: STOP, armed: true }, []],
  ] as const)('%s has these notes', (_what, world, notes) => {
    expect(controls(world).executor.health()).toEqual(partHealth([], notes));
  });

  test.each([
    ['as decisions are blocked for it', { obstacles: ['clock_skew'] }, ['clock_skew']],
    ['once, where decisions are blocked for it', { obstacles: ['clock_skew'], clock: WRONG_CLOCK }, ['clock_skew']],
    ['where nothing is decided that it could block', { clock: WRONG_CLOCK }, ['clock_skew']],
    ['not where it is right', { clock: RIGHT_CLOCK }, []],
  ] as const)('says of a wrong clock %s', (_when, world, reasons) => {
    expect(controls(world).executor.health().reasons).toEqual([...reasons]);
  });

  test('says what the snapshot in use says of key and account', () => {
    const snapshot = { keyRegistered: false, accountLocked: true };
    expect(controls({ snapshot }).executor.health().reasons).toEqual(['signer_unauthorized', 'account_locked']);
  });
});
