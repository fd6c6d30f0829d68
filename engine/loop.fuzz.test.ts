import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { anyFrame } from './ingest/relay-frames.fixture.ts';
import { okReply } from './scenario/frames.fixture.ts';
import { readyRig } from './scenario/loop.fixture.ts';

test('no frame makes a turn fail, and requests are answered as before', async () => {
  using rig = await readyRig();
  fc.assert(
    fc.property(anyFrame, (text) => {
      rig.frame(text);
      expect(rig.eventsOf('faulted')).toEqual([]);
      rig.events.length = 0;
    }),
    { numRuns: 3_000 },
  );
  const { requestId } = rig.answered('quote-1', { exact_amount_in: '1000' });
  rig.frame(okReply(requestId));
  expect(rig.stateOf('quote-1')).toBe('accepted');
});
