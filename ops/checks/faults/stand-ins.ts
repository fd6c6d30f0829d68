// The rows of faults.ts about the stand-ins of the venue, and about pages that other programs read.

export const STAND_IN_FAULTS = [
  {
    sentence:
      'A consumer that signs what the simulated relay answers to its quote is settled, the protocol fee included.',
    file: 'ops/sim/relay/consumer.test.ts',
    test: 'signing the stated amounts settles to the unit',
  },
  {
    sentence: 'The simulated relay tells of a settlement when its transaction can be found in a block.',
    file: 'ops/sim/relay/desk.test.ts',
    test: 'is reported when its transaction can be found, and its balance read, in a block',
  },
  {
    sentence: 'A published intent is pending, then broadcast, then settled.',
    file: 'ops/sim/relay/server.test.ts',
    test: 'an intent is pending, broadcast, and settled with its block',
  },
  {
    sentence: 'An auction that asks for no time is as long as the shortest one.',
    file: 'ops/sim/relay/desk.test.ts',
    test: 'that asks for no time has the minimum: %j',
  },
  {
    sentence: 'A page of metrics has no label that a scrape sets, no quantile on a gauge, and passes promtool.',
    file: 'ops/testing/exposition.test.ts',
    test: '%s is a fault',
  },
  {
    sentence: 'The metrics of every process are such that Prometheus takes them as they are.',
    file: 'engine/observe/observer.test.ts',
    test: 'metrics export what was counted and what is asked for',
  },
  {
    sentence: 'A signed withdrawal that settles is found at the simulated bridge, and paid on the outside chain.',
    file: 'ops/sim/world.test.ts',
    test: 'a signed withdrawal reaches the bridge with its block: pending, then paid on the outside chain',
  },
  {
    sentence: 'The simulated bridge says errors as the production client takes them; the other form is a fault.',
    file: 'ops/sim/poa-bridge/bridge.test.ts',
    test: 'errors are bare text as the client takes them, and objects as a fault; notify_deposit',
  },
  {
    sentence:
      'Errors of the simulated NEAR node have the codes and texts by which clients of a real one tell them apart.',
    file: 'ops/sim/near-rpc/server.test.ts',
    test: 'texts and codes are those by which clients of a real node tell errors apart',
  },
  {
    sentence: 'A transfer on the simulated Gnosis chain is found as transaction and receipt.',
    file: 'ops/sim/gnosis/gnosis.test.ts',
    test: 'a transfer as transaction and receipt, before and in its block',
  },
  {
    sentence: 'An error of the simulated Kraken names the request that it answers.',
    file: 'ops/sim/kraken/server.test.ts',
    test: 'an error reply carries the id of its request: %j',
  },
  {
    sentence: 'The simulated Kraken shows as many levels as the depth that is asked for.',
    file: 'ops/sim/kraken/server.test.ts',
    test: 'depth 100 holds 100 levels a side',
  },
  {
    sentence: 'The simulated CoinGecko rounds to the precision that is asked for.',
    file: 'ops/sim/coingecko/server.test.ts',
    test: 'precision %s: %s',
  },
  {
    sentence: 'Accounts, access keys and token contracts of the simulated chain are viewed as those of a real node.',
    file: 'ops/sim/near-rpc/server.test.ts',
    test: 'an account, its keys, and one that is not there',
  },
  {
    sentence: 'The status of a transaction comes with its receipts where they are asked for.',
    file: 'ops/sim/near-rpc/server.test.ts',
    test: 'with its receipts',
  },
  {
    sentence:
      'A signed withdrawal of nBTC is paid on the simulated Bitcoin chain; one that the Omni bridge cannot pay is stuck.',
    file: 'ops/sim/world.test.ts',
    test: 'a signed withdrawal of nBTC goes over the Omni bridge: pending, then paid; what it cannot pay is stuck',
  },
  {
    sentence:
      'The simulated relay judges an answer by the newest block: a nonce that a transaction under way has used is no ground to refuse.',
    file: 'ops/sim/relay/refusals.test.ts',
    test: 'only what is in a block: a nonce that a transaction under way has used is good, and fails when it settles',
  },
  {
    sentence:
      'The simulated relay refuses to publish only what fails on the newest block; what fails on something newer is sent, and fails on the chain.',
    file: 'ops/sim/relay/desk.test.ts',
    test: 'only a batch that fails on the newest block is refused: what fails on something newer is sent, and fails',
  },
  {
    sentence:
      'An intent that the simulated relay refused to publish has no transaction: its status has neither hash nor details.',
    file: 'ops/sim/relay/server.test.ts',
    test: 'a refused intent says why, and was not sent; one that is sent and fails has the status of it',
  },
  {
    sentence: 'The list of withdrawals of the simulated bridge has the fields that the production client declares.',
    file: 'ops/sim/poa-bridge/bridge.test.ts',
    test: 'not found, then pending, then paid out on the chain without the fee, in both forms',
  },
  {
    sentence: 'Simulators that are started again have the key that a running engine signs with.',
    file: 'ops/cli/sim-key.test.ts',
    test: 'simulators that are started again keep the key, so that a running engine stays authorized',
  },
  {
    sentence:
      'A fault of the simulators that takes arguments is refused without them, not answered as done and not switched on.',
    file: 'ops/sim/control.test.ts',
    test: 'faults, by part and name',
  },
];
