// The verifier's judgement of a batch: payloads run in the order given on a draft of the state, the first refusal ends
// all of it, and at the end the moved amounts have to add up. Pure: state and block time go in, a verdict comes out.
//
// `simulate` differs from `execute` in two ways only: a batch that does not add up is reported instead of refused, and
// nonces used before the batch are looked at before the lock of the account.

import { Draft, type Outcome } from './draft.ts';
import type { Envelope } from './envelope.ts';
import { accountLocked, invariantViolated, jsonError, keyMissing, VERIFIER_ERRORS } from './errors.ts';
import { type Executed, executedData, executedEvent, transferEvent } from './events.ts';
import { type BatchContext, executeIntent } from './execute-intent.ts';
import { payloadHash, signedBytes } from './hashing.ts';
import { type InvariantViolation, Matcher } from './matcher.ts';
import { type Message, readMessage } from './message.ts';
import { versionedNonce } from './nonce.ts';
import { verifySignature } from './signature.ts';
import { hasPublicKey, isValidSalt, type VerifierState } from './state.ts';
import { DEADLINE_MAX_NS, formatDeadline } from './text/deadline.ts';
import { ed25519KeyText } from './text/public-key.ts';

/** Block time in nanoseconds since the epoch. */
export type BatchInput = {
  readonly state: VerifierState;
  readonly envelopes: readonly Envelope[];
  readonly nowNs: bigint;
};

type Refused = { readonly ok: false; readonly error: string };
export type ExecuteVerdict =
  | {
      readonly ok: true;
      readonly state: VerifierState;
      readonly executed: readonly Executed[];
      /** Event lines in the order the contract logs them. */
      readonly logs: readonly string[];
    }
  | Refused;

type Run = BatchContext & { readonly executed: Executed[]; minDeadlineNs: bigint };
type Mode = 'execute' | 'simulate';

function verifyNonce(state: VerifierState, { nonceHex, deadlineNs }: Message, nowNs: bigint): Outcome {
  const nonce = versionedNonce(nonceHex);
  if (nonce === undefined) return undefined;
  if (!isValidSalt(state, nonce.saltHex)) return VERIFIER_ERRORS.invalidSalt;
  if (deadlineNs > nonce.deadlineNs) return VERIFIER_ERRORS.deadlineBeyondNonce;
  return nonce.deadlineNs < nowNs ? VERIFIER_ERRORS.nonceExpired : undefined;
}

function commitNonce(draft: Draft, { signerId, nonceHex }: Message, mode: Mode): Outcome {
  if (mode === 'simulate' && draft.base.accounts.get(signerId)?.usedNonces.has(nonceHex) === true) {
    return VERIFIER_ERRORS.nonceUsed;
  }
  const account = draft.account(signerId);
  if (account.locked) return accountLocked(signerId);
  if (account.usedNonces.has(nonceHex)) return VERIFIER_ERRORS.nonceUsed;
  draft.put(signerId, { ...account, usedNonces: account.usedNonces.with(nonceHex) });
  return undefined;
}

function runPayload(run: Run, envelope: Envelope, nowNs: bigint, mode: Mode): Outcome {
  const hash = payloadHash(envelope);
  if (!verifySignature(signedBytes(envelope, hash), envelope.signature, envelope.publicKey)) {
    return VERIFIER_ERRORS.invalidSignature;
  }
  const read = readMessage(envelope);
  if (!read.ok) return jsonError(read.reason);
  const message = read.value;
  const { base } = run.draft;
  if (message.verifyingContract !== base.contractId) return VERIFIER_ERRORS.wrongVerifyingContract;
  if (message.deadlineNs < run.minDeadlineNs) run.minDeadlineNs = message.deadlineNs;
  if (message.deadlineNs < nowNs) return VERIFIER_ERRORS.deadlineExpired;
  const publicKey = ed25519KeyText(envelope.publicKey);
  if (!hasPublicKey(run.draft.account(message.signerId), message.signerId, publicKey)) {
    return keyMissing(message.signerId, publicKey);
  }
  const refusal = verifyNonce(base, message, nowNs) ?? commitNonce(run.draft, message, mode);
  if (refusal !== undefined) return refusal;
  for (const intent of message.intents) {
    const outcome = executeIntent(run, { signerId: message.signerId, hash }, intent);
    if (outcome !== undefined) return outcome;
  }
  run.executed.push({ hash, signerId: message.signerId, nonceHex: message.nonceHex });
  return undefined;
}

function runBatch({ state, envelopes, nowNs }: BatchInput, mode: Mode): Run | Refused {
  const run: Run = {
    draft: new Draft(state),
    matcher: new Matcher(),
    logs: [],
    burns: [],
    executed: [],
    minDeadlineNs: DEADLINE_MAX_NS,
  };
  for (const envelope of envelopes) {
    const error = runPayload(run, envelope, nowNs, mode);
    if (error !== undefined) return { ok: false, error };
  }
  return run;
}

/** As `execute_intents`. */
export function executeBatch(input: BatchInput): ExecuteVerdict {
  const run = runBatch(input, 'execute');
  if ('ok' in run) return run;
  const matched = run.matcher.finish();
  if (!matched.ok) return { ok: false, error: invariantViolated(JSON.stringify(matched.violation)) };
  const logs = [...run.logs];
  if (run.executed.length > 0) logs.push(executedEvent(run.executed));
  if (matched.transfers.length > 0) logs.push(transferEvent(matched.transfers));
  return { ok: true, state: run.draft.commit(), executed: run.executed, logs: [...logs, ...run.burns] };
}

/** Value of the view `simulate_intents`, in its wire form. */
type SimulationReport = {
  readonly intents_executed: ReturnType<typeof executedData>;
  readonly logs: readonly string[];
  readonly min_deadline: string;
  readonly invariant_violated?: InvariantViolation;
  readonly state: { readonly fee: number; readonly current_salt: string };
};

export type SimulateVerdict = { readonly ok: true; readonly report: SimulationReport } | Refused;

/** As the view `simulate_intents`: nothing is kept, and a batch that does not add up is reported, not refused. */
export function simulateBatch(input: BatchInput): SimulateVerdict {
  const run = runBatch(input, 'simulate');
  if ('ok' in run) return run;
  const matched = run.matcher.finish();
  const report: SimulationReport = {
    intents_executed: executedData(run.executed),
    logs: [...run.logs, executedEvent(run.executed)],
    min_deadline: formatDeadline(run.minDeadlineNs),
    ...(matched.ok ? {} : { invariant_violated: matched.violation }),
    state: { fee: input.state.feePips, current_salt: input.state.currentSaltHex },
  };
  return { ok: true, report };
}
