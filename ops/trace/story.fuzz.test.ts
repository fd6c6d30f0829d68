import { expect, test } from 'bun:test';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import fc from 'fast-check';
import { type TopicName, topicOf } from '../../contracts/topics/registry.ts';
import { mutatedText } from '../testing/mutated.ts';
import { ACCEPTED, golden, makeRecords, resultOf, SUBMITTED } from './fixtures.ts';
import { PLAIN, renderStory } from './render.ts';
import { type Records, tellStory } from './story.ts';

/** What the history-writer stored had passed the schema of readers; within it anything may be there. */
function stored<T>(topic: TopicName, samples: readonly unknown[]): fc.Arbitrary<T> {
  const check = TypeCompiler.Compile(topicOf(topic).readerSchema);
  return mutatedText(samples.map((sample) => JSON.stringify(sample))).map((text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {}
    return (check.Check(value) ? value : samples[0]) as T;
  });
}

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 4 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 4 });
const of = <K extends keyof Records>(topic: TopicName) => stored<NonNullable<Records[K]>>(topic, [golden(topic)]);
const result = stored<Records['results'][number]>('exec.trade_result', [
  SUBMITTED,
  ACCEPTED,
  golden('exec.trade_result'),
]);

const anyRecords: fc.Arbitrary<Records> = fc.record({
  quoteId: fc.constant(makeRecords().quoteId),
  accountId: fc.constant(makeRecords().accountId),
  raw: some(stored<Records['raw'][number]>('raw.near_intents.quote', [golden('raw.near_intents.quote')])),
  rawCount: fc.nat(200_000),
  demand: orNull(of<'demand'>('norm.swap_demand')),
  decision: orNull(of<'decision'>('decision.trade_decision')),
  decisionCount: fc.nat(3),
  command: orNull(of<'command'>('cmd.execute_trade')),
  commandCount: fc.nat(3),
  results: some(result),
  resultCount: fc.nat(200_000),
  siblings: some(result),
  siblingCounts: fc.constant({ settled: 1 }),
  marketSample: orNull(of<'marketSample'>('ref.market_price')),
  inventory: orNull(of<'inventory'>('state.intent_inventory')),
  controlActionCount: fc.nat(),
  controlActions: some(stored<Records['controlActions'][number]>('ops.control_action', [golden('ops.control_action')])),
});

test('any records that fit their schemas make a story that can be printed and sent as JSON', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const story = tellStory(records);
      expect(() => JSON.stringify(story)).not.toThrow();
      expect(renderStory(story, PLAIN)).toContain(records.quoteId);
    }),
    { numRuns: 300 },
  );
});

test('a transition that counts far lists few of those before it as missing', () => {
  const { missing } = tellStory(makeRecords({ results: [resultOf({ transition_seq: 1_000_000 })] }));
  expect(missing.length).toBeLessThan(64);
  expect(missing).toContain('transition 1');
});
