// Arming and disarming of strategy and executor, and withdrawing live quotes, by itself or with a disarm of the executor. Disarming
// and withdrawing always work. For 10 minutes after a journal was born, arming the executor needs `fresh_account`: a lost journal
// must not let an old quote and a new one both settle unseen. When recovery found something that does not add up, it needs
// `accept_recovery_findings`, once in a run. While more is promised than is credited it is refused, whatever the call says: time, a
// deposit or a pull ends that.

import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { ArmBody, Vouched } from '../../contracts/control/engine.ts';
import { ArmView } from '../../contracts/control/part-state.ts';
import { DisarmExecutorBody, PullAnswer, PullBody } from '../../contracts/control/pull.ts';
import { shape } from '../../contracts/control/shapes.ts';
import { nullable } from '../../contracts/envelope.ts';
import { NoBody } from '../../contracts/runtime/control/body.ts';
import type { Problem } from '../../contracts/runtime/control/problem.ts';
import { actionRoute, type ControlRoute, type Refused } from '../../contracts/runtime/control/route.ts';
import { isoTime } from '../../contracts/time.ts';
import type { PullAsked } from '../executor/control.ts';
import { armView } from '../lib/arm-view.ts';
import type { ArmCaps } from '../safety/arming.ts';
import type { ArmControl, EngineControl } from './engine-control.ts';
import { settingOf } from './setting-routes.ts';

export function armRoutes(control: EngineControl): ControlRoute[] {
  return [
    armRoute({
      part: 'strategy',
      arming: control.strategy.arming,
      obstacle: () => unfit(control),
      onArm: () => undefined,
    }),
    disarmRoute('strategy', control.strategy.arming),
    armRoute({
      part: 'executor',
      arming: control.executor.arming,
      obstacle: (body) => unfit(control) ?? breached(control) ?? tooEarly(control, body) ?? findingsOpen(control, body),
      onArm(body, actor) {
        if (body.accept_recovery_findings === true) control.executor.acceptFindings(actor);
      },
    }),
    ...pullRoutes(control),
  ];
}

type Switch = {
  readonly part: string;
  readonly arming: ArmControl;
  /** Why it cannot be armed; null: it can. */
  obstacle(body: ArmBody): Problem | null;
  /** Called before it is armed, with the name of the token. */
  onArm(body: ArmBody, actor: string): void;
};

function armRoute({ part, arming, obstacle, onArm }: Switch): ControlRoute {
  const refuse = (problem: Problem, to: unknown): Refused => ({ ok: false, problem, from: armView(arming), to });
  return actionRoute({
    method: 'POST',
    path: `/${part}/arm`,
    part,
    action: 'arm',
    summary: `Arms the ${part} for for_minutes, or until it is disarmed (forever); max_eur and max_trades end it earlier`,
    body: ArmBody,
    // None is answered with what is missing from it.
    bodyOptional: true,
    from: ArmView,
    to: shape({ ...ArmView.properties, ...Vouched }),
    refusals: [409],
    act(body, { actor }) {
      const problem = obstacle(body);
      if (problem !== null) return refuse(problem, { ...body, armed: true });
      const from = armView(arming);
      onArm(body, actor);
      arming.arm(actor, body.for_minutes ?? null, capsOf(body));
      // What the operator vouched for is on record with the arming.
      const { for_minutes: _minutes, forever: _forever, max_eur: _eur, max_trades: _trades, ...vouched } = body;
      return { ok: true, from, to: { ...armView(arming), ...vouched } };
    },
  });
}

function disarmRoute(part: string, arming: ArmControl): ControlRoute {
  return actionRoute({
    method: 'POST',
    path: `/${part}/disarm`,
    part,
    action: 'disarm',
    summary: `Disarms the ${part}: decisions are still made and recorded, and nothing is signed`,
    body: NoBody,
    bodyOptional: true,
    urgent: true,
    from: ArmView,
    to: ArmView,
    act(_body, { actor }) {
      const from = armView(arming);
      arming.disarm(actor);
      return { ok: true, from, to: armView(arming) };
    },
  });
}

/** Ends beyond the time. */
function capsOf({ max_eur, max_trades }: ArmBody): ArmCaps | null {
  if (max_eur === undefined && max_trades === undefined) return null;
  const maxEurE18 = max_eur === undefined ? null : settingOf(ENGINE_VARIABLES.breakerDayE18, max_eur);
  return { maxEurE18, maxTrades: max_trades ?? null };
}

/** Why nothing can be armed now, whatever the body says. */
function unfit(control: EngineControl): Problem | null {
  const failure = control.journalFailure();
  if (failure !== null) {
    return {
      status: 409,
      code: 'journal-failed',
      title: 'The journal cannot be written',
      detail: `Nothing can be signed or recorded: ${failure}. Repair the disk of STATE_DIR and start the engine again.`,
    };
  }
  if (!control.executor.isDraining()) return null;
  return {
    status: 409,
    code: 'draining',
    title: 'The process is ending',
    detail: 'A drain is in progress, so nothing is armed.',
  };
}

