-- Why was this quote skipped? The first gate that did not pass, with the numbers; of an accepted quote the reason is `accepted`.
SELECT account_id, quote_id, decided_at, decision, decision_reason, detail, direction, implied_rate, reference_rate, gross_edge_pct,
  notional_eur, price_freshness_ms, inventory_age_ms, spendable_out, amount_out, strategy_armed, limits
FROM trade_decisions
WHERE quote_id = :'quote'
ORDER BY account_id;
