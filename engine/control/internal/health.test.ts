// What the engine adds to /internal/health, as its schema has it.

import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { BTC, DEFAULT_PAIR, EURE } from '../../../contracts/assets.ts';
import { PART_NAMES } from '../../../contracts/control/engine-state.ts';
import { INTERNAL_FIELDS } from '../../../contracts/control/internal-health.ts';
import { shape } from '../../../contracts/control/shapes.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { isoTime } from '../../../contracts/time.ts';
import { T0 } from '../../inventory/book.fixture.ts';
import { asked, DeskWorld } from '../../inventory/reservations/desk.fixture.ts';
import { momentOf } from '../../lib/moment.ts';
import { createLastRun } from '../../observe/last-run.ts';
import { type InternalSources, internalFields } from './health.ts';

const AT = isoTime(T0);

async function make() {
  const world = new DeskWorld();
  await world.desk.reserve(asked('a', 400_000n));
  const housekeeping = createLastRun();
  const clock = new ManualClock(T0);
  const state = {
    last_success_at: AT,
    healthy: true,
    blocked_by: ['paused'],
    connected: true,
    connection: { last_frame_at: AT },
    poll: { rpc: { endpoint: 'rpc.example' }, key_registered: true, account_locked: false },
    block_height: 100,
  };
  let failing: string | null = null;
  const control = Object.fromEntries(
    PART_NAMES.map((name) => [
      name,
      {
        state() {
          if (name === failing) throw new Error('a slip');
          return state;
        },
      },
    ]),
  );
  const parts = {
    ...{ clock, housekeeping, book: world.book, settings: { pair: DEFAULT_PAIR }, journal: { ownsFiles: true } },
    relay: { state: () => ({ connected: true, subscribed: false }) },
  };
  const sources = { control, parts } as unknown as InternalSources;
  const fail = (name: string): void => {
    failing = name;
  };
  return { clock, housekeeping, fail, fields: () => internalFields(sources) };
}

test('every loop is named with its last run, and the lock, the capital and the venue', async () => {
  const { clock, housekeeping, fields } = await make();
  const loop = { last_run_at: AT, healthy: true, blocked_by: ['paused'] };
  const parts = PART_NAMES.map((name) => ({ ...loop, name: name as string }));
  const idle = { name: 'housekeeping', last_run_at: null, healthy: false, blocked_by: [] };
  expect(fields().loops).toEqual([...parts, idle]);
  housekeeping.ran(momentOf(clock));
  const found = fields();
  expect(found.loops?.at(-1)).toEqual({ ...idle, last_run_at: AT, healthy: true });
  expect(found).toMatchObject({
    lock: { held: true },
    capital: [
      { asset: BTC.id, credited: '1000000', spendable: '600000', reserved_for_positions: '400000', holds: true },
      { asset: EURE.id, holds: true },
    ],
    venue: { relay_connected: true, relay_subscribed: false, verifier_endpoint: 'rpc.example', block_height: 100 },
  });
  expect([...Value.Errors(shape(INTERNAL_FIELDS), found)]).toEqual([]);
});

test.each(PART_NAMES)('a state of %s that cannot be read does not cost the rest', async (part) => {
  const { fail, fields } = await make();
  fail(part);
  const found = fields();
  const failed = { name: part as string, last_run_at: null, healthy: false, blocked_by: ['check_failed'] };
  expect(found.loops?.filter(({ name }) => name === part)).toEqual([failed]);
  expect(found.loops).toHaveLength(PART_NAMES.length + 1);
  expect(found.capital).toHaveLength(2);
  expect(found.venue === undefined).toBe(part === 'inventory' || part === 'ingest');
  expect([...Value.Errors(shape(INTERNAL_FIELDS), found)]).toEqual([]);
});

test('a loop that no longer runs is not healthy, whatever the time of day says', async () => {
  const { clock, housekeeping, fields } = await make();
  const isHealthy = () => fields().loops?.at(-1)?.healthy;
  housekeeping.ran(momentOf(clock));
  clock.stepWall(-3_600_000);
  clock.advance(5_000);
  expect(isHealthy()).toBe(true);
  clock.advance(1);
  expect(isHealthy()).toBe(false);
  housekeeping.ran(momentOf(clock));
  expect(isHealthy()).toBe(true);
});
