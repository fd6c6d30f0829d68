// Runs the steps in order and prints each. What risks money only runs when everything before it is well; and whatever happens, a signal
// too, what was armed is disarmed, or it is said that it may not be.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { AFTER_ARMING } from './after-arming.ts';
import { BEFORE_ARMING } from './before-arming.ts';
import { type Found, failed, type Step, type World } from './step.ts';

const Disarmed = Type.Object({ to: Type.Object({ armed: Type.Literal(false) }) });
/** Asked again while it is not known whether it was done. */
const DISARM_TRIES = 3;

export async function validate(world: World, say: (line: string) => void): Promise<boolean> {
  const found: Found = { armedAtMs: null, quoteId: null };
  const one = async (step: Step): Promise<boolean> => {
    if (world.isEnded()) {
      say('ended by a signal');
      return false;
    }
    const seen = await step.run(world, found);
    const isFailed = failed(seen);
    say(
      `${isFailed ? 'FAIL' : 'ok  '} ${step.number}. ${step.title}\n       did: ${step.did}\n       saw: ${seen.saw}`,
    );
    if (isFailed) say(`       fix: ${seen.fix}`);
    return !isFailed;
  };
  let isWell = true;
  for (const step of BEFORE_ARMING) isWell = (await one(step)) && isWell;
  if (!isWell) {
    say(`not done: ${AFTER_ARMING.map(({ number, title }) => `${number}. ${title}`).join('; ')}`);
    return false;
  }
  let isDisarmed = true;
  try {
    for (const step of AFTER_ARMING) {
      if (await one(step)) continue;
      isWell = false;
      break;
    }
  } finally {
    if (world.arming !== null) isDisarmed = await disarm(world, say);
  }
  return isWell && isDisarmed;
}

/** Both, whatever one of them says. @returns whether the engine confirms it */
async function disarm({ processes: { engine } }: World, say: (line: string) => void): Promise<boolean> {
  const isDone: boolean[] = [];
  for (const part of ['executor', 'strategy']) {
    let detail: string | null = '';
    for (let tries = 0; detail !== null && tries < DISARM_TRIES; tries++) {
      const done = await engine.post(`/${part}/disarm`, {});
      if (done.kind !== 'done') detail = done.detail;
      if (done.kind === 'refused') break;
      if (done.kind === 'done') {
        detail = Value.Check(Disarmed, done.answer) ? null : 'an answer that does not confirm it';
      }
    }
    isDone.push(detail === null);
    if (detail !== null) say(`FAIL the ${part} may still be armed: ${detail}; ./unrip disarm, or end the engine`);
  }
  return isDone.every(Boolean);
}
