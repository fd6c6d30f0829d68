// Frames that lead to nothing are evidence, as long as they are not too many.

import { expect, test } from 'bun:test';
import { quoteFrame, statusFrame } from '../scenario/frames.fixture.ts';
import { readyRig } from '../scenario/loop.fixture.ts';
import { KEPT_CHARS_MAX, KEPT_FRAMES_MAX } from './evidence.ts';

/** Of each that is kept; see dead-letter.ts. */
const LETTER_CHARS_MAX = 65_536;

test.each([
  ['small', '{', KEPT_FRAMES_MAX],
  ['large', 'x'.repeat(300_000), KEPT_CHARS_MAX / LETTER_CHARS_MAX],
])(
  'dead letters of %s frames are bounded: the others are counted, and the next says how many',
  async (_name, text, kept) => {
    using rig = await readyRig();
    const letters = () => rig.journalled.filter((fact) => fact.kind === 'dead_letter');
    for (let frame = 0; frame < kept + 7; frame++) rig.frame(text);
    expect(letters()).toHaveLength(kept);
    expect(rig.eventsOf('bad')).toHaveLength(kept + 7);
    rig.answered('quote-1');
    rig.clock.advance(60_000);
    rig.frame(text);
    expect(letters()).toHaveLength(kept + 1);
    expect(letters().at(-1)?.detail).toContain('7 frames before it were not kept');
    rig.frame(text);
    expect(letters().at(-1)?.detail).not.toContain('not kept');
  },
);

test('records of requests that come again are bounded: the others are counted', async () => {
  using rig = await readyRig();
  rig.answered('quote-1');
  const text = quoteFrame('quote-1');
  for (let frame = 0; frame < KEPT_FRAMES_MAX + 7; frame++) rig.frame(text);
  expect(rig.journalled.filter(({ kind }) => kind === 'repeat')).toHaveLength(KEPT_FRAMES_MAX);
  expect(rig.eventsOf('repeated')).toHaveLength(KEPT_FRAMES_MAX + 7);
  expect(rig.sent).toHaveLength(1);
});

test('statuses that name a quote again and otherwise are bounded, in records and polls; the first of another quote is taken', async () => {
  using rig = await readyRig();
  const [first, second] = [rig.answered('quote-1').quoteHash, rig.answered('quote-2').quoteHash];
  const statuses = () => rig.journalled.filter(({ kind }) => kind === 'status_seen').length;
  for (let tx = 0; tx < KEPT_FRAMES_MAX + 8; tx++) rig.frame(statusFrame(first, `tx-${tx}`));
  expect([statuses(), rig.statuses.length]).toEqual([KEPT_FRAMES_MAX + 1, KEPT_FRAMES_MAX + 1]);
  expect(rig.eventsOf('passed_over')).toHaveLength(7);
  rig.frame(statusFrame(second, 'tx-of-another'));
  expect([statuses(), rig.statuses.at(-1)]).toEqual([KEPT_FRAMES_MAX + 2, 'tx-of-another']);
  rig.clock.advance(60_000);
  rig.frame(statusFrame(first, 'tx-later'));
  expect(rig.statuses.at(-1)).toBe('tx-later');
});
