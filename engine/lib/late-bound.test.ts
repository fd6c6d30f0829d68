import { expect, test } from 'bun:test';
import { LateBound } from './late-bound.ts';

test('gives what was bound, undefined and null included', () => {
  for (const value of [1, null, undefined]) {
    const port = new LateBound<unknown>('the loop');
    port.bind(value);
    expect(port.get()).toBe(value);
  }
});

test('throws when it is used before it is bound, or bound twice', () => {
  const port = new LateBound<number>('the loop');
  expect(() => port.get()).toThrow('the loop is used before it is bound');
  port.bind(1);
  expect(() => port.bind(2)).toThrow('the loop is bound already');
  expect(port.get()).toBe(1);
});
