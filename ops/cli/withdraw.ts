// `./unrip withdraw`: makes the payload of a withdrawal, shows it, and signs it only with --send. The liquidity-manager checks,
// reserves, publishes and follows it; what is signed is made here, from the arguments alone.

import { randomBytes, randomUUID } from 'node:crypto';
import { Value } from '@sinclair/typebox/value';
import { renderScaled } from '../../contracts/amounts.ts';
import type { ConfigOf } from '../../contracts/config/variable.ts';
import { WITHDRAW_SEND_VARIABLES, WITHDRAW_VARIABLES } from '../../contracts/config/withdraw.ts';
import { WithdrawalAnswer, type WithdrawalBody } from '../../contracts/control/withdrawals.ts';
import { lastingTimers, machineClock } from '../../contracts/runtime/clock.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import type { CallResult, ControlClient } from '../../contracts/runtime/control/client.ts';
import { createNearClient } from '../../contracts/runtime/near/client.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { isoTime } from '../../contracts/time.ts';
import { createSigner, type Signer } from '../../engine/executor/sign.ts';
import { endpointOf } from '../keys/verifier-keys.ts';
import { printable } from '../trace/words.ts';
import { findManager } from '../withdraw/manager.ts';
import { type Order, orderOf, readArguments } from '../withdraw/order.ts';
import { payloadOf, signPayload, type Unsigned } from '../withdraw/payload.ts';
import { likeIt } from '../withdraw/under-way.ts';
import type { Command } from './command.ts';
import { processShell, type Shell } from './engine-call.ts';

const HELP = `./unrip withdraw --asset BTC|EURe|ID --amount N --to ADDRESS [--max-fee N] [--send [--again]]

Withdraws from the verifier to an address on the chain of the asset. Prints what would be signed, made from these arguments alone;
without --send nothing is signed. With it, the payload is signed with NEAR_KEY_FILE and handed to the liquidity-manager, which has
the amount reserved by the engine, publishes it, and follows it to the other chain: GET /withdrawals of its control API.

  --asset     BTC and EURe are BTC_ASSET_ID and EURE_ASSET_ID; any known asset id is taken
  --amount    what leaves the verifier, fees included, in BTC or EURe
  --to        must be in WITHDRAWAL_ALLOWLIST of this command and of the manager
  --max-fee   most that the bridge may keep of it; by default 5 % of the amount
  --send      sign and publish
  --again     also if a withdrawal of the same amount to the same address is not over: each call of this command makes another one

Exit code 0 when it was shown or accepted, 1 when it was refused or its outcome is not known.

${helpText(WITHDRAW_SEND_VARIABLES)}`;

export const command: Command = {
  name: 'withdraw',
  summary: 'withdraw to an address on another chain: shown first, signed only with --send',
  help: HELP,
  run: (args) => withdraw(args, processShell()),
};

const CLOCK = { ...machineClock, ...lastingTimers };
const REQUEST_LIMIT_MS = 10_000;
const SALT = /^[0-9a-f]{8}$/;
/** The same payload again: nothing can be published twice with it. */
const TRIES = 3;

type Config = ConfigOf<typeof WITHDRAW_VARIABLES>;

export async function withdraw(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const given = readArguments(args);
  if (typeof given === 'string') {
    shell.err(`unrip withdraw: ${given}\n\n${HELP}`);
    return EXIT.usage;
  }
  const variables = given.send ? WITHDRAW_SEND_VARIABLES : { ...WITHDRAW_VARIABLES };
  const loaded = loadConfig(variables, { env: shell.env, directory: shell.directory });
  for (const warning of loaded.warnings) shell.err(`unrip withdraw: ${warning}\n`);
  if (!loaded.ok) {
    shell.err(renderProblems('unrip withdraw', loaded.problems));
    return EXIT.config;
  }
  const { config } = loaded;
  const order = orderOf(given, config);
  const refuse = (why: string): ExitCode => {
    shell.err(`unrip withdraw: ${printable(why)}\n`);
    return EXIT.failure;
  };
  if (typeof order === 'string') return refuse(order);
  const signer = given.send ? signerOf('privateKey' in config ? config.privateKey : null) : null;
  if (typeof signer === 'string') return refuse(signer);
  const manager = findManager(config);
  if (typeof manager === 'string') return refuse(manager);
  const withdrawalId = `wd-${randomUUID()}`;
  const checked = await check(manager, bodyOf(order, withdrawalId, { signed: null, again: given.again }));
  if (typeof checked === 'string') return refuse(checked);
  const other = await likeIt(manager, order);
  if (!other.ok) return refuse(other.problem);
  if (other.words !== null && given.send && !given.again)
    return refuse(`${other.words}. Nothing was signed; to pay once more: --again`);
  const salt = await currentSalt(config);
  if (typeof salt === 'object') return refuse(salt.problem);
  const { account, intentsContract: verifier } = config;
  const random = new Uint8Array(randomBytes(15));
  const payload = payloadOf(order, { account, verifier, withdrawalId, salt, nowMs: CLOCK.nowMs(), random });
  shell.out(shownOrder(order, payload, checked));
  if (signer === null) {
    if (other.words !== null) shell.out(`note       ${printable(other.words)}: --send needs --again\n`);
    shell.out('nothing was signed: add --send to sign and publish it\n');
    return EXIT.ok;
  }
  const sent = await ask(
    manager,
    bodyOf(order, withdrawalId, { signed: signPayload(payload, signer), again: given.again }),
  );
  if (typeof sent === 'string')
    return refuse(`${sent} (withdrawal ${withdrawalId}; GET /withdrawals shows what became of it)`);
  if (sent.action === null)
    return refuse(`the manager does not show withdrawal ${withdrawalId}: not known whether it was taken`);
  shell.out(`withdrawal ${withdrawalId}: ${sent.action.status}\n`);
  return EXIT.ok;
}

