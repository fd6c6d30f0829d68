import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { wirePayload } from '../../ops/testing/wire.ts';
import { ERROR_TEXT_BYTES_MAX, FRAME_CHARS_MAX, type Frame, parseFrame, QUOTE_BYTES_MAX } from './frame.ts';

const RECEIVED_AT_MS = 1_767_225_600_500;

const DATA = {
  quote_id: '7f9c3c52-6c0b-4f6e-9a53-0d7b1c6a2f11',
  defuse_asset_identifier_in: BTC.id as string,
  defuse_asset_identifier_out: EURE.id as string,
  exact_amount_in: '100000',
  min_deadline_ms: 60_000,
  min_wait_ms: 1900,
  max_wait_ms: 3000,
};
const METADATA = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  partner_id: '1click',
  quote_timestamp: 1_767_225_600_000,
};

const nested = (data: object, metadata?: object) =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'event',
    params: { subscription: 's', data, ...(metadata && { metadata }) },
  });
const flat = (data: object) =>
  JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: { subscription: 's', ...data } });
const parse = (text: string): Frame => parseFrame(text, RECEIVED_AT_MS, DEFAULT_PAIR);

describe('quote events', () => {
  test('the nested shape with side data', () => {
    expect(parse(nested(DATA, METADATA))).toEqual({
      kind: 'quote',
      malformed: null,
      demand: {
        quoteId: DATA.quote_id,
        assetIn: BTC.id,
        assetOut: EURE.id,
        direction: 'BTC->EURe',
        amountInUnits: 100_000n,
        amountOutUnits: null,
        minDeadlineMs: 60_000,
        minWaitMs: 1900,
        maxWaitMs: 3000,
        partnerId: '1click',
        traceparent: METADATA.traceparent,
        quotedAtMs: 1_767_225_600_000,
        receivedAtMs: RECEIVED_AT_MS,
      },
    } as never);
  });

  test('the flat shape says the same without side data', () => {
    const both = [parse(flat(DATA)), parse(nested(DATA))];
    expect(both[0]).toEqual(both[1] as Frame);
  });

  test('exact out, the other direction, the old name of the window, null for the open side', () => {
    const { exact_amount_in: _, max_wait_ms: __, ...rest } = DATA;
    const frame = parse(
      nested({
        ...rest,
        defuse_asset_identifier_in: EURE.id,
        defuse_asset_identifier_out: BTC.id,
        exact_amount_in: null,
        exact_amount_out: '5',
        wait_ms: 700,
      }),
    );
    expect(frame).toMatchObject({
      kind: 'quote',
      malformed: null,
      demand: { direction: 'EURe->BTC', amountInUnits: null, amountOutUnits: 5n, maxWaitMs: 700 },
    } as never);
  });

  test('a pair that is not ours is a quote without direction', () => {
    const frame = parse(nested({ ...DATA, defuse_asset_identifier_out: 'nep141:usdt.near' }));
    expect(frame.kind === 'quote' && frame.demand.direction).toBeNull();
    const checksummed = parse(
      nested({ ...DATA, defuse_asset_identifier_out: EURE.id.replace('0x420ca0', '0x420CA0') }),
    );
    expect(checksummed.kind === 'quote' && checksummed.demand.direction).toBeNull();
  });

  test.each([
    ['both sides', { exact_amount_out: '1' }, 'both sides are fixed'],
    ['neither side', { exact_amount_in: undefined }, 'neither side is fixed'],
    ['an amount as number', { exact_amount_in: 100_000 }, 'exact_amount_in'],
    ['a negative amount', { exact_amount_in: '-1' }, 'exact_amount_in'],
    ['an amount with a point', { exact_amount_in: '1.5' }, 'exact_amount_in'],
    ['an amount in hex', { exact_amount_in: '0x10' }, 'exact_amount_in'],
    ['an amount above i128', { exact_amount_in: `${2n ** 127n}` }, 'exact_amount_in'],
    ['a deadline as text', { min_deadline_ms: '60000' }, 'min_deadline_ms'],
    ['a deadline below zero', { min_deadline_ms: -1 }, 'min_deadline_ms'],
    ['a window that is no whole number', { max_wait_ms: 0.5 }, 'max_wait_ms'],
  ])('%s: malformed, but a quote with an id', (_name, change, named) => {
    const frame = parse(nested({ ...DATA, ...change }));
    expect(frame.kind).toBe('quote');
    expect(frame.kind === 'quote' ? frame.malformed : null).toContain(named);
  });

  test.each([
    ['empty id', { quote_id: '' }],
    ['id as number', { quote_id: 7 }],
    ['id with a quotation mark', { quote_id: 'a"b' }],
    ['id of 129 characters', { quote_id: 'a'.repeat(129) }],
    ['no asset', { defuse_asset_identifier_in: undefined }],
  ])('%s: a bad frame', (_name, change) => {
    expect(parse(nested({ ...DATA, ...change }))).toMatchObject({ kind: 'bad', reason: 'request_malformed' });
  });
});

