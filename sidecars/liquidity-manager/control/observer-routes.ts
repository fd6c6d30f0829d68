// Calls about the chain observers: read now, pause, resume. The bridges go on in any case.

import { Type } from '@sinclair/typebox';
import { described, Flag, list, shape, Text } from '../../../contracts/control/shapes.ts';
import { oneOf } from '../../../contracts/envelope.ts';
import type { Problem } from '../../../contracts/runtime/control/problem.ts';
import { actionRoute, type ControlRoute } from '../../../contracts/runtime/control/route.ts';
import type { Manager } from '../manager.ts';

const CHAINS = ['btc:mainnet', 'eth:100'] as const;

const ChainBody = Type.Object(
  { chain: Type.Optional(described(oneOf(CHAINS), 'the observer of this chain alone; by default all of them')) },
  { additionalProperties: false },
);

const Pauses = list(shape({ chain: Text, paused: Flag }));

export function observerRoutes({ observation }: Manager): ControlRoute[] {
  const chosen = (chain: string | undefined) =>
    observation.observers.filter((observer) => chain === undefined || observer.chain === chain);
  const common = { method: 'POST', part: 'liquidity-manager', body: ChainBody, bodyOptional: true } as const;
  const pauses = (chain: string | undefined) =>
    chosen(chain).map((observer) => ({ chain: observer.chain, paused: observer.state().paused }));
  return [
    actionRoute({
      ...common,
      path: '/refresh-funding-observations',
      action: 'refresh-funding-observations',
      summary: 'Reads the chains now, also while their observers are paused',
      from: Type.Null(),
      to: Type.Null(),
      refusals: [502],
      async act({ chain }) {
        const failures = await Promise.all(
          chosen(chain).map(async (observer) => {
            const failure = await observer.refresh();
            return failure === null ? [] : [`${observer.chain}: ${failure}`];
          }),
        );
        const failed = failures.flat();
        if (failed.length === 0) return { ok: true, from: null, to: null };
        const problem: Problem = {
          status: 502,
          code: 'chain-not-read',
          title: 'A chain could not be read',
          detail: `${failed.join('; ')}. What the others showed is taken; reading goes on.`,
        };
        return { ok: false, problem, from: null, to: null };
      },
    }),
    ...(['pause', 'resume'] as const).map((action) =>
      actionRoute({
        ...common,
        path: `/${action}-funding-observer`,
        action: `${action}-funding-observer`,
        summary:
          action === 'pause'
            ? 'Stops reading the chains until it is resumed; deposits are credited all the same'
            : 'Reads the chains again',
        from: Pauses,
        to: Pauses,
        act({ chain }) {
          const from = pauses(chain);
          for (const observer of chosen(chain)) observer[action]();
          return { ok: true, from, to: pauses(chain) };
        },
      }),
    ),
  ];
}
