// Which of two records of a thing is the newer one, whatever order they come in.

import { expect, test } from 'bun:test';
import { createWorld } from '../world.fixture.ts';

const DEPOSIT = { funding_observation_id: 'deposit', tx_hash: 'tx' };

test('a manager that lost its state counts from 1 again: what it says now clears what it said before', () => {
  const world = createWorld();
  world.hear('ops.funding_observation', { ...DEPOSIT, status: 'stuck', observation_seq: 12 });
  expect(world.holds('funding_stuck')).toEqual(['deposit']);
  world.clock.advance(1_000);
  world.hear('ops.funding_observation', { ...DEPOSIT, status: 'credited', observation_seq: 1 });
  expect(world.holds('funding_stuck')).toEqual([]);
});

test('a record that is sent again says nothing new', () => {
  const world = createWorld();
  world.clock.advance(10_000);
  world.hear('ops.funding_observation', { ...DEPOSIT, status: 'credited', observation_seq: 13 });
  world.hear('ops.funding_observation', { ...DEPOSIT, status: 'stuck', observation_seq: 12 }, 5_000);
  expect(world.holds('funding_stuck')).toEqual([]);
  // A clock that was set back makes no record old: its number is higher.
  world.hear('ops.funding_observation', { ...DEPOSIT, status: 'stuck', observation_seq: 14 }, 8_000);
  expect(world.holds('funding_stuck')).toEqual(['deposit']);
});
