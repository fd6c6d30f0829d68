import { describe, expect, test } from 'bun:test';
import { hasWallet, wallets } from './wallets.ts';

const { parse } = wallets({ name: 'WALLETS', help: '' });

test('addresses are kept in the form in which they are compared, each once', () => {
  const read = parse(
    ' btc:mainnet=BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4 ,eth:100=0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth:100=0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
  );
  if (!read.ok) throw new Error(read.problem);
  expect(read.value).toEqual([
    { chain: 'btc:mainnet', address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    { chain: 'eth:100', address: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed' },
  ]);
  expect(hasWallet(read.value, 'eth:100', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed')).toBe(true);
  // The same text on another chain is another wallet.
  expect(hasWallet(read.value, 'btc:mainnet', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed')).toBe(false);
  expect(parse('')).toEqual({ ok: true, value: [] });
});

describe('refused', () => {
  test.each([
    ['btc:mainnet=bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'part 1 is no address of btc:mainnet: it has a wrong'],
    ['eth:100=0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed,doge=1', 'part 2 does not begin with'],
    ['0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', 'part 1 does not begin with'],
    [',', 'part 1 does not begin with'],
    [
      Array.from({ length: 201 }, () => 'eth:100=0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed').join(','),
      'more than 200',
    ],
  ])('%s', (text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});
