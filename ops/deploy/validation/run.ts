// Runs the steps in order and prints each. What risks money only runs when everything before it is well; and whatever happens, what was
// armed is disarmed.

import { AFTER_ARMING } from './after-arming.ts';
import { BEFORE_ARMING } from './before-arming.ts';
import { type Found, failed, type Step, type World } from './step.ts';

export async function validate(world: World, say: (line: string) => void): Promise<boolean> {
  const found: Found = { armedAtMs: null, quoteId: null };
  const one = async (step: Step): Promise<boolean> => {
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
  try {
    for (const step of AFTER_ARMING) if (!(await one(step))) return false;
    return true;
  } finally {
    if (world.arming !== null) {
      for (const part of ['executor', 'strategy']) {
        const done = await world.processes.engine.post(`/${part}/disarm`, {});
        if (done.kind !== 'done') say(`FAIL the ${part} could not be disarmed: ${done.detail}; ./unrip disarm`);
      }
    }
  }
}
