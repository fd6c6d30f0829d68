import { expect, test } from 'bun:test';
import { type Called, withdrawnBy } from './permits.ts';

const DISARM: Called = {
  method: 'POST',
  path: '/executor/disarm',
  body: { pull: true },
  isOk: true,
  isPullRefused: false,
};

test.each([
  ['a pull', { path: '/executor/pull', body: {} }, 'all'],
  ['a pull that is refused, as the journal failed under it', { path: '/executor/pull', isOk: false }, 'some'],
  ['a disarm that withdraws', {}, 'all'],
  ['a disarm whose answer says that nothing could be withdrawn', { isPullRefused: true }, 'some'],
  ['a disarm alone', { body: {} }, 'none'],
  ['a pause', { path: '/executor/pause', body: {} }, 'none'],
] as const)('%s', (_name, call, withdrawn) => {
  expect(withdrawnBy({ ...DISARM, ...call })).toBe(withdrawn);
});
