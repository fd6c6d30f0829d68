// Reading an answer (the one parameter of `quote_response`) and judging it: against its request first, then as the
// contract would on the newest state. Pure but for the chain it asks.
//
// The contract's own order of checks decides which refusal of the contract it is. What an answer says about amounts is
// looked at before, so that an amount changed after signing is reported as such and not as a bad signature.
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { QuoteOutput, type QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { type Envelope, readEnvelope } from '../verifier/envelope.ts';
import { payloadHash } from '../verifier/hashing.ts';
import { type Message, readMessage } from '../verifier/message.ts';
import { accountIdFault } from '../verifier/text/account-id.ts';
import { encodeBase58 } from '../verifier/text/base58.ts';
import { NS_PER_MS } from '../verifier/text/deadline.ts';
import { nodeOfValue } from '../verifier/text/json.ts';
import type { Parsed } from '../verifier/text/parsed.ts';
import { type RefusalReason, refusalOfContract } from './refusals.ts';

const AnswerShape = TypeCompiler.Compile(
  Type.Object({ quote_id: Type.String(), quote_output: QuoteOutput, signed_data: Type.Unknown() }),
);

/** An answer as far as it could be read. */
export type ReadAnswer = {
  readonly quoteId: string;
  readonly output: QuoteOutput;
  readonly envelope: Parsed<Envelope>;
  readonly message: Parsed<Message> | undefined;
  /** Base58; nothing when the envelope does not read. */
  readonly quoteHash: string | undefined;
};

/** Units of the solver's diff: received and paid, both above zero. */
export type Amounts = { readonly inUnits: bigint; readonly outUnits: bigint };

export type Judgement =
  | { readonly ok: true; readonly amounts: Amounts }
  | { readonly ok: false; readonly reason: RefusalReason; readonly detail: string | null };

const refuse = (reason: RefusalReason, detail: string | null = null): Judgement => ({ ok: false, reason, detail });

/** Nothing when the parameter is not an answer at all. */
export function readAnswer(parameter: unknown): ReadAnswer | undefined {
  if (!AnswerShape.Check(parameter)) return undefined;
  const envelope = readEnvelope(nodeOfValue(parameter.signed_data));
  return {
    quoteId: parameter.quote_id,
    output: parameter.quote_output,
    envelope,
    message: envelope.ok ? readMessage(envelope.value) : undefined,
    quoteHash: envelope.ok ? encodeBase58(payloadHash(envelope.value)) : undefined,
  };
}

/** What the answer's diff does to the two tokens of the request. */
export function amountsOf(request: QuoteRequest, message: Message): Amounts | RefusalReason {
  const [intent, ...more] = message.intents;
  if (intent?.intent !== 'token_diff' || more.length > 0) return 'not_one_diff';
  const received = intent.diff.get(request.defuse_asset_identifier_in) ?? 0n;
  const paid = intent.diff.get(request.defuse_asset_identifier_out) ?? 0n;
  if (intent.diff.size !== 2 || received <= 0n || paid >= 0n) return 'wrong_tokens';
  return { inUnits: received, outUnits: -paid };
}

/** The fixed side as requested, the open side as given next to the signature. */
function amountFault(request: QuoteRequest, output: QuoteOutput, amounts: Amounts): RefusalReason | undefined {
  const fixesIn = typeof request.exact_amount_in === 'string';
  const fixed = fixesIn ? request.exact_amount_in : request.exact_amount_out;
  if (typeof fixed !== 'string' || (fixesIn ? amounts.inUnits : amounts.outUnits) !== BigInt(fixed)) {
    return 'altered_amount';
  }
  const said = fixesIn ? output.amount_out : output.amount_in;
  if (said === undefined || (fixesIn ? amounts.outUnits : amounts.inUnits) !== BigInt(said)) return 'output_mismatch';
  return undefined;
}

export function judgeAnswer(chain: SimChain, nowMs: number, request: QuoteRequest, answer: ReadAnswer): Judgement {
  const { envelope, message } = answer;
  if (!envelope.ok) return refuse('bad_payload', envelope.reason);
  if (message === undefined || !message.ok) return unreadable(envelope.value, message?.reason ?? null);
  const amounts = amountsOf(request, message.value);
  if (typeof amounts === 'string') return refuse(amounts);
  const fault = amountFault(request, answer.output, amounts);
  if (fault !== undefined) return refuse(fault);
  const simulated = chain.simulate([envelope.value]);
  if (!simulated.ok) return refuse(refusalOfContract(simulated.error), simulated.error);
  const leftNs = message.value.deadlineNs - BigInt(Math.floor(nowMs)) * NS_PER_MS;
  if (leftNs < BigInt(request.min_deadline_ms) * NS_PER_MS) return refuse('deadline_too_short');
  return { ok: true, amounts };
}

/** A recipient that is no account id makes the message unreadable to the contract, and is a wrong recipient to us. */
function unreadable(envelope: Envelope, detail: string | null): Judgement {
  const badRecipient = envelope.standard === 'nep413' && accountIdFault(envelope.payload.recipient) !== undefined;
  return refuse(badRecipient ? 'wrong_recipient' : 'bad_message', detail);
}
