import { expect, test } from 'bun:test';
import { isAt } from '../mutation/choice.ts';
import { EQUIVALENTS } from '../mutation/equivalents.ts';
import { NAMED } from '../mutation/named.ts';
import { roomsOf, testPlanOf } from '../mutation/rooms.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { drawn, planOf } from './mutation.ts';

test('300 changes, always the same ones', () => {
  expect(planOf([])).toEqual({ changes: 300, skip: 0, workers: 2, seed: 0 });
});

test.each([[['--changes', 'many']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});

test('every row of the lists is a change of the code as it is, and is drawn', async () => {
  const rooms = await roomsOf(CHECKOUT);
  const all = await drawn(rooms, 1_000_000, 0);
  const stale = [...NAMED, ...EQUIVALENTS].filter((row) => !all.some((change) => isAt(row, change)));
  expect(stale).toEqual([]);
  const few = await drawn(rooms, 40, 0);
  expect(NAMED.filter((row) => !few.some((change) => isAt(row, change)))).toEqual([]);
  expect(new Set(few.map(({ file }) => file.split('/')[1])).size).toBe(rooms.length);
});

test('each room has files and tests, and a file has those that import it', async () => {
  const rooms = await roomsOf(CHECKOUT);
  expect(rooms.filter(({ files, tests }) => files.length === 0 || tests.length === 0)).toEqual([]);
  const plan = await testPlanOf(CHECKOUT);
  expect(plan.near('engine/strategy/decide.ts')).toContain('engine/strategy/decide.test.ts');
  expect(plan.joint).toContain('engine/loop.test.ts');
});
