// Whatever bytes come on whatever topic: none is believed that does not fit, nothing throws, and every record that follows from them
// is one of the contract.

import { expect, test } from 'bun:test';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import fc from 'fast-check';
import { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { mutatedBytes, mutatedText } from '../../../ops/testing/mutated.ts';
import { readKept } from '../alerts/saved.ts';
import { momentOf } from '../moment.ts';
import { RULES } from '../rules/table.ts';
import { sentinelRig } from '../sentinel.fixture.ts';
import { ACCOUNT, bytesOf, recordText, WINDOWS } from '../world.fixture.ts';
import { READ_TOPICS } from './record.ts';

const CHECK = TypeCompiler.Compile(OpsAlert);

const rig = sentinelRig();
const golden = new Map(READ_TOPICS.map((topic) => [topic, recordText(topic, rig.clock.nowMs())]));

const anyRecord = fc.constantFrom(...READ_TOPICS).chain((topic) => {
  const text = golden.get(topic) ?? '';
  const value = fc.oneof(
    { arbitrary: mutatedText([text]).map(bytesOf), weight: 4 },
    mutatedBytes([bytesOf(text)]),
    fc.constant(null),
  );
  return value.map((bytes) => ({ topic, bytes }));
});

test('any value of any topic is taken or refused by name, and no rule fails on what was taken', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), fc.nat(400_000), (records, passMs) => {
      const { sentinel, clock } = rig;
      const counted = (): number =>
        [...sentinel.counts.values()].reduce(
          (sum, { outcomes }) => sum + [...outcomes.values()].reduce((left, right) => left + right, 0),
          0,
        );
      const before = counted();
      for (const { topic, bytes } of records) sentinel.take(topic, { value: bytes, offset: 0n });
      expect(counted() - before).toBe(records.length);
      clock.advance(passMs);
      sentinel.known.sight.read(clock.elapsedUs());
      rig.tick();
      expect(sentinel.book.failing()).toEqual([]);
      for (const { payload } of sentinel.outbox.all()) expect([...CHECK.Errors(payload)]).toEqual([]);
      for (const alert of sentinel.book.alerts())
        expect(alert.reason.length + JSON.stringify(alert.condition).length).toBeLessThan(20_000);
      rig.deliver();
      // What is kept of it can be read again; nothing is, until an alert is raised.
      const { text } = rig.file;
      if (text !== null) expect(readKept(text, ACCOUNT, momentOf(clock)).ok).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(rig.file.text).not.toBeNull();
});

test('the file of alerts is read to something that can be used, or refused, whatever it holds', () => {
  const source = sentinelRig();
  source.hear('dlq.unrip', recordText('dlq.unrip', source.clock.nowMs()));
  source.sentinel.known.sight.read(source.clock.elapsedUs());
  source.tick();
  const text = source.file.text ?? '';
  const now = momentOf(source.clock);
  expect(readKept(text, ACCOUNT, now).ok).toBe(true);
  fc.assert(
    fc.property(mutatedText([text]), (spoiled) => {
      const read = readKept(spoiled, ACCOUNT, now);
      if (!read.ok) return;
      const again = sentinelRig();
      again.file.text = spoiled;
      again.start();
      again.sentinel.known.sight.read(again.clock.elapsedUs());
      again.tick();
      for (const { payload } of again.sentinel.outbox.all()) expect([...CHECK.Errors(payload)]).toEqual([]);
      for (const rule of RULES) expect(rule.pendingMs(WINDOWS)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 200 },
  );
});
