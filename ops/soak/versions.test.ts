import { expect, test } from 'bun:test';
import { planOf } from './versions.ts';

test('the first version that had every process, or another commit', () => {
  expect(planOf([])).toEqual({ commit: 'e5210ac' });
  expect(planOf(['--commit', '0123456789abcdef0123456789abcdef01234567'])).toEqual({
    commit: '0123456789abcdef0123456789abcdef01234567',
  });
});

test.each([[['--commit', 'main']], [['--commit', '--output=/x']], [['--commit', '12345']], [['--unknown']], [['one']]])(
  '%p is refused',
  (args) => {
    expect(typeof planOf(args)).toBe('string');
  },
);