function breached(control: EngineControl): Problem | null {
  const breach = control.executor.breach();
  if (breach === null) return null;
  return {
    status: 409,
    code: 'capital-breach',
    title: 'More is promised than is credited',
    detail: `${breach}. It can be armed again when the open quotes have ended or the missing amount has been credited.`,
  };
}

function tooEarly(control: EngineControl, body: ArmBody): Problem | null {
  const youngForMs = control.executor.youngForMs();
  if (body.fresh_account === true || youngForMs <= 0) return null;
  const until = isoTime(control.nowMs() + youngForMs);
  return {
    status: 409,
    code: 'journal-young',
    title: 'The journal is less than ten minutes old',
    detail:
      `Quotes signed under an older, lost journal of this account could still settle until ${until}. Arm after that. If no ` +
      'engine has signed for this account within the last ten minutes: ./unrip arm --fresh-account, or {"fresh_account":true}.',
    more: { until },
  };
}

function findingsOpen(control: EngineControl, body: ArmBody): Problem | null {
  const findings = control.executor.openFindings();
  if (findings.length === 0 || body.accept_recovery_findings === true) return null;
  return {
    status: 409,
    code: 'recovery-findings',
    title: 'Recovery found contradictions in the journal',
    detail:
      `Recovery from the journal has ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}, of which the first ` +
      `is: ${findings[0]}. Compare balances and open quotes with the venue, then: ./unrip arm --accept-recovery-findings, ` +
      'or {"accept_recovery_findings":true}.',
    more: { findings },
  };
}

const DisarmedView = shape({ ...ArmView.properties, pull: nullable(PullAnswer) });

function pullRoutes(control: EngineControl): ControlRoute[] {
  const { executor } = control;
  const pull = actionRoute({
    method: 'POST',
    path: '/executor/pull',
    part: 'executor',
    action: 'pull',
    summary:
      'Withdraws live quotes: uses up their nonces with an empty intent, so that none of them can settle. Answers when that has begun; see pulls in /executor/state',
    body: PullBody,
    bodyOptional: true,
    urgent: true,
    status: 202,
    from: shape({ armed: ArmView.properties.armed }),
    to: PullAnswer,
    refusals: [409],
    act({ asset = null }, { actor }) {
      const from = { armed: armView(executor.arming).armed };
      const pulled = withdraw(control, { asset, cause: 'operator', by: actor });
      return pulled.ok
        ? { ok: true, from, to: pulled.begun }
        : { ok: false, problem: pulled.problem, from, to: { asset } };
    },
  });
  const disarm = actionRoute({
    method: 'POST',
    path: '/executor/disarm',
    part: 'executor',
    action: 'disarm',
    summary:
      'Disarms the executor: decisions are still made and recorded, and nothing is signed. With pull, live quotes are withdrawn too',
    body: DisarmExecutorBody,
    bodyOptional: true,
    urgent: true,
    from: ArmView,
    to: DisarmedView,
    act({ pull: isPulled = false }, { actor }) {
      const from = armView(executor.arming);
      executor.arming.disarm(actor);
      const to = armView(executor.arming);
      if (!isPulled) return { ok: true, from, to: { ...to, pull: null } };
      // Disarmed in any case.
      const pulled = withdraw(control, { asset: null, cause: 'disarm', by: actor });
      return pulled.ok
        ? { ok: true, from, to: { ...to, pull: pulled.begun } }
        : { ok: true, from, to: { ...to, pull: null }, note: pulled.problem.detail };
    },
  });
  return [pull, disarm];
}

type Withdrawn = { readonly ok: true; readonly begun: PullAnswer } | { readonly ok: false; readonly problem: Problem };

function withdraw(control: EngineControl, asked: PullAsked): Withdrawn {
  const problem = unrecordable(control);
  if (problem !== null) return { ok: false, problem };
  try {
    const begun = control.executor.pull(asked);
    return begun === null ? { ok: false, problem: ABOUT_TO_END } : { ok: true, begun };
  } catch (error) {
    // The journal can fail with this very record.
    const failed = unrecordable(control);
    if (failed === null) throw error;
    return { ok: false, problem: failed };
  }
}

const ABOUT_TO_END: Problem = {
  status: 409,
  code: 'draining',
  title: 'The process is ending',
  detail:
    'Nothing is sent any more. Start the engine again and repeat the call, or let live quotes end with their deadlines.',
};

/** What is not on record is not sent: nobody could tell it from a stranger's use of the key. */
function unrecordable(control: EngineControl): Problem | null {
  const failure = control.journalFailure();
  if (failure === null) return null;
  return {
    status: 409,
    code: 'journal-failed',
    title: 'The journal cannot be written',
    detail: `A pull has to be on record before it is sent: ${failure}. Live quotes end with their deadlines; repair the disk of STATE_DIR and start the engine again.`,
  };
}
