// What a run reads of running simulators from outside: the relay's records, and balances as the verifier gives them.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Sim } from '../harness/sim.ts';
import type { Balances, JudgedAnswer } from './solver-judge.ts';

const READ_MAX = 10_000;
const Text = Type.Union([Type.String(), Type.Null()]);

const Answers = Type.Array(
  Type.Object({
    quoteId: Type.String(),
    receivedAtMs: Type.Number(),
    reason: Text,
    quoteHash: Text,
    nonceHex: Text,
    amountInUnits: Text,
    amountOutUnits: Text,
  }),
);

const Settlements = Type.Array(
  Type.Object({
    quoteId: Type.String(),
    settledAtMs: Type.Number(),
    ok: Type.Boolean(),
    reason: Text,
    quoteHash: Text,
    intentHash: Text,
    txHash: Text,
  }),
);
export type ReadSettlement = Static<typeof Settlements>[number];

const unitsOf = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

/** The newest, the oldest first. */
export async function readAnswers(sim: Sim): Promise<readonly JudgedAnswer[]> {
  const answers = await sim.ask(Answers, `/answers?limit=${READ_MAX}`);
  return answers.map((answer) => ({
    ...answer,
    amountInUnits: unitsOf(answer.amountInUnits),
    amountOutUnits: unitsOf(answer.amountOutUnits),
  }));
}

export async function readSettlements(sim: Sim): Promise<readonly ReadSettlement[]> {
  return await sim.ask(Settlements, `/settlements?limit=${READ_MAX}`);
}

const Transaction = Type.Object({ receipts_outcome: Type.Array(Type.Object({ block_hash: Type.String() })) });
const Block = Type.Object({ header: Type.Object({ timestamp_nanosec: Type.String() }) });
const View = Type.Object({ result: Type.Array(Type.Integer()) });
const Amounts = Type.Array(Type.String({ pattern: '^[0-9]+$' }));

/** @throws Error when the simulated node gives another form, or an error */
async function askNode<Shape extends TSchema>(
  sim: Sim,
  shape: Shape,
  method: string,
  params: object,
): Promise<Static<Shape>> {
  const response = await fetch(sim.environment['NEAR_RPC_URL'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const body: unknown = await response.json();
  const result: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'result') : undefined;
  if (!Value.Check(shape, result)) throw new Error(`the simulated node, ${method}: ${JSON.stringify(body)}`);
  return result;
}

/** Time of the block that a transaction is in. */
export async function blockTimeOf(sim: Sim, txHash: string): Promise<number> {
  const sent = { tx_hash: txHash, sender_account_id: 'any.near', wait_until: 'FINAL' };
  const { receipts_outcome: outcomes } = await askNode(sim, Transaction, 'tx', sent);
  const block = await askNode(sim, Block, 'block', { block_id: outcomes[0]?.block_hash });
  return Number(BigInt(block.header.timestamp_nanosec) / 1_000_000n);
}

/** Units by token id, in the newest block. */
export async function balancesOf(sim: Sim, accountId: string, tokens: readonly string[]): Promise<Balances> {
  const args = JSON.stringify({ account_id: accountId, token_ids: tokens });
  const view = await askNode(sim, View, 'query', {
    request_type: 'call_function',
    finality: 'optimistic',
    account_id: 'intents.near',
    method_name: 'mt_batch_balance_of',
    args_base64: Buffer.from(args).toString('base64'),
  });
  const amounts: unknown = JSON.parse(Buffer.from(view.result).toString('utf8'));
  if (!Value.Check(Amounts, amounts)) throw new Error(`balances of another form: ${JSON.stringify(amounts)}`);
  return Object.fromEntries(tokens.map((token, index) => [token, BigInt(amounts[index] ?? '0')]));
}
