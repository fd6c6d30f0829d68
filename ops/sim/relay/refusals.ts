// Every way in which the simulated relay refuses an answer, with the code and the text of its reply. Only `quote_gone` is
// known of the real relay; the others are this simulator's own, so that each broken rule can be distinguished from the rest.
import { QUOTE_GONE_CODE, QUOTE_GONE_MESSAGE } from '../../../contracts/wire/relay.ts';
import { VERIFIER_ERRORS } from '../verifier/errors.ts';

export const REFUSALS = {
  malformed_answer: {
    code: -32602,
    message: 'quote_response needs one object with quote_id, quote_output, signed_data',
  },
  quote_gone: { code: QUOTE_GONE_CODE, message: QUOTE_GONE_MESSAGE },
  duplicate_answer: { code: -32101, message: 'this account has answered this quote already' },
  bad_payload: { code: -32102, message: 'signed_data cannot be read' },
  bad_message: { code: -32103, message: 'the signed message cannot be read' },
  not_one_diff: { code: -32104, message: 'an answer holds exactly one token_diff' },
  wrong_tokens: { code: -32105, message: 'the diff does not give the token out and take the token in' },
  altered_amount: { code: -32106, message: 'the side that the request fixed is not signed as requested' },
  output_mismatch: { code: -32107, message: 'the open side of the diff is not what quote_output says' },
  deadline_too_short: { code: -32108, message: 'the deadline is nearer than min_deadline_ms' },
  bad_signature: { code: -32109, message: VERIFIER_ERRORS.invalidSignature },
  wrong_recipient: { code: -32110, message: VERIFIER_ERRORS.wrongVerifyingContract },
  past_deadline: { code: -32111, message: VERIFIER_ERRORS.deadlineExpired },
  unregistered_key: { code: -32112, message: "public key doesn't exist for the account" },
  wrong_salt: { code: -32113, message: VERIFIER_ERRORS.invalidSalt },
  deadline_beyond_nonce: { code: -32114, message: VERIFIER_ERRORS.deadlineBeyondNonce },
  account_locked: { code: -32115, message: 'account is locked' },
  reused_nonce: { code: -32116, message: VERIFIER_ERRORS.nonceUsed },
  amount_above_balance: { code: -32117, message: VERIFIER_ERRORS.insufficientBalance },
  contract_refused: { code: -32118, message: 'the contract would refuse it' },
} as const;

export type RefusalReason = keyof typeof REFUSALS;

/** Which refusal a text of the contract is. */
export function refusalOfContract(error: string): RefusalReason {
  switch (error) {
    case VERIFIER_ERRORS.invalidSignature:
      return 'bad_signature';
    case VERIFIER_ERRORS.wrongVerifyingContract:
      return 'wrong_recipient';
    case VERIFIER_ERRORS.deadlineExpired:
      return 'past_deadline';
    case VERIFIER_ERRORS.invalidSalt:
      return 'wrong_salt';
    case VERIFIER_ERRORS.deadlineBeyondNonce:
      return 'deadline_beyond_nonce';
    case VERIFIER_ERRORS.nonceUsed:
      return 'reused_nonce';
    case VERIFIER_ERRORS.insufficientBalance:
      return 'amount_above_balance';
    default:
      if (error.startsWith('public key ')) return 'unregistered_key';
      return error.startsWith('account ') ? 'account_locked' : 'contract_refused';
  }
}
