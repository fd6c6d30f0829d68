// What the rules find that count events within a window, and the one about attempts whose outcome is open.

import type { Known } from '../known/known.ts';
import { msSince } from '../moment.ts';
import { condition, type Found, found, type RuleMoment } from './rule.ts';

const short = (text: string): string => text.slice(0, 128);

export function findFailures(known: Known, { now, windows }: RuleMoment): Found {
  const { eventsMs, failuresMin } = windows;
  const many = known.failures.within(eventsMs, now).filter(({ count }) => count >= failuresMin);
  return found(
    many.map(({ subject, count, newest }) => {
      const { quote_id, command_id, execution_id, note, status } = newest.payload;
      return condition({
        ...{ subject, scope: 'engine.executor' },
        correlation: {
          ...{ quote_id: short(quote_id), command_id: short(command_id), execution_id: short(execution_id) },
        },
        details: { code: subject, count, window_ms: eventsMs, status, note: note.slice(0, 500) },
      });
    }),
  );
}

/** The oldest is named; the number says how many there are. */
export function findUncertain(known: Known, { now, windows }: RuleMoment): Found {
  const late = known
    .uncertain(now)
    .filter(({ asOfUs }) => isWithin(msSince(asOfUs, now), windows.uncertainMs, UNCERTAIN_UNTIL_MS));
  const [oldest] = late;
  if (oldest === undefined) return found([]);
  const { quote_id, command_id, result_code } = oldest.payload;
  const age_ms = msSince(oldest.asOfUs, now);
  return found([
    condition({
      scope: 'engine.executor',
      correlation: { quote_id: short(quote_id), command_id: short(command_id) },
      details: { count: late.length, age_ms, window_ms: windows.uncertainMs, code: result_code },
    }),
  ]);
}

/** After a day it is for the reconciler, whose findings are alerts as well: some outcomes stay unknown. */
const UNCERTAIN_UNTIL_MS = 86_400_000;

const isWithin = (ageMs: number, fromMs: number, untilMs: number): boolean => ageMs > fromMs && ageMs <= untilMs;

export function findDeadLetters(known: Known, { now, windows }: RuleMoment): Found {
  const { eventsMs, deadLettersMin } = windows;
  const many = known.deadLetters.within(eventsMs, now).filter(({ count }) => count >= deadLettersMin);
  return found(
    many.map(({ subject, count, newest }) => {
      const { service, reason, detail, offset } = newest.payload;
      return condition({
        ...{ subject, scope: service === '' ? 'unknown' : short(service) },
        details: { origin: subject, count, window_ms: eventsMs, reason, detail: detail.slice(0, 500), offset },
      });
    }),
  );
}

export function findRefusals(known: Known, { now, windows }: RuleMoment): Found {
  const { eventsMs, refusalsMin } = windows;
  const many = known.refusals.within(eventsMs, now).filter(({ count }) => count >= refusalsMin);
  return found(
    many.map(({ subject, count, newest }) => {
      const { action_id, part, action, actor, remote, http_status } = newest.payload;
      return condition({
        ...{ subject, scope: subject, correlation: { action_id: short(action_id) } },
        details: {
          ...{ service: subject, count, window_ms: eventsMs, http_status },
          ...{ call: `${part} ${action}`.slice(0, 200), actor: short(actor), remote: short(remote) },
        },
      });
    }),
  );
}
