// Asking for withdrawals, and what became of them.

import { Type } from '@sinclair/typebox';
import { LIQUIDITY_REASON_TEXT } from '../../../contracts/codes/liquidity.ts';
import { WithdrawalAnswer, WithdrawalBody, WithdrawalsView } from '../../../contracts/control/withdrawals.ts';
import type { Problem } from '../../../contracts/runtime/control/problem.ts';
import { actionRoute, type ControlRoute, shown } from '../../../contracts/runtime/control/route.ts';
import { newest } from '../actions/book.ts';
import type { Manager } from '../manager.ts';
import type { Refusal } from '../withdrawals/checks.ts';

const part = 'liquidity-manager';
const PATH = '/withdrawals';
const SHOWN_MAX = 200;

export function withdrawalRoutes({ ledger, desk }: Pick<Manager, 'ledger' | 'desk'>): ControlRoute[] {
  return [
    {
      kind: 'read',
      path: PATH,
      part,
      summary: 'Withdrawals with their states, those under way and those that are over',
      answer: shown(WithdrawalsView, () => ({
        withdrawals: newest(ledger.book, SHOWN_MAX, ({ kind }) => kind === 'withdrawal'),
      })),
    },
    actionRoute({
      method: 'POST',
      path: PATH,
      part,
      action: 'withdraw',
      summary:
        'Checks a withdrawal; one with a signed payload is reserved in the engine, then published, then followed to the other chain. ./unrip withdraw makes the call',
      body: WithdrawalBody,
      bodyOptional: false,
      from: Type.Null(),
      to: WithdrawalAnswer,
      refusals: [409, 502],
      recorded: withoutSignature,
      async act(body) {
        const taken = await desk.take(body);
        if (taken.ok) return { ok: true, from: null, to: taken.answer };
        return { ok: false, problem: problemOf(taken), from: null, to: withoutSignature(body) };
      },
    }),
  ];
}

/** A signed payload can be executed by whoever has it: no record holds one. */
const withoutSignature = ({ signed: _signature, ...asked }: WithdrawalBody): Omit<WithdrawalBody, 'signed'> => asked;

function problemOf({ reason, detail }: Refusal): Problem {
  return {
    status: reason === 'bridge_unreachable' ? 502 : 409,
    code: reason.replaceAll('_', '-'),
    title: 'The withdrawal was refused',
    detail: `${reason}: ${LIQUIDITY_REASON_TEXT[reason]}${detail === '' ? '' : ` (${detail})`}.`,
  };
}
