// Serves the requests of all connections in turn, at a bounded rate.

import type { Clock } from '../../clock.ts';
import { type Answer, PROBLEMS, problemAnswer } from '../problem.ts';
import { createTurns, type Turn, type Turns } from '../turns.ts';
import { createBucket } from './bucket.ts';
import type { Upgrade } from './connection.ts';

/** Requests a second over all connections, so that clients do not take the processor from the trading loop either. */
export const REQUESTS = { perSecond: 1000, burst: 16 } as const;
/** An answer counts as one request more for each of these. */
const BYTES_PER_REQUEST = 16_384;

type Service = Pick<Turns, 'drop' | 'waits'> & {
  /** A request that is complete: it is answered when its turn comes. */
  add(turn: Turn): void;
};

export function createService(
  handler: { handle(request: Turn['request']): Promise<Answer | Upgrade> },
  timers: Clock,
): Service {
  const turns = createTurns();
  const bucket = createBucket(REQUESTS, timers);
  let scheduled = false;

  const serveAll = (): void => {
    while (!turns.isEmpty() && bucket.take()) {
      const next = turns.next();
      if (next !== null) void serve(next);
    }
    if (turns.isEmpty() || scheduled) return;
    scheduled = true;
    timers.after(Math.max(1, bucket.waitMs()), () => {
      scheduled = false;
      serveAll();
    });
  };

  const serve = async ({ connection, request }: Turn): Promise<void> => {
    let answer: Answer | Upgrade;
    try {
      answer = await handler.handle(request);
    } catch {
      answer = problemAnswer(PROBLEMS.inside);
    }
    if ('open' in answer) {
      connection.upgrade(answer, timers.elapsedUs());
      return;
    }
    bucket.spend(answer.body.length / BYTES_PER_REQUEST);
    connection.answer(answer, timers.elapsedUs(), { headOnly: request.method === 'HEAD' });
  };

  return {
    add(turn) {
      turns.add(turn);
      serveAll();
    },
    drop: turns.drop,
    waits: turns.waits,
  };
}
