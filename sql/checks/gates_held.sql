-- What was accepted had passed the gates by the very numbers on record: armed, price and inventory fresh, edge and value
-- within the limits, sources and basis within theirs where the record has these limits, credited inventory above the amount.
SELECT account_id, quote_id,
  concat_ws(', ',
    CASE WHEN NOT strategy_armed THEN 'accepted while disarmed' END,
    CASE WHEN gross_edge_pct IS NULL OR gross_edge_pct < (limits ->> 'min_edge_pct')::numeric THEN 'edge below the minimum' END,
    CASE WHEN notional_eur IS NULL OR notional_eur > (limits ->> 'max_notional_eur')::numeric THEN 'value above the maximum' END,
    CASE WHEN (price_snapshot ->> 'divergence_pct')::numeric > (limits ->> 'max_divergence_pct')::numeric THEN 'sources too far apart' END,
    CASE WHEN abs((price_snapshot ->> 'eur_per_eure')::numeric - 1) * 100 > (limits ->> 'max_basis_deviation_pct')::numeric THEN 'basis out of bounds' END,
    CASE WHEN price_freshness_ms IS NULL OR price_freshness_ms > (limits ->> 'price_max_age_ms')::bigint THEN 'price too old' END,
    CASE WHEN inventory_age_ms IS NULL OR inventory_age_ms > (limits ->> 'inventory_max_age_ms')::bigint THEN 'inventory too old' END,
    CASE WHEN spendable_out IS NULL OR spendable_out < amount_out THEN 'more than was spendable' END) AS problem
FROM trade_decisions
WHERE day >= check_from() AND decision = 'accepted' AND (
  NOT strategy_armed
  OR gross_edge_pct IS NULL OR gross_edge_pct < (limits ->> 'min_edge_pct')::numeric
  OR notional_eur IS NULL OR notional_eur > (limits ->> 'max_notional_eur')::numeric
  OR (price_snapshot ->> 'divergence_pct')::numeric > (limits ->> 'max_divergence_pct')::numeric
  OR abs((price_snapshot ->> 'eur_per_eure')::numeric - 1) * 100 > (limits ->> 'max_basis_deviation_pct')::numeric
  OR price_freshness_ms IS NULL OR price_freshness_ms > (limits ->> 'price_max_age_ms')::bigint
  OR inventory_age_ms IS NULL OR inventory_age_ms > (limits ->> 'inventory_max_age_ms')::bigint
  OR spendable_out IS NULL OR spendable_out < amount_out);
