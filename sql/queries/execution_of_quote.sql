-- What happened when the executor submitted it? Every transition, with what was signed and what the venue answered.
SELECT r.account_id, r.quote_id, r.transition_seq, r.previous_status, r.status, r.result_code, r.note, r.at, r.quote_hash, r.nonce, r.deadline,
  r.since_received_us, r.reply_after_ms, r.tx_hash, r.settlement_block, r.recovered,
  envelope_json(r.envelope) #>> '{payload,signed_message}' AS signed_message,
  envelope_json(r.envelope) #>> '{payload,venue_reply}' AS venue_reply
FROM trade_execution_results r
WHERE r.quote_id = :'quote'
ORDER BY r.account_id, r.command_id, r.transition_seq, r.ingested_at;
