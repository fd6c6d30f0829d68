// Frames as the relay's documentation and its clients show them, and ways to spoil them: what fuzz tests begin with.

import fc from 'fast-check';
import { BTC, EURE } from '../../contracts/assets.ts';

const QUOTE = {
  quote_id: '7f9c3c52-6c0b-4f6e-9a53-0d7b1c6a2f11',
  defuse_asset_identifier_in: BTC.id as string,
  defuse_asset_identifier_out: EURE.id as string,
  exact_amount_in: '100000',
  min_deadline_ms: 60_000,
  min_wait_ms: 1900,
  max_wait_ms: 3000,
  trusted_metadata: { source: '1click', quote_request_data: { dry: false, slippageTolerance: 100 } },
};
const STATUS = { quote_hash: 'BeHFFMdrGwSefrVUgVccuo2L2yaf2cftcwMn8if43qZa', intent_hash: '6Xc', tx_hash: '8yFNEk' };
const METADATA = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  partner_id: '1click',
  quote_timestamp: 1_767_225_600_000,
};
const SUBSCRIPTION = '00000000-0000-0000-0000-000000000000';

const DOCUMENTED: readonly object[] = [
  { jsonrpc: '2.0', method: 'event', params: { subscription: SUBSCRIPTION, data: QUOTE, metadata: METADATA } },
  { jsonrpc: '2.0', method: 'subscribe', params: { subscription: SUBSCRIPTION, ...QUOTE } },
  { jsonrpc: '2.0', method: 'event', params: { subscription: SUBSCRIPTION, data: STATUS } },
  { jsonrpc: '2.0', method: 'subscribe', params: STATUS },
  { jsonrpc: '2.0', id: 17, result: 'OK' },
  { jsonrpc: '2.0', id: 1, result: SUBSCRIPTION },
  { jsonrpc: '2.0', id: 17, error: { code: -32_098, message: 'quote not found or already finished' } },
  { jsonrpc: '2.0', id: 17, error: 'quote not found or already finished' },
];

/** JSON texts that stand where a value of a documented frame stood. */
const ODD_VALUES: readonly string[] = [
  'null',
  'true',
  '-0',
  '1e400',
  '9007199254740993',
  `${2n ** 127n}`,
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '[]',
  '{}',
  '{"__proto__":{"ok":true}}',
  '[[[[[[[[[[]]]]]]]]]]',
  '['.repeat(2_000) + ']'.repeat(2_000),
  '{"a":'.repeat(2_000) + 1 + '}'.repeat(2_000),
  JSON.stringify('漢'.repeat(30_000)),
  `[${'0,'.repeat(6_000)}0]`,
  `"${'9'.repeat(400)}"`,
];

/** A documented frame of which one value, wherever it stands, is another. */
const withOddValue: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...DOCUMENTED), fc.nat(), fc.constantFrom(...ODD_VALUES))
  .map(([frame, pick, odd]) => {
    const places: string[] = [];
    JSON.stringify(frame, (_key, value) => places.push(_key) && value);
    const at = pick % places.length;
    let seen = 0;
    const marked = JSON.stringify(frame, (_key, value) => (seen++ === at ? '#odd#' : value));
    return marked.replace('"#odd#"', () => odd);
  });

/** A documented frame with some of its characters changed, left out, or repeated. */
const withBadCharacters: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...DOCUMENTED).map((frame) => JSON.stringify(frame)),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', '0', '\ud800', '\u0000')), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [pick, by]) => {
      const at = pick % (changed.length + 1);
      return changed.slice(0, at) + by + changed.slice(at + (pick % 3));
    }, text),
  );

/** Several frames, or parts of them, in one. */
const joined: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...DOCUMENTED.map((frame) => JSON.stringify(frame)), '\n', ',', '[', ']'), { maxLength: 5 })
  .map((parts) => parts.join(''));

export const anyFrame: fc.Arbitrary<string> = fc.oneof(
  withOddValue,
  withBadCharacters,
  joined,
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new TextDecoder().decode(bytes)),
);

export const documentedFrames: readonly string[] = DOCUMENTED.map((frame) => JSON.stringify(frame));
