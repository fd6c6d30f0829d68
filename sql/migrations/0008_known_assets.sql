-- BTC is known to the verifier under a second id, which an engine can be configured to trade.
INSERT INTO assets (id, symbol, decimals) VALUES ('nep141:nbtc.bridge.near', 'BTC', 8) ON CONFLICT (id) DO NOTHING;
