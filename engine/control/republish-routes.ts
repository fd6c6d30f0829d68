// Sending records of the journal again, for topics that lost what Kafka had acknowledged.

import { Type } from '@sinclair/typebox';
import { EndedRepublish, RepublishBody, RepublishView, RunningRepublish } from '../../contracts/control/republish.ts';
import { nullable } from '../../contracts/envelope.ts';
import { NoBody } from '../../contracts/runtime/control/body.ts';
import type { Problem } from '../../contracts/runtime/control/problem.ts';
import { actionRoute, type ControlRoute, shown } from '../../contracts/runtime/control/route.ts';
import type { RepublishRefusal } from '../model/values.ts';
import type { EngineControl } from './engine-control.ts';

const PATH = '/bus/republish';

export function republishRoutes({ bus, executor }: EngineControl): ControlRoute[] {
  return [
    {
      kind: 'read',
      path: PATH,
      part: 'bus',
      summary:
        'What Kafka has lost, where a republish has to start, and the progress of the current and the last republish',
      answer: shown(RepublishView, () => bus.republishView()),
    },
    actionRoute({
      method: 'POST',
      path: PATH,
      part: 'bus',
      action: 'republish',
      summary:
        'Sends records of the journal to Kafka again, from a position on, with the same event ids, while the engine runs; one at a time',
      body: RepublishBody,
      bodyOptional: false,
      status: 202,
      from: Type.Null(),
      to: nullable(RunningRepublish),
      refusals: [409],
      act({ from, to, topics }) {
        const given = { from, to: to ?? null, topics: topics ?? null };
        const refusal = executor.isDraining() ? ENDING : bus.republish(given);
        if (refusal !== null) return { ok: false, problem: problemOf(refusal), from: null, to: given };
        return { ok: true, from: null, to: bus.republishView().republish.running };
      },
    }),
    actionRoute({
      method: 'POST',
      path: `${PATH}/cancel`,
      part: 'bus',
      action: 'republish-cancel',
      summary: 'Cancels the running republish',
      body: NoBody,
      bodyOptional: true,
      from: Type.Null(),
      to: nullable(EndedRepublish),
      refusals: [409],
      act() {
        if (!bus.cancelRepublish()) return { ok: false, problem: NONE, from: null, to: null };
        return { ok: true, from: null, to: bus.republishView().republish.last };
      },
    }),
  ];
}

const ENDING: RepublishRefusal = {
  kind: 'ending',
  detail: 'a drain is in progress: repeat the call after the next start',
};

const NONE: Problem = {
  status: 409,
  code: 'no-republish',
  title: 'No republish is running',
  detail: 'There is nothing to cancel.',
};

const TITLES: Readonly<Record<RepublishRefusal['kind'], readonly [code: string, title: string]>> = {
  busy: ['republish-running', 'A republish is running'],
  not_kept: ['records-not-kept', 'The journal no longer has these records'],
  beyond: ['position-beyond-journal', 'The journal ends before this position'],
  empty: ['range-empty', 'The range has no records'],
  ending: ['draining', 'The process is ending'],
};

function problemOf({ kind, detail }: RepublishRefusal): Problem {
  const [code, title] = TITLES[kind];
  return { status: 409, code, title, detail: `${detail}. Nothing was sent.` };
}
