import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { RETRY_AFTER_MAX_MS } from '../../../contracts/retry-after.ts';
import { isoTime, parseIsoTime } from '../../../contracts/time.ts';
import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { FUZZ, mutatedText } from '../../../ops/testing/mutated.ts';
import { wirePayloads } from '../../../ops/testing/wire.ts';
import { parseCoinGecko } from './parse.ts';

const NOW = { nowMs: 1_767_225_600_000, nowUs: 5_000_000_000_000 };
const body = mutatedText([...wirePayloads('coingecko').values()]);
const retryAfter = fc.option(
  mutatedText(['17', '0', '999999999999999', 'Thu, 01 Jan 2026 00:00:30 GMT', 'Sat, 31 Feb 9999 99:99:99 GMT']),
);
const status = fc.oneof(fc.constantFrom(200, 429, 401, 503), fc.integer({ min: 100, max: 599 }));

test('any answer gives sound prices or a named reason and a bounded wait', () => {
  fc.assert(
    fc.property(body, status, retryAfter, (text, code, header) => {
      const answer = { status: code, retryAfter: header, body: text, askedAtUs: NOW.nowUs - 1_000 };
      const parse = parseCoinGecko(answer, COINGECKO_IDS, NOW);
      if (!parse.ok) {
        expect(parse.reason).not.toBe('');
        expect(parse.reason.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(parse.reason)).toBeLessThan(400);
        const waitMs = parse.retryAfterMs ?? 0;
        expect(waitMs >= 0 && waitMs <= RETRY_AFTER_MAX_MS).toBe(true);
        return;
      }
      const coins = [parse.btc, parse.eure].filter((coin) => coin !== null);
      expect(coins.length).toBe(parse.failure === null ? 2 : 1);
      for (const coin of coins) {
        expect(coin.priceE8 > 0n && coin.priceE8 <= 10n ** 17n).toBe(true);
        expect(coin.asOfUs).toBeLessThanOrEqual(NOW.nowUs);
        expect(coin.updatedAtMs).toBeLessThanOrEqual(NOW.nowMs);
        expect(parseIsoTime(isoTime(coin.updatedAtMs))).toBe(coin.updatedAtMs);
      }
    }),
    FUZZ,
  );
});
