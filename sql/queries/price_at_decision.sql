-- What was the latest fair price when this decision was made? The decision has the price that it was made on; the last market
-- sample before it is what the history recorded of the market, at intervals.
SELECT d.account_id, d.quote_id, d.decided_at, d.price_source, d.bid_rate, d.ask_rate, (d.bid_rate + d.ask_rate) * 0.5 AS fair_rate,
  d.price_freshness_ms, d.reference_rate, sample.price_id AS sample_id, sample.ingested_at AS sampled_at,
  sample.fair_rate AS sampled_fair_rate
FROM trade_decisions d
LEFT JOIN LATERAL (
  SELECT * FROM market_price_events p
  WHERE p.account_id = d.account_id AND p.day BETWEEN d.day - 1 AND d.day AND p.ingested_at <= d.decided_at
  ORDER BY p.ingested_at DESC LIMIT 1
) AS sample ON true
WHERE d.quote_id = :'quote'
ORDER BY d.account_id;
