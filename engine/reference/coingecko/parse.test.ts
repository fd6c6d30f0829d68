import { describe, expect, test } from 'bun:test';
import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { wirePayload } from '../../../ops/testing/wire.ts';
import { parseCoinGecko } from './parse.ts';

const NOW = 1_767_225_600_000;
const NOW_US = 7_200_000_000;
const ASKED_US = NOW_US - 250_000;
const answer = (body: string, status = 200, retryAfter: string | null = null) =>
  parseCoinGecko({ status, retryAfter, body, askedAtUs: ASKED_US }, COINGECKO_IDS, { nowMs: NOW, nowUs: NOW_US });

describe('answers', () => {
  test('prices keep every digit that fits and the time of the source', () => {
    const body =
      '{"bitcoin":{"eur":94750.12345678901,"last_updated_at":1767225590},' +
      '"monerium-eur-money-2":{"eur":1.0002,"last_updated_at":1767225583}}';
    expect(answer(body)).toEqual({
      ok: true,
      btc: {
        priceE8: 9_475_012_345_678n as never,
        updatedAtMs: 1_767_225_590_000,
        asOfUs: NOW_US - 10_000_000,
        askedAtUs: ASKED_US,
        unchangedSinceUs: NOW_US - 10_000_000,
      },
      eure: {
        priceE8: 100_020_000n as never,
        updatedAtMs: 1_767_225_583_000,
        asOfUs: NOW_US - 17_000_000,
        askedAtUs: ASKED_US,
        unchangedSinceUs: NOW_US - 17_000_000,
      },
      failure: null,
    });
  });

  test('a time ahead of our clock counts as now, and shows no age when it is far ahead', () => {
    const body = (seconds: number) => `{"bitcoin":{"eur":1,"last_updated_at":${seconds}}}`;
    expect(answer(body(1_767_225_605))).toMatchObject({ ok: true, btc: { updatedAtMs: NOW, asOfUs: NOW_US } });
    for (const seconds of [1_767_225_606, 1_767_229_200, 1_767_225_600_000]) {
      const parse = answer(body(seconds));
      expect(parse.ok ? '' : parse.reason).toContain('ahead of our clock');
    }
  });

  test.each([
    ['0', null],
    ['-94750', null],
    ['1e-30', null],
    ['1e-8', 1n],
    ['1e30', null],
    ['1e9', 10n ** 17n],
    ['1000000000.01', null],
    ['"94750.1"', 9_475_010_000_000n],
    ['"NaN"', null],
    ['null', null],
    ['[94750]', null],
    ['{"eur":94750}', null],
    ['true', null],
    [`0.${'0'.repeat(100_000)}1`, null],
    ['1,"eur":94750', 9_475_000_000_000n],
  ])('a price of %p', (text, value) => {
    const parse = answer(`{"bitcoin":{"eur":${text},"last_updated_at":1767225590}}`);
    expect(parse.ok ? (parse.btc?.priceE8 ?? null) : null).toBe(value as never);
  });

  test.each(['-1', '1.5', '"1767225590"', 'null', '1e20'])('a time of %p is none', (text) => {
    const parse = answer(`{"bitcoin":{"eur":1,"last_updated_at":${text}}}`);
    expect(parse.ok ? '' : parse.reason).toContain('bitcoin has no last_updated_at');
  });

  test.each([
    ['one coin is absent', '{"bitcoin":{"eur":1,"last_updated_at":1}}', 'monerium-eur-money-2 is not in the answer'],
    [
      'a coin has no time',
      '{"bitcoin":{"eur":1,"last_updated_at":1},"monerium-eur-money-2":{"eur":1}}',
      'monerium-eur-money-2 has no last_updated_at',
    ],
    [
      'a price is zero',
      '{"bitcoin":{"eur":1,"last_updated_at":1},"monerium-eur-money-2":{"eur":0,"last_updated_at":1}}',
      'monerium-eur-money-2 has no price in EUR',
    ],
  ])('when %s the other one is still taken, and it is said', (_, body, failure) => {
    expect(answer(body)).toMatchObject({ ok: true, btc: { updatedAtMs: 1000 }, eure: null, failure });
  });

  test.each([
    ['an empty object', '{}', 200, null, /bitcoin is not in the answer; monerium/, null],
    ['no JSON', '<html>', 200, null, /not a JSON object/, null],
    ['the rate limit', wirePayload('coingecko/error-rate-limit'), 429, '17', /^rate_limited: You've/, 17_000],
    ['a rate limit without a wait', '', 429, null, /^rate_limited$/, 60_000],
    ['a rate limit until a date', '', 429, 'Thu, 01 Jan 2026 00:00:30 GMT', /^rate_limited$/, 30_000],
    ['a wait that is out of reach', '', 429, '999999999', /^rate_limited$/, 3_600_000],
    ['a wait that cannot be read', '', 429, 'soon', /^rate_limited$/, 60_000],
    [
      'a missing key',
      wirePayload('coingecko/error-key-missing'),
      401,
      null,
      /^api_key_missing: API Key Missing$/,
      null,
    ],
    ['a key of the other plan', wirePayload('coingecko/error-wrong-host'), 400, null, /^api_key_of_another_plan/, null],
    ['an error as text', wirePayload('coingecko/error-text'), 404, null, /^http_404: coin not found$/, null],
    ['an error with a good status', wirePayload('coingecko/error-text'), 200, null, /coin not found/, null],
    ['an outage', 'upstream', 502, null, /^http_502$/, null],
    ['an outage that names a wait', '', 503, '5', /^http_503$/, 5000],
  ])('refuses %s by name', (_, body, status, retryAfter, reason, retryAfterMs) => {
    const parse = answer(body, status, retryAfter);
    expect(parse).toMatchObject({ ok: false, retryAfterMs });
    expect(parse.ok ? '' : parse.reason).toMatch(reason);
  });
});
