import { expect, test } from 'bun:test';
import { watchStalls } from './stalls.ts';

const answering = (...delays: readonly unknown[]) => {
  const left = [...delays];
  return { get: async () => ({ loop_delay: { max_ms: left.shift() } }) };
};

test.each([
  { delays: [400, 12], longest: 12 },
  { delays: [400, 400], longest: null },
  { delays: [5, 900], longest: 900 },
  { delays: [5, 'nothing'], longest: null },
])('a delay from before the measurement is not counted: $delays', async ({ delays, longest }) => {
  const watch = await watchStalls(answering(...delays));
  expect(await watch.stop()).toBe(longest);
});

test('an engine that does not answer has no figure', async () => {
  const watch = await watchStalls({
    get: async () => {
      throw new Error('away');
    },
  });
  expect(await watch.stop()).toBeNull();
});
