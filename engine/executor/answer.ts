// The outgoing frame of a signed answer (protocols: quote_response). Only the side that the request left open is named in
// `quote_output`.

import type { Attempt } from '../model/values.ts';

export type AnswerFrame = {
  readonly requestId: number;
  readonly attempt: Attempt;
  /** The side that the request left open; a demand that fixes both names what we pay. */
  readonly openSide: 'in' | 'out';
  /** The verifier contract that was signed for. */
  readonly recipient: string;
};

export function answerFrame({ requestId, attempt, openSide, recipient }: AnswerFrame): string {
  const output =
    openSide === 'in' ? `"amount_in":"${attempt.amountInUnits}"` : `"amount_out":"${attempt.amountOutUnits}"`;
  return `{"jsonrpc":"2.0","id":${requestId},"method":"quote_response","params":[{"quote_id":"${attempt.quoteId}","quote_output":{${output}},"signed_data":{"standard":"nep413","payload":{"message":${JSON.stringify(attempt.message)},"nonce":"${attempt.nonce}","recipient":"${recipient}"},"public_key":"${attempt.publicKey}","signature":"${attempt.signature}"}}]}`;
}
