import { expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { longRuns } from '../../../ops/testing/bounded.ts';
import { FUZZ, mutatedBytes, mutatedText } from '../../../ops/testing/mutated.ts';
import { RepublishBody } from '../../control/republish.ts';
import { createBodyCheck, readBody } from './body.ts';
import type { GivenBody } from './message.ts';

const JSON_TYPE = 'application/json';
const SHAPES = [
  RepublishBody,
  Type.Object({ threshold_pct: Type.String({ pattern: '^[0-9]+$' }) }, { additionalProperties: false }),
  Type.Object({ reason: Type.Optional(Type.String({ maxLength: 20 })) }, { additionalProperties: false }),
];
const checks = SHAPES.map((schema) => ({ schema, check: createBodyCheck(schema) }));
const bodies = ['{"from":1,"to":9,"topics":["raw.near_intents.quote"]}', '{"threshold_pct":"2"}', '{"reason":"test"}'];
const encoder = new TextEncoder();

function expectShown(given: GivenBody): void {
  if (given.ok) return;
  expect([400, 415]).toContain(given.problem.status);
  expect((given.problem.errors ?? []).length).toBeLessThanOrEqual(10);
}

test('any bytes are JSON that fits the schema, or a refusal that names what is wrong', () => {
  const contentType = fc.oneof(fc.constant(JSON_TYPE), fc.option(mutatedText([JSON_TYPE, 'application/a+json; x=y'])));
  const bytes = fc.oneof(
    mutatedBytes(bodies.map((text) => encoder.encode(text))),
    mutatedText(bodies).map((text) => encoder.encode(text)),
  );
  fc.assert(
    fc.property(bytes, contentType, fc.boolean(), (body, type, optional) => {
      const given = readBody(Buffer.from(body), type, optional);
      expectShown(given);
      if (!given.ok) return;
      for (const { schema, check } of checks) {
        const checked = check(given.value);
        expectShown(checked);
        if (checked.ok) expect(Value.Check(schema, checked.value)).toBe(true);
      }
    }),
    FUZZ,
  );
});

test('a content type and a body of the maximum size take little time, whatever they repeat', () => {
  for (const text of longRuns(16_000, ['application/', 'application/json'], ['', '\x01'])) {
    readBody(Buffer.from('{}'), text, false);
  }
  for (const text of longRuns(30_000, ['', '{"a"', '"'], ['', '"}'])) {
    expectShown(readBody(Buffer.from(text), JSON_TYPE, false));
  }
});
