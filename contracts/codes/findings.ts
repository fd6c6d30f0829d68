// The closed lists of ops.reconciliation: what the comparison of the venue with the records can find. One sentence each; they are
// published with the schema.

export const RECONCILIATION_KIND_TEXT = {
  run: 'the summary of one comparison, published at its end also when nothing was found',
  finding: 'one difference, from when it is found until it is over',
} as const;

export const RECONCILIATION_KINDS = {
  run: {
    agrees: 'everything was compared, and no finding is open',
    differs: 'everything was compared, and findings are open',
    incomplete: 'not everything could be compared; what was not is unknown',
  },
  finding: {
    found: 'the difference was seen for the first time, or is still there',
    corrected: 'the records were corrected by further records, and agree now',
    resolved: 'the difference is gone without a correction',
    dismissed: 'an operator has explained the difference',
  },
} as const;

export const FINDING_TEXT = {
  balance_lower: 'the verifier credits less than the records explain',
  balance_higher: 'the verifier credits more than the records explain',
  nonce_used_unrecorded: 'a nonce is used at the verifier, and no record says which quote settled',
  nonce_unused_recorded: 'a record says that a quote settled, and its nonce is unused at the verifier',
  settlement_unrecorded: 'a transaction settled one of our quotes, and no record says so',
  settlement_amount_differs: 'the amounts of a settlement differ from those that were signed',
  quote_unknown: 'a payload that our key signed is not on record',
  result_missing: 'a command has no result',
  result_uncertain: 'the outcome of an attempt is on record as unknown, and the venue shows it',
  command_missing: 'a result has no command',
  decision_missing: 'a command has no decision',
  record_missing: 'a record that the journal or Kafka holds is not in the history',
  credit_unrecorded: 'the verifier was credited without a deposit on record',
  credit_lower: 'a deposit was credited with less than was sent, fee included',
  credit_missing: 'a deposit is on record as credited, and no balance shows it',
  withdrawal_unrecorded: 'an amount left the verifier without a withdrawal on record',
  withdrawal_missing: 'a withdrawal is on record as completed, and the venue does not show it',
  key_unknown: 'a key is registered for the account that is not configured',
} as const;
