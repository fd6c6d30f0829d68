import { expect, test } from 'bun:test';
import { errorReply, okReply } from '../scenario/frames.fixture.ts';
import { readyRig } from '../scenario/loop.fixture.ts';

/** More than are made uncertain in one turn. */
const MANY = 20;
const LAST = `quote-${MANY - 1}`;

test.each([
  ['accepted', okReply, 'accepted relay_accepted'],
  ['rejected', (id: number) => errorReply(id, { code: -32000, message: 'no' }), 'rejected relay_rejected'],
  ['late', (id: number) => errorReply(id, { code: -32098, message: 'no' }), 'late relay_too_late'],
] as const)(
  'a reply that comes while many outcomes are left open remains the last word: %s',
  async (_to, replyTo, step) => {
    using rig = await readyRig();
    for (let n = 0; n < MANY - 1; n++) rig.answered(`quote-${n}`, { exact_amount_in: '1000' });
    const { requestId } = rig.answered(LAST);
    rig.clock.advance(5_000);
    rig.loop.onTick();
    expect(rig.stateOf(LAST)).toBe('submitted');
    rig.frame(replyTo(requestId));
    await rig.settled();
    await rig.settled();
    expect(rig.stepsOf(LAST)).toEqual(['submitted answer_sent', step]);
    expect(rig.eventsOf('moved').filter(({ fact }) => fact.to === 'uncertain')).toHaveLength(MANY - 1);
  },
);