/** Made from the order, and not from any answer. */
const bodyOf = (
  order: Order,
  withdrawalId: string,
  { signed, again }: Pick<WithdrawalBody, 'signed'> & { readonly again: boolean },
): WithdrawalBody => ({
  withdrawal_id: withdrawalId,
  asset: order.asset.id,
  amount: String(order.amountUnits),
  destination: order.destination,
  max_fee: String(order.maxFeeUnits),
  ...(again ? { again } : {}),
  signed,
});

/** Nothing is signed yet, so that there is no outcome to be in doubt about. @returns what it costs, or why it cannot be */
async function check(manager: ControlClient, body: WithdrawalBody): Promise<WithdrawalAnswer | string> {
  const result = await manager.post('/withdrawals', body);
  if (result.kind === 'unknown' && result.status === null)
    return `the liquidity-manager at ${manager.url} does not answer (${result.detail}), so nothing can be withdrawn; funded trading goes on`;
  return answerOf(result);
}

/** What the manager answers to a signed request, or why it refused. */
async function ask(manager: ControlClient, body: WithdrawalBody): Promise<WithdrawalAnswer | string> {
  for (let tries = 1; ; tries++) {
    const result = await manager.post('/withdrawals', body);
    const answer = answerOf(result);
    if (typeof answer !== 'string') return answer;
    const isOver = result.kind !== 'unknown' || tries >= TRIES;
    if (isOver) return result.kind === 'refused' ? answer : `not known whether it was taken: ${answer}`;
  }
}

function answerOf(result: CallResult): WithdrawalAnswer | string {
  if (result.kind !== 'done') return result.detail;
  const to =
    typeof result.answer === 'object' && result.answer !== null && 'to' in result.answer ? result.answer.to : null;
  return Value.Check(WithdrawalAnswer, to) ? to : 'the manager gave an answer that is none';
}

function signerOf(text: string | null): Signer | string {
  if (text === null) return 'NEAR_KEY_FILE is not set: --send needs the key that signs';
  const made = createSigner(text);
  return made.ok ? made.signer : `NEAR_KEY_FILE names a file whose content ${made.problem}`;
}

/** Of the verifier itself: a nonce with another one is refused there. */
async function currentSalt(config: Config): Promise<string | { readonly problem: string }> {
  const { nearRpcUrls: urls, nearChainId, intentsContract: contract } = config;
  const client = createNearClient({ urls, contract, clock: CLOCK, timeLimitMs: REQUEST_LIMIT_MS });
  try {
    const endpoint = await endpointOf(client.endpoints, nearChainId);
    if (!endpoint.ok) return { problem: `no endpoint of NEAR_RPC_URL answers: ${endpoint.detail}` };
    const block = await endpoint.value.finalBlock();
    const view = block.ok ? await endpoint.value.call('current_salt', {}, block.value.height) : block;
    if (!view.ok) return { problem: `the verifier's salt cannot be read: ${view.reason}: ${view.detail}` };
    const { json } = view.value;
    return typeof json === 'string' && SALT.test(json) ? json : { problem: "the verifier's salt is not 8 hex digits" };
  } finally {
    client.close();
  }
}

function shownOrder(
  { asset, amountUnits, destination, maxFeeUnits }: Order,
  payload: Unsigned,
  { quote }: WithdrawalAnswer,
): string {
  const amount = (units: bigint): string => `${renderScaled(units, asset.decimals)} ${asset.symbol}`;
  return [
    `withdraw   ${amount(amountUnits)} (${asset.id})`,
    `to         ${destination} on ${asset.chain}, over the ${asset.bridge} bridge`,
    `fee        at most ${amount(maxFeeUnits)}; the manager says ${amount(BigInt(quote.fee))} now, so that ${amount(BigInt(quote.arrives))} arrive`,
    `deadline   ${isoTime(payload.deadlineAtMs)}`,
    `for        ${payload.recipient}, nonce ${payload.nonce}`,
    `payload    ${payload.message}`,
    '',
  ].join('\n');
}
