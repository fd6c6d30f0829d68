import { expect, test } from 'bun:test';
import { ERROR_TEXTS_MAX, ERRORS_OVER_MS, KrakenTroubles } from './troubles.ts';

const T0_US = 5_000_000_000;

function start() {
  const reported: string[] = [];
  const troubles = new KrakenTroubles((what, detail) => reported.push(`${what}: ${detail}`));
  return { reported, troubles, error: (text: string, atMs: number) => troubles.error(text, T0_US + atMs * 1000) };
}

test('errors that take turns are reported once each', () => {
  const { reported, troubles, error } = start();
  for (let times = 0; times < 50; times++) {
    error('Exceeded msg rate', times);
    error('Subscription Not Found', times);
  }
  expect(reported).toEqual(['kraken_error: Exceeded msg rate', 'kraken_error: Subscription Not Found']);
  expect(troubles.lastError()).toBe('Subscription Not Found');
});

test('an error is reported again once none had come for a while, counted from the last and not from the first', () => {
  const { reported, error } = start();
  error('Exceeded msg rate', 0);
  error('Exceeded msg rate', ERRORS_OVER_MS - 1);
  error('Exceeded msg rate', 2 * ERRORS_OVER_MS - 2);
  expect(reported).toHaveLength(1);
  error('Exceeded msg rate', 3 * ERRORS_OVER_MS - 2);
  expect(reported).toHaveLength(2);
});

test('errors whose texts name something new each time are a bounded number of lines', () => {
  const { reported, troubles, error } = start();
  for (let id = 0; id < 1000; id++) error(`request ${id} cannot be taken`, id);
  expect(reported).toHaveLength(ERROR_TEXTS_MAX);
  expect(troubles.lastError()).toBe('request 999 cannot be taken');
});

test('what lasts is reported once until it is over', () => {
  const { reported, troubles } = start();
  troubles.began('kraken_book_lost', 'a');
  troubles.began('kraken_book_lost', 'b');
  troubles.over('kraken_book_lost');
  troubles.began('kraken_book_lost', 'c');
  expect(reported).toEqual(['kraken_book_lost: a', 'kraken_book_lost: c']);
});
