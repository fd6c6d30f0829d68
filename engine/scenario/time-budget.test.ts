// What answers take decides which requests are still answered; what is not answered for long is forgotten.

import { expect, test } from 'bun:test';
import { readyRig } from './loop.fixture.ts';

const PAUSE_US = 400_000;

test('a request whose window is shorter than answers take is refused, until those times are a minute old', async () => {
  using rig = await readyRig();
  rig.answerTimes.add(PAUSE_US, rig.clock.elapsedUs());
  // One pause is not what answers take.
  rig.answered('before', { max_wait_ms: 300 });
  rig.answerTimes.add(PAUSE_US, rig.clock.elapsedUs());
  rig.clock.advance(1_000);
  expect(rig.ask('short', { max_wait_ms: 300 })).toBeNull();
  expect(rig.reasonOf('short')).toBe('answer_too_late');
  rig.answered('long', { max_wait_ms: 1000 });
  rig.clock.advance(60_000);
  await rig.poll();
  rig.answered('short-again', { max_wait_ms: 300 });
  expect(rig.troubles()).toEqual([]);
});
