import { expect, test } from 'bun:test';
import { nonceText } from '../../contracts/ids.ts';
import { settleable } from './settleable.ts';

const NOW_MS = 1_000_000;
type Asked = Parameters<typeof settleable>[0];

/** Live quotes as [nonce, deadline], and the nonces that were seen used. */
function bookOf(quotes: readonly (readonly [string, number])[], used: readonly string[] = []): Asked {
  const book = {
    liveQuotes: () => quotes.map(([nonce, deadlineAtMs]) => ({ attempt: { nonce: nonceText(nonce), deadlineAtMs } })),
    nonces: () => ['a', 'b'].map((nonce) => ({ nonce: nonceText(nonce), used: used.includes(nonce) })),
  };
  return book as unknown as Asked;
}

test.each([
  ['nothing is live', bookOf([]), { quotes: 0, untilMs: null }],
  [
    'all of it can be',
    bookOf([
      ['a', NOW_MS + 5],
      ['b', NOW_MS + 9],
      ['a', NOW_MS + 1],
    ]),
    { quotes: 3, untilMs: NOW_MS + 9 },
  ],
  ['a deadline that is now', bookOf([['a', NOW_MS]]), { quotes: 1, untilMs: NOW_MS }],
  ['a deadline that is over', bookOf([['a', NOW_MS - 1]]), { quotes: 0, untilMs: null }],
  [
    'a nonce that was used',
    bookOf(
      [
        ['a', NOW_MS + 9],
        ['b', NOW_MS + 5],
      ],
      ['a'],
    ),
    { quotes: 1, untilMs: NOW_MS + 5 },
  ],
] as const)('what can still be settled when %s', (_name, book, found) => {
  expect(settleable(book, NOW_MS)).toEqual(found);
});