describe('bounds', () => {
  /** A quote whose frame has exactly so many bytes. */
  const ofBytes = (bytes: number, filler: string) => {
    const empty = Buffer.byteLength(nested({ ...DATA, filler: '' }));
    const count = Math.floor((bytes - empty) / Buffer.byteLength(filler));
    const rest = bytes - empty - count * Buffer.byteLength(filler);
    return nested({ ...DATA, filler: filler.repeat(count) + 'x'.repeat(rest) });
  };
  test.each(['x', '\u6f22'])('of a quote are in bytes: %s', (filler) => {
    expect(parse(ofBytes(QUOTE_BYTES_MAX, filler)).kind).toBe('quote');
    expect(parse(ofBytes(QUOTE_BYTES_MAX + 1, filler))).toMatchObject({ kind: 'bad', reason: 'too_large' });
  });

  test('of a frame are in characters', () => {
    const reply = (chars: number) => `{"id":1,"result":"${'x'.repeat(chars - '{"id":1,"result":""}'.length)}"}`;
    expect(parse(reply(FRAME_CHARS_MAX)).kind).toBe('reply');
    expect(parse(reply(FRAME_CHARS_MAX + 1))).toMatchObject({ kind: 'bad', reason: 'too_large' });
  });

  const text = (chars: number) => 'a'.repeat(chars);
  test('a side text has up to 256 characters, a longer one is left out', () => {
    const partnerOf = (partner_id: unknown) => {
      const frame = parse(nested(DATA, { partner_id }));
      return frame.kind === 'quote' ? frame.demand.partnerId : undefined;
    };
    expect([text(256), text(257), '', 7].map(partnerOf)).toEqual([text(256), null, null, null]);
    const hashOf = (quote_hash: unknown) => parse(nested({ quote_hash })).kind;
    expect([text(256), text(257), ''].map(hashOf)).toEqual(['status', 'other', 'other']);
  });

  test('an asset id has 1 to 256 characters', () => {
    const kindOf = (id: unknown) => parse(nested({ ...DATA, defuse_asset_identifier_out: id })).kind;
    expect([text(256), text(257), '', 7].map(kindOf)).toEqual(['quote', 'bad', 'bad', 'bad']);
  });

  test('a time in milliseconds goes from 0 to a day', () => {
    const isRefused = (min_wait_ms: unknown) => {
      const frame = parse(nested({ ...DATA, min_wait_ms }));
      return frame.kind === 'quote' && frame.malformed !== null;
    };
    expect([0, 86_400_000, -1, 86_400_001, 0.5, '1'].map(isRefused)).toEqual([false, false, true, true, true, true]);
  });

  test('a time that is absent or null is none', () => {
    const none = { min_deadline_ms: null, min_wait_ms: undefined, max_wait_ms: null };
    expect(parse(nested({ ...DATA, ...none }))).toMatchObject({
      malformed: null,
      demand: { minDeadlineMs: null, minWaitMs: null, maxWaitMs: null },
    } as never);
  });

  test('a time of the venue before 2020 or after 2100 is no time', () => {
    const quotedAt = (quote_timestamp: unknown) => {
      const frame = parse(nested(DATA, { quote_timestamp }));
      return frame.kind === 'quote' ? frame.demand.quotedAtMs : undefined;
    };
    const [first, last] = [1_577_836_800_001, 4_102_444_799_999];
    expect([first, last, first - 1, last + 1, first + 0.5, `${first}`].map(quotedAt)).toEqual([
      first,
      last,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('other frames', () => {
  const status = { quote_hash: 'BeHF', intent_hash: '6Xc', tx_hash: '8yF' };
  test.each([nested(status), flat(status), JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: status })])(
    'quote_status in each shape %#',
    (text) => {
      expect(parse(text)).toEqual({
        kind: 'status',
        quoteHash: 'BeHF',
        intentHash: '6Xc',
        txHash: '8yF',
        delivery: null,
      } as never);
    },
  );

  test.each([DATA.quote_id, null, 7])('quote_status that names the request too, as %p, is no request', (quote_id) => {
    for (const text of [nested({ ...status, quote_id }), flat({ ...status, quote_id })]) {
      expect(parse(text)).toMatchObject({ kind: 'status', quoteHash: 'BeHF', txHash: '8yF' });
    }
    expect(parse(nested({ ...DATA, quote_hash: 'BeHF' })).kind).toBe('quote');
    expect(parse(nested({ quote_id })).kind).toBe('bad');
  });

  test.each([
    [
      { subscription: 's', seq: 7 },
      { subscriptionId: 's', seq: 7 },
    ],
    [
      { subscription: 's', seq: 0 },
      { subscriptionId: 's', seq: 0 },
    ],
    [{ subscription: 's' }, null],
    [{ seq: 7 }, null],
    [{ subscription: 's', seq: '7' }, null],
    [{ subscription: 's', seq: -1 }, null],
    [{ subscription: 's', seq: 1.5 }, null],
    [{ subscription: 's', seq: 2 ** 53 }, null],
  ])('what a guaranteed status is acknowledged by: %p', (params, delivery) => {
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { ...params, data: status } });
    expect(parse(text)).toMatchObject({ kind: 'status', delivery });
  });

  test.each([
    ['{"jsonrpc":"2.0","id":17,"result":"OK"}', { ok: true, resultText: 'OK', errorCode: null, errorText: null }],
    [
      wirePayload('relay/refused-late'),
      { ok: false, resultText: null, errorCode: -32098, errorText: 'quote not found or already finished' },
    ],
    ['{"jsonrpc":"2.0","id":17,"error":"no"}', { ok: false, resultText: null, errorCode: null, errorText: 'no' }],
    [
      '{"jsonrpc":"2.0","id":17,"error":{"data":1}}',
      { ok: false, resultText: null, errorCode: null, errorText: '{"data":1}' },
    ],
  ])('reply %s', (text, expected) => {
    expect(parse(text)).toEqual({ kind: 'reply', id: 17, ...expected } as never);
  });

  test.each([
    ['17', 17],
    ['"17"', 17],
    ['0', 0],
    ['"-3"', -3],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('an id of %s is matched', (id, expected) => {
    expect(parse(`{"id":${id},"result":"OK"}`)).toMatchObject({ kind: 'reply', id: expected, ok: true });
    expect(parse(`{"id":${id},"error":{"code":"-32098"}}`)).toMatchObject({ id: expected, errorCode: -32_098 });
  });

  test.each(['null', '"a"', '"017"', '"1.0"', '1.5', '1e300', '9007199254740993', '[17]', 'true'])(
    'an id of %s matches nothing: an error is reported all the same, a result is not',
    (id) => {
      expect(parse(`{"id":${id},"error":"no"}`)).toMatchObject({ kind: 'reply', id: null, errorText: 'no' });
      expect(parse(`{"id":${id},"result":"OK"}`)).toEqual({ kind: 'other' });
    },
  );

  test.each(['"error":null', '"result":null', '"result":null,"error":null'])(
    'with neither a result nor an error (%s) nothing was accepted',
    (members) => {
      expect(parse(`{"jsonrpc":"2.0","id":17,${members}}`)).toEqual({ kind: 'other' });
    },
  );

  test.each(['"OK"', 'false', '0', '{}'])('a result of %s next to a null error is a result', (result) => {
    expect(parse(`{"jsonrpc":"2.0","id":17,"error":null,"result":${result}}`)).toMatchObject({ id: 17, ok: true });
  });

  test('the text of an error is cut by its bytes, and the cut is marked', () => {
    const frame = parse(JSON.stringify({ id: 1, error: { message: '\u6f22'.repeat(80_000) } }));
    const text = frame.kind === 'reply' ? (frame.errorText ?? '') : '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(ERROR_TEXT_BYTES_MAX);
    expect(text).toEndWith(' more bytes)');
    expect(parse(`{"id":1,"error":"${'x'.repeat(ERROR_TEXT_BYTES_MAX)}"}`)).toMatchObject({
      errorText: 'x'.repeat(ERROR_TEXT_BYTES_MAX),
    });
  });

  test('an event that carries a null error is the event', () => {
    expect(parse(JSON.stringify({ method: 'event', error: null, params: { data: DATA } }))).toMatchObject({
      kind: 'quote',
    });
  });

  test.each([
    ['two objects in one frame', `${nested(DATA)}\n${nested(DATA)}`],
    ['a batch', `[${nested(DATA)}]`],
  ])('%s: a dead letter', (_name, text) => {
    expect(parse(text)).toMatchObject({ kind: 'bad', reason: 'not_json' });
  });

  test.each(['{"method":"event"}', '{"method":"other","params":{}}', '{}', nested({})])(
    'nothing that we know: %s',
    (text) => {
      expect(parse(text)).toEqual({ kind: 'other' });
    },
  );

  test.each([
    ['', 'not_json'],
    ['{', 'not_json'],
    ['[]', 'not_json'],
    ['null', 'not_json'],
    [`"${'x'.repeat(FRAME_CHARS_MAX)}"`, 'too_large'],
    [`{"id":1,"error":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'too_large'],
    [nested({ ...DATA, trusted_metadata: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) }), 'too_large'],
  ] as const)('unreadable %#', (text, reason) => {
    expect(parse(text)).toMatchObject({ kind: 'bad', reason });
  });
});

test('whatever arrives gives a value', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.object().map((value) => JSON.stringify({ method: 'event', params: value })),
      ),
      (text) => {
        expect(['quote', 'status', 'reply', 'other', 'bad']).toContain(parse(text).kind);
      },
    ),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DATA)), fc.anything()), (data) => {
      const text = nested({ ...DATA, ...data }, METADATA);
      const frame = parse(text ?? '');
      if (frame.kind === 'quote' && frame.malformed === null) {
        expect((frame.demand.amountInUnits === null) !== (frame.demand.amountOutUnits === null)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
