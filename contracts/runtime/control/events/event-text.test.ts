import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { EventMessage, type EventValue } from '../../../control/events.ts';
import { eventText } from './event-text.ts';

const BYTES_MAX = 8_000;
const AT = '2026-01-01T00:00:00.000Z';
const ID = '0194698a-1f2b-7c3d-8e4f-5a6b7c8d9e0f';

const actionOf = (over: Readonly<Record<string, unknown>>): EventValue => ({
  type: 'action',
  at: AT,
  action: {
    ...{ action_id: ID, service: 'engine', part: 'ingest', action: 'pair-filter', actor: 'anna', remote: 'local' },
    ...{ from: null, to: null, outcome: 'done', http_status: 200, note: '', at: AT },
    ...over,
  },
});

test('an event of ordinary size is sent as it is, amounts as text', () => {
  const event = actionOf({ to: { units: 12n, pairs: Array.from({ length: 20 }, (_, index) => `asset-${index}`) } });
  expect(JSON.parse(eventText(event, BYTES_MAX))).toMatchObject({
    action: { to: { units: '12', pairs: expect.arrayContaining(['asset-19']) } },
  });
});

test('what is too long is cut, and says by how much; ids and the rest stay', () => {
  const to = { enabled: true, pairs: Array.from({ length: 4_000 }, (_, index) => ({ asset_in: `asset-${index}` })) };
  const text = eventText(actionOf({ to, note: 'n'.repeat(9_000) }), BYTES_MAX);
  expect(JSON.parse(text)).toMatchObject({
    action: {
      ...{ action_id: ID, part: 'ingest', actor: 'anna', http_status: 200 },
      to: `[${JSON.stringify(to).length} bytes left out]`,
      note: expect.stringMatching(/^n{400,}\.\.\. \(8\d\d\d more bytes\)$/),
    },
  });
});

test('any event is bounded, is as it is described, and keeps its ids', () => {
  const long = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom('\u0000', '\ud800', '"', 'é', 'x', '\u2028').map((one) => one.repeat(20_000)),
  );
  const anything = fc.oneof(long, fc.array(long, { maxLength: 400 }), fc.dictionary(long, long), fc.constant(null));
  const action = fc.record({ from: anything, to: anything, note: long, actor: long, remote: long }).map(actionOf);
  const result = fc.record({ note: long, tx_hash: fc.option(long, { nil: null }) }).map(
    (over): EventValue => ({
      ...{ type: 'result', at: AT, quote_id: ID, command_id: `cmd-${ID}`, transition_seq: 1, from: 'submitted' },
      ...{ state: 'accepted', result_code: 'relay_accepted', recovered: false, reply_after_ms: null },
      ...over,
    }),
  );
  const health = fc
    .record({ reasons: fc.array(long), notes: fc.array(long) })
    .map((over): EventValue => ({ type: 'health', at: AT, healthy: false, ...over }));
  fc.assert(
    fc.property(fc.oneof(action, result, health), (event) => {
      const text = eventText(event, BYTES_MAX);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(BYTES_MAX);
      const read: unknown = JSON.parse(text);
      expect(Value.Check(EventMessage, read)).toBe(true);
      expect(read).toMatchObject(event.type === 'action' ? { action: { action_id: ID } } : { type: event.type });
      if (event.type === 'result') expect(read).toMatchObject({ quote_id: ID, command_id: `cmd-${ID}` });
    }),
  );
});
