// Actions of the liquidity-manager's control API.

import { Type } from '@sinclair/typebox';
import { DepositAddressBody, DepositAddresses, FreezeView } from '../../../contracts/control/liquidity-manager.ts';
import { NoBody } from '../../../contracts/runtime/control/body.ts';
import { drainRoute, pauseRoutes } from '../../../contracts/runtime/control/common-actions.ts';
import type { Problem } from '../../../contracts/runtime/control/problem.ts';
import { type ActionResult, actionRoute, type ControlRoute } from '../../../contracts/runtime/control/route.ts';
import { chainsOf } from '../bridges/bridge.ts';
import type { Manager } from '../manager.ts';
import { observerRoutes } from './observer-routes.ts';
import { depositAddresses, freezeView } from './state.ts';
import { withdrawalRoutes } from './withdrawal-routes.ts';

const part = 'liquidity-manager';

export const routesOf = (manager: Manager): ControlRoute[] => [
  ...pauseRoutes({
    part,
    prefix: '',
    summaries: {
      pause: 'Stops polling the bridges until it is resumed; what is known stays shown',
      resume: 'Polls the bridges again',
    },
    isPaused: manager.isPaused,
    pause: () => manager.pause(),
    resume: () => manager.resume(),
  }),
  drainRoute({
    part,
    path: '/drain',
    summary: 'Ends polls under way, hands the last records to Kafka, and ends the process',
    isDraining: manager.isDraining,
    drain: (by) => manager.requestEnd(`drain by ${by}`),
  }),
  refreshRoute(manager),
  ...freezeRoutes(manager),
  depositAddressRoute(manager),
  ...withdrawalRoutes(manager),
  ...observerRoutes(manager),
];

function refreshRoute(manager: Manager): ControlRoute {
  return actionRoute({
    method: 'POST',
    path: '/refresh',
    part,
    action: 'refresh',
    summary: 'Polls the bridges now, also while paused: terms, addresses, deposits, withdrawals',
    body: NoBody,
    bodyOptional: true,
    from: Type.Null(),
    to: Type.Null(),
    refusals: [502],
    async act() {
      const failures = await Promise.all(
        manager.trackers.map(async (tracker) => {
          const failure = await tracker.refresh();
          return failure === null ? [] : [`${tracker.name}: ${failure}`];
        }),
      );
      const failed = failures.flat();
      if (failed.length === 0) return { ok: true, from: null, to: null };
      const problem: Problem = {
        status: 502,
        code: 'bridge-failed',
        title: 'A bridge did not answer',
        detail: `${failed.join('; ')}. What the others answered is taken; polling goes on.`,
      };
      return { ok: false, problem, from: null, to: null };
    },
  });
}

const NOT_WRITTEN: Problem = {
  status: 409,
  code: 'state-not-written',
  title: 'The state cannot be written',
  detail: 'Nothing was changed: the change would be gone after a restart. The log and the health name the cause.',
};

const FREEZE_NOT_WRITTEN =
  'The state cannot be written: the freeze is in force, and is lost if the process ends before it can. The log names the cause.';

/** A freeze holds across restarts, until somebody ends it. */
function freezeRoutes({ ledger, log }: Manager): ControlRoute[] {
  const act = (by: string | null): ActionResult<FreezeView, FreezeView> => {
    const from = freezeView(ledger);
    if (from.frozen !== (by !== null)) {
      if (!ledger.setFreeze(by)) return { ok: false, problem: NOT_WRITTEN, from, to: from };
      log.warn(by === null ? 'withdrawals_released' : 'withdrawals_frozen', { by });
    }
    const note = ledger.isFreezeWritten ? {} : { note: FREEZE_NOT_WRITTEN };
    return { ok: true, from, to: freezeView(ledger), ...note };
  };
  const common = { method: 'POST', part, body: NoBody, bodyOptional: true, from: FreezeView, to: FreezeView } as const;
  return [
    actionRoute({
      ...common,
      path: '/freeze-withdrawals',
      action: 'freeze-withdrawals',
      summary:
        'Refuses new withdrawals and moves between chains, also after a restart; one that is not published yet waits, the others are followed on',
      urgent: true,
      act: (_body, { actor }) => act(actor),
    }),
    actionRoute({
      ...common,
      path: '/unfreeze-withdrawals',
      action: 'unfreeze-withdrawals',
      summary: 'Allows withdrawals and moves between chains again',
      refusals: [409],
      act: () => act(null),
    }),
  ];
}

function depositAddressRoute(manager: Manager): ControlRoute {
  const { ledger, trackers } = manager;
  return actionRoute({
    method: 'POST',
    path: '/deposit-addresses',
    part,
    action: 'request-deposit-address',
    summary: 'Asks the bridge for the deposit address of a chain; a new one replaces the former, which is followed on',
    body: DepositAddressBody,
    bodyOptional: false,
    from: DepositAddresses,
    to: DepositAddresses,
    refusals: [409, 502],
    async act({ chain, bridge }) {
      const isMeant = ({ chain: other, bridge: name }: { chain: string; bridge: string }): boolean =>
        other === chain && (bridge === undefined || name === bridge);
      const view = () => depositAddresses(ledger).filter(isMeant);
      const asked = trackers.filter(
        (tracker) => tracker.serves(chain) && (bridge === undefined || tracker.name === bridge),
      );
      const from = view();
      if (asked.length === 0) return { ok: false, problem: unsupported(manager, chain, bridge), from, to: from };
      const failures = await Promise.all(
        asked.map(async (tracker) => {
          const failure = await tracker.requestAddress(chain);
          return failure === null ? [] : [`${tracker.name}: ${failure.reason}: ${failure.detail}`];
        }),
      );
      const failed = failures.flat();
      if (failed.length === 0) return { ok: true, from, to: view() };
      const problem: Problem = {
        status: 502,
        code: 'no-deposit-address',
        title: 'A bridge gave no deposit address',
        detail: `${failed.join('; ')}. It is asked again with the next polls.`,
      };
      return { ok: false, problem, from, to: view() };
    },
  });
}

function unsupported({ trackers }: Manager, chain: string, bridge: string | undefined): Problem {
  const served = trackers.map((tracker) => `${tracker.name}: ${chainsOf(tracker).join(', ')}`).join('; ');
  return {
    status: 409,
    code: 'chain-unsupported',
    title: 'No bridge serves the chain',
    detail: `${bridge === undefined ? 'No bridge' : `The bridge ${bridge}`} serves ${chain} for an asset of TREASURY_ASSETS. Served are ${served}.`,
  };
}
