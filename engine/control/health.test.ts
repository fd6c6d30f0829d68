// Health tells about what decisions are made on: the parts that only fetch it may say otherwise.

import { describe, expect, test } from 'bun:test';
import { DEFAULT_PAIR, DIRECTIONS } from '../../contracts/assets.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { partHealth } from '../../contracts/runtime/process/health/health.ts';
import { inventoryAgeMs } from '../inventory/control.ts';
import type { Stop } from '../model/values.ts';
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
  readonly savingProblem?: string;
  readonly stop?: Stop;
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
    clockVerdict: () => null,
    pulls: { underWay: () => world.pulls ?? [] },
    switches: { limits: null, draining: false, executorPaused: false, recoveryAccepted: world.accepted ?? null },
    executorArming: { state: () => ({ armed: world.stop === undefined }) },
  };
  return some as unknown as Parts;
}
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

  test('notes by which code it was stopped', () => {
    const stop: Stop = { code: 'turns_failed', detail: '', atMs: 1 };
    expect(controls({ stop }).executor.health().notes).toEqual([
      'disarmed',
      'stopped_itself',
      'stopped_by:turns_failed',
    ]);
  });

  test('says what the snapshot in use says of key and account', () => {
    const snapshot = { keyRegistered: false, accountLocked: true };
    expect(controls({ snapshot }).executor.health().reasons).toEqual(['signer_unauthorized', 'account_locked']);
  });
});
