// A Bitcoin library on the simulated Esplora: blocks, a payment before and in its block, outputs, errors.

import { startEsploraSim } from '../sim/esplora/server.ts';
import type { Judge } from './judge.ts';

const ADDRESS = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';

export const judge: Judge = {
  name: 'bitcoin',
  summary: 'bdkpython on the simulated Esplora',
  async run({ packages }) {
    const sim = startEsploraSim();
    try {
      const confirmed = sim.chain.pay({ address: ADDRESS, sats: 12_345, feeSats: 300 });
      sim.chain.mine(3);
      const waiting = sim.chain.pay({ address: ADDRESS, sats: 700 });
      return await packages.python('bitcoin_client.py', [sim.url, confirmed, waiting, ADDRESS]);
    } finally {
      await sim.close();
    }
  },
};
