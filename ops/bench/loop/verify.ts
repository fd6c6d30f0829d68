// Whether what came back in a run is what had to come back: one answer a quote, and for the variants that sign, an answer of
// the venue's shape whose signature holds. Signatures are checked on a sample, with a library other than the signers' own.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import { QuoteResponseRequest } from '../../../contracts/wire/relay.ts';
import { readAnswer } from '../../sim/relay/answer.ts';
import { payloadHash, signedBytes } from '../../sim/verifier/hashing.ts';
import { verifySignature } from '../../sim/verifier/signature.ts';
import type { RunResult } from './generator/protocol.ts';
import { benchQuote, type QuoteMaker } from './generator/quotes.ts';

export type Expected = { readonly count: number; readonly maker: Pick<QuoteMaker, 'prefix' | 'eurPerBtc'> };

export type Verified = {
  readonly answered: number;
  /** How many signatures were checked; none for the echo. */
  readonly signatures: number;
  /** What is wrong, in sentences; empty when all is well. */
  readonly faults: readonly string[];
};

/** Every so many answers one signature is checked: an independent check costs some milliseconds. */
const SAMPLE_EVERY = 20;
const FAULTS_SHOWN = 5;

const isAnswer = TypeCompiler.Compile(QuoteResponseRequest);

/** @param signs false for the echo, whose answers are the frames themselves */
export function verifyRun(result: RunResult, expected: Expected, signs: boolean): Verified {
  const faults: string[] = [];
  const answered = result.latenciesUs.filter((latency) => latency >= 0).length;
  if (answered !== expected.count) faults.push(`${answered} of ${expected.count} quotes were answered`);
  if (result.repeated > 0) faults.push(`${result.repeated} answers to quotes that were answered already`);
  // What is not about a quote of this run: nothing but a late answer to the run before it could be.
  if (result.unknown > 0) faults.push(`${result.unknown} frames name no quote of this run`);
  // An echo answers everything.
  if (signs && result.foreign > 0) faults.push(`${result.foreign} answers to quotes for other pairs`);
  let signatures = 0;
  for (const [order, [index, text]] of result.answers.entries()) {
    if (!signs) break;
    const sampled = order % SAMPLE_EVERY === 0;
    if (sampled) signatures += 1;
    const fault = faultOf(text, index, expected, sampled);
    if (fault !== null) faults.push(fault);
  }
  const shown = faults.slice(0, FAULTS_SHOWN);
  if (faults.length > FAULTS_SHOWN) shown.push(`and ${faults.length - FAULTS_SHOWN} more`);
  return { answered, signatures, faults: shown };
}

function faultOf(text: string, index: number, { maker }: Expected, checksSignature: boolean): string | null {
  const { request } = benchQuote({ ...maker, firstAtMs: 0, ratePerS: 1, minDeadlineMs: 1 }, index);
  const where = `answer to ${request.quote_id}`;
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return `${where} is not JSON`;
  }
  if (!isAnswer.Check(frame)) return `${where} is not of the venue's shape`;
  const [answer] = frame.params;
  if (answer?.quote_id !== request.quote_id) return `${where} names ${answer?.quote_id}`;
  const openSide = request.exact_amount_in === undefined ? 'amount_in' : 'amount_out';
  if (answer.quote_output[openSide] === undefined) return `${where} does not fill in ${openSide}`;
  if (!checksSignature) return null;
  const envelope = readAnswer(answer)?.envelope;
  if (envelope?.ok !== true) return `${where} has no payload that can be read`;
  const { value } = envelope;
  if (value.standard !== 'nep413') return `${where} is not signed by NEP-413`;
  const holds = verifySignature(signedBytes(value, payloadHash(value)), value.signature, value.publicKey);
  return holds ? null : `${where}: the signature does not hold`;
}
