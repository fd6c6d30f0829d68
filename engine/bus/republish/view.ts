// What was lost and what is being sent again, as /state and /bus/republish show it.

import type { RepublishView } from '../../../contracts/control/republish.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { PublisherState } from '../publisher-types.ts';
import { republishCommand } from './command.ts';
import type { RepublishRun } from './republish.ts';

export function republishView({ lost, republish }: Pick<PublisherState, 'lost' | 'republish'>): RepublishView {
  const { running, last } = republish;
  const { losses, lastLoss, open, republishFrom } = lost;
  return {
    lost_records: {
      times: losses,
      last: lastLoss,
      open: open.map(({ topic, fromSeq }) => ({ topic, from: fromSeq })),
      fix: republishFrom === null ? null : republishCommand({ from: republishFrom }),
    },
    republish: {
      running: running === null ? null : { ...rangeOf(running), waiting: waitingOf(running) },
      last: last === null ? null : { ...rangeOf(last), outcome: last.outcome, ended_at: isoTime(last.endedAtMs) },
    },
  };
}

function rangeOf(run: Omit<RepublishRun, 'waiting'>) {
  const { from, to, topics, acknowledged, messages, refused, begunAtMs, problem } = run;
  return { from, to, topics, acknowledged, messages, refused, begun_at: isoTime(begunAtMs), problem };
}

const waitingOf = ({ waiting }: RepublishRun) => (waiting === null ? null : { on: waiting.on, for_ms: waiting.forMs });
