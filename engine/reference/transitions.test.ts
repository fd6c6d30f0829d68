import { expect, test } from 'bun:test';
import { linesOf, type ReferenceStatus, statusText } from './transitions.ts';

const WELL: ReferenceStatus = {
  problem: null,
  krakenFault: null,
  coingeckoFault: null,
  fallbackUsed: false,
  source: 'kraken',
  krakenConnected: true,
  krakenSystem: 'online',
  coingeckoFailure: null,
  unhealthy: [],
  paused: false,
};

/** Lines of a change as `level event`. */
const lines = (before: ReferenceStatus | null, now: ReferenceStatus): string[] =>
  linesOf(before, now, { explained: 'explained', lastClose: 'gone' }).map(({ level, event }) => `${level} ${event}`);

test.each([
  [
    'a lost connection',
    { krakenConnected: false, krakenSystem: null, krakenFault: 'kraken_disconnected' },
    ['warn kraken_disconnected', 'warn kraken_unusable'],
    ['info kraken_connected', 'info kraken_market_status', 'info kraken_usable'],
  ],
  ['a lost book', { krakenFault: 'kraken_book_awaited' }, ['warn kraken_unusable'], ['info kraken_usable']],
  ['maintenance', { krakenSystem: 'maintenance' }, ['warn kraken_market_status'], ['info kraken_market_status']],
  ['a stale CoinGecko', { coingeckoFault: 'coingecko_stale' }, ['warn coingecko_unusable'], ['info coingecko_usable']],
  ['failing polls', { coingeckoFailure: 'timeout' }, ['warn coingecko_failing'], ['info coingecko_recovered']],
  [
    'the fallback',
    { fallbackUsed: true, source: 'coingecko' },
    ['warn reference_fallback_began'],
    ['info reference_fallback_ended'],
  ],
  ['a problem', { problem: 'price_stale' }, ['warn reference_unusable'], ['info reference_usable']],
  [
    'a broken source',
    { unhealthy: ['kraken_disconnected'] },
    ['warn reference_source_broken'],
    ['info reference_sources_recovered'],
  ],
] as const)('%s is logged once when it begins and once when it ends', (_, change, began, ended) => {
  const now: ReferenceStatus = { ...WELL, ...change };
  expect(lines(WELL, now)).toEqual([...began]);
  expect(lines(now, now)).toEqual([]);
  expect(lines(now, WELL)).toEqual([...ended]);
  expect(statusText(now)).not.toBe(statusText(WELL));
});

test('another fault of the same source is no second line', () => {
  const lost: ReferenceStatus = { ...WELL, krakenFault: 'kraken_book_awaited' };
  expect(lines(lost, { ...lost, krakenFault: 'kraken_stale' })).toEqual([]);
});

test('the start logs what is there and what fails, not what is still awaited', () => {
  expect(lines(null, WELL)).toEqual(['info kraken_connected', 'info kraken_market_status']);
  const awaited: ReferenceStatus = {
    ...WELL,
    krakenConnected: false,
    krakenSystem: null,
    krakenFault: 'kraken_disconnected',
    coingeckoFault: 'coingecko_missing',
    problem: 'price_missing',
  };
  expect(lines(null, awaited)).toEqual([]);
  expect(lines(null, { ...awaited, coingeckoFailure: 'timeout' })).toEqual(['warn coingecko_failing']);
});

test('a start whose first price cannot be traded on yet is no warning', () => {
  const awaited: ReferenceStatus = { ...WELL, krakenConnected: false, krakenSystem: null, problem: 'price_missing' };
  expect(lines(awaited, { ...awaited, problem: 'price_stale' })).toEqual(['info reference_unusable']);
  expect(lines({ ...awaited, problem: 'price_stale' }, { ...awaited, problem: 'price_diverged' })).toEqual([
    'warn reference_unusable',
  ]);
});
