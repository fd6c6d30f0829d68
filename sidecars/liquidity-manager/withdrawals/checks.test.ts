import { describe, expect, test } from 'bun:test';
import type { SignedWithdrawal, WithdrawalBody } from '../../../contracts/control/withdrawals.ts';
import { intentHashOf } from '../../../contracts/withdrawals/signed-payload.ts';
import { judgeCost, judgeSigned, type Rules, readAsked } from './checks.ts';
import { ACCOUNT, BTC, body, DESTINATION, NBTC, NOW_MS, signed, VERIFIER } from './withdrawals.fixture.ts';

const RULES: Rules = {
  isFrozen: false,
  assets: [BTC, NBTC],
  allowlist: [{ chain: 'btc:mainnet', address: DESTINATION }],
};
const OTHER = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';

const asked = (over: Partial<WithdrawalBody> = {}) => {
  const read = readAsked(body(over), RULES);
  if (!read.ok) throw new Error(read.detail);
  return read.asked;
};

describe('a request', () => {
  test('is taken in the form in which addresses are compared', () => {
    expect(asked({ destination: DESTINATION.toUpperCase() })).toMatchObject({
      destination: DESTINATION,
      amountUnits: 50_000n,
      maxFeeUnits: 2_500n,
    });
  });

  test.each([
    ['while frozen', {}, { isFrozen: true }, 'withdrawals_frozen'],
    ['of an asset that is not of the treasury', { asset: 'nep141:doge.omft.near' }, {}, 'asset_unsupported'],
    ['to an address that is not allowed', { destination: OTHER }, {}, 'destination_not_allowed'],
    [
      'to an address with a wrong checksum',
      { destination: `${DESTINATION.slice(0, -1)}5` },
      {},
      'destination_not_allowed',
    ],
    [
      'to an address of another chain',
      { destination: '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430' },
      {},
      'destination_not_allowed',
    ],
    ['with an empty allow-list', {}, { allowlist: [] }, 'destination_not_allowed'],
    [
      'to the address of another chain on the list',
      {},
      { allowlist: [{ chain: 'eth:100', address: DESTINATION }] },
      'destination_not_allowed',
    ],
    ['of more than anybody has', { amount: '9'.repeat(39) }, {}, 'amount_above_free'],
  ] as const)('%s is refused', (_what, over, rules, reason) => {
    expect(readAsked(body(over), { ...RULES, ...rules } as Rules)).toMatchObject({ ok: false, reason });
  });
});

describe('what the bridge says', () => {
  const cost = { feeUnits: 1_500n, apartUnits: 0n, minimumUnits: 700n, problem: null };
  test.each([
    ['the usual', {}, {}, null],
    ['the minimum', { amount: '50000' }, { minimumUnits: 50_000n }, null],
    ['one unit below the minimum', { amount: '49999' }, { minimumUnits: 50_000n }, 'amount_below_minimum'],
    ['a fee of what is allowed', {}, { feeUnits: 2_500n }, null],
    ['a fee of one unit more', {}, { feeUnits: 2_501n }, 'fee_too_high'],
    ['nothing left behind the fee', { amount: '2500' }, {}, 'amount_below_minimum'],
    ['something left behind all fees', { amount: '2801' }, { apartUnits: 300n }, null],
    ['nothing left behind all fees', { amount: '2800' }, { apartUnits: 300n }, 'amount_below_minimum'],
    ['not enough coins', {}, { problem: 'insufficient_utxo' }, 'bridge_rejected'],
  ] as const)('%s', (_what, over, said, reason) => {
    expect(judgeCost(asked(over), { ...cost, ...said })?.reason ?? null).toBe(reason);
  });
});

describe('a payload', () => {
  const given = { account: ACCOUNT, verifier: VERIFIER, nowMs: NOW_MS };
  const judge = (payload: SignedWithdrawal, over: Partial<WithdrawalBody> = {}) =>
    judgeSigned(asked(over), payload, given)?.reason ?? null;

  test('that is the one of the request, over either bridge', () => {
    for (const asset of [BTC.id, NBTC.id]) expect(judge(signed(body({ asset })), { asset })).toBeNull();
  });

  test.each([
    ['another amount', { amount: '50001' }],
    ['another destination', { destination: OTHER }],
    ['another asset', { asset: NBTC.id }],
  ])('with %s is refused', (_what, over) => {
    expect(judge(signed(body(over)))).toBe('payload_differs');
  });

  test.each([
    ['another fee', { max_fee: '2501' }],
    ['another id', { withdrawal_id: 'wd-00000002' }],
  ])('over the Omni bridge with %s is refused', (_what, over) => {
    expect(judge(signed(body({ asset: NBTC.id, ...over })), { asset: NBTC.id })).toBe('payload_differs');
  });

  test.each([
    ['just long enough', 60_000, null],
    ['too short', 59_999, 'payload_expired'],
    ['just short enough', 3_600_000, null],
    ['too long', 3_600_001, 'payload_expired'],
  ])('whose deadline is %s', (_what, leftMs, reason) => {
    expect(judge(signed(body(), NOW_MS + leftMs)) as string | null).toBe(reason);
  });

  test('for another contract, with another nonce, another spelling or a callback is refused', () => {
    const good = signed(body());
    const data = good.signed_data;
    if (data.standard !== 'nep413') throw new Error('nep413');
    const withPayload = (over: object): SignedWithdrawal => ({
      ...good,
      signed_data: { ...data, payload: { ...data.payload, ...over } },
    });
    for (const over of [
      { recipient: 'evil.near' },
      { nonce: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
      { message: `${data.payload.message} ` },
      { message: data.payload.message.replace('}]}', '},{"intent":"transfer"}]}') },
      { callbackUrl: 'https://evil' },
    ]) {
      expect(judge(withPayload(over))).toBe('payload_differs');
    }
    expect(judge({ ...good, deadline: '2026-02-31T00:00:00.000Z' })).toBe('payload_differs');
    expect(judge({ ...good, signed_data: { ...data, standard: 'raw_ed25519', payload: '{}' } as never })).toBe(
      'payload_differs',
    );
  });

  test('whose nonce ends before its deadline is refused, as the verifier would', () => {
    const judgeUntil = (untilMs: number) => {
      const good = signed(body());
      const data = good.signed_data;
      if (data.standard !== 'nep413') throw new Error('nep413');
      const bytes = Buffer.from(data.payload.nonce, 'base64');
      bytes.writeBigInt64LE(BigInt(untilMs) * 1_000_000n, 9);
      const payload = { ...data.payload, nonce: bytes.toString('base64') };
      const facts = { nonce: payload.nonce, intent_hash: intentHashOf(payload) };
      return judgeSigned(asked(), { ...good, ...facts, signed_data: { ...data, payload } }, given);
    };
    expect(judgeUntil(NOW_MS + 900_000)).toBeNull();
    expect(judgeUntil(NOW_MS + 899_999)?.detail).toContain('ends before its deadline');
  });
});
