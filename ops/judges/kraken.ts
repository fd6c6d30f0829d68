// A client of Kraken's websocket on the simulated Kraken: status, ticker, and books whose checksum it computes by itself while
// the market moves.

import { startKrakenSim } from '../sim/kraken/server.ts';
import type { Judge } from './judge.ts';

const STIR_MS = 20;
const TRADE_MS = 50;
const PRICE_E1 = 389_010n;
const QTY_E8 = 1_000_000n;

export const judge: Judge = {
  name: 'kraken',
  summary: 'python-kraken-sdk on the simulated Kraken: status, ticker, order books with checksums',
  async run({ packages }) {
    const sim = startKrakenSim({ stirMs: STIR_MS });
    const trades = setInterval(() => sim.trade(PRICE_E1, QTY_E8), TRADE_MS);
    try {
      return await packages.python('kraken_client.py', [sim.url.replace(/\/v2$/, '')]);
    } finally {
      clearInterval(trades);
      await sim.close();
    }
  },
};
