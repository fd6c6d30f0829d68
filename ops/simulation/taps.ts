// What the model is shown: everything that the engine is given and everything that leaves it. The digest of what leaves is that of
// the run.

import type { Life } from './life.ts';
import type { Owner } from './machine/schedule.ts';
import { portOf, type Sim } from './sim.ts';

export type Taps = { digest(): string };

export function createTaps(sim: Sim, life: Life): Taps {
  const { machine, world, nodes, model, setting } = sim;
  const relay = portOf(world.urls.RELAY_WS_URL);
  const kraken = portOf(world.urls.KRAKEN_WS_URL);
  const coingecko = portOf(world.urls.COINGECKO_URL);
  const nodePorts = new Set(nodes.map(({ url }) => portOf(url)));
  const hasher = new Bun.CryptoHasher('sha256');
  const nowUs = (): number => machine.schedule.nowUs;

  machine.network.tap = {
    sent(port: number, text: string, from: Owner) {
      if (!life.output(from)) return false;
      hasher.update(`${nowUs()} ${port} ${text}\n`);
      if (text.includes('"publish_intent"') || text.includes('"send_tx"')) model.uses.published(text);
      if (port !== relay || !text.includes('"quote_response"')) return true;
      return life.answerOf(from, () => {
        const { id, params } = JSON.parse(text);
        model.answered(params[0], id);
      });
    },
    delivered(port, text) {
      if (port === relay) model.relayed(text);
      else if (port === kraken) model.prices.kraken(text, nowUs());
    },
    answered(port, request, answer) {
      if (port === coingecko) model.prices.coingecko(answer, nowUs());
      else if (nodePorts.has(port) && request.includes('mt_batch_balance_of')) {
        const height = /"block_height":(\d+)/.exec(answer)?.[1];
        if (height !== undefined) model.capital.read(Number(height));
      }
    },
  };
  machine.disk.touched = (_path, what, owner) => (what === 'sync' ? owner.alive : life.output(owner));
  machine.kafka.onRecord = (topic, key, value) => {
    hasher.update(`${nowUs()} ${topic} ${key} ${value}\n`);
    model.published(topic, value);
  };
  world.relay.onAnswer(({ quoteId, reason }) => {
    if (reason !== null) model.refused(quoteId, reason);
  });
  world.chain.onTransaction(({ logs, error }) => {
    if (error !== undefined) return;
    for (const line of logs) {
      const isDiff = line.includes('"event":"token_diff"');
      if (!isDiff && !line.includes('"event":"intents_executed"')) continue;
      const { data } = JSON.parse(line.slice(line.indexOf('{')));
      for (const { account_id: account, intent_hash: hash, nonce } of data) {
        if (account !== setting.accountId) continue;
        if (isDiff) model.settled(hash);
        else model.executed(nonce, hash);
      }
    }
  });
  return { digest: () => hasher.digest('hex') };
}
