// What the other chain itself shows of a transaction by which a bridge says that it has paid: the outputs that pay the destination, and
// under how many blocks. A reading is by one node, and what it shows is that alone.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { EURE_CONTRACT } from '../../../contracts/wire/gnosis.ts';
import { type Answer, answered, failure } from '../observers/answer.ts';
import { createBitcoinClient } from '../observers/bitcoin/client.ts';
import { type Ask, Endpoints } from '../observers/endpoints.ts';
import { createGnosisClient } from '../observers/gnosis/client.ts';
import { comparableAddress, comparableTxHash } from '../observers/ledger/address.ts';
import type { ChainNodes, ObservedChain } from '../observers/types.ts';

export type Shown =
  /** Each output to the destination, in smallest units; at least one. 0 confirmations: no block contains it. */
  | { readonly kind: 'paid'; readonly outputs: readonly bigint[]; readonly confirmations: number }
  /** No payment to the destination. */
  | { readonly kind: 'nothing'; readonly detail: string }
  /** No node gave an answer that can be used. */
  | { readonly kind: 'unread' };

type PaymentAsked = {
  readonly chain: string;
  readonly txHash: string;
  /** In the form in which addresses are compared. */
  readonly destination: string;
};

export type OutsideReader = {
  payment(asked: PaymentAsked): Promise<Shown>;
  /** Blocks from which a payment counts as arrived; null: the chain is not read. */
  confirmationsRequired(chain: string): number | null;
  close(): void;
};

type Chain = {
  readonly name: ObservedChain;
  readonly confirmations: number;
  readonly endpoints: Endpoints;
  readonly read: (ask: Ask, asked: PaymentAsked) => Promise<Answer<Shown>>;
};

const READERS: Readonly<Record<ObservedChain, Chain['read']>> = {
  'btc:mainnet': bitcoinPayment,
  'eth:100': gnosisPayment,
};

export function createOutsideReader(nodes: ChainNodes, clock: Clock): OutsideReader {
  const chains = (Object.keys(nodes) as ObservedChain[]).map((name): Chain => {
    const { urls, confirmations } = nodes[name];
    return { name, confirmations, endpoints: new Endpoints({ urls, clock }), read: READERS[name] };
  });
  const chainOf = (name: string): Chain | undefined => chains.find((chain) => chain.name === name);
  return {
    async payment(asked) {
      const chain = chainOf(asked.chain);
      if (chain === undefined) return { kind: 'unread' };
      const answer = await chain.endpoints.attempt((ask) => chain.read(ask, asked));
      return answer.ok ? answer.value : { kind: 'unread' };
    },
    confirmationsRequired: (name) => chainOf(name)?.confirmations ?? null,
    close() {
      for (const { endpoints } of chains) endpoints.close();
    },
  };
}

const nothing = (detail: string): Answer<Shown> => answered({ kind: 'nothing', detail });
const NOT_KNOWN = 'the chain does not show the transaction';
const PAYS_OTHERS = 'the transaction pays nothing to the destination';

function paid(outputs: readonly bigint[], tipHeight: number, height: number | null): Answer<Shown> {
  if (outputs.length === 0) return nothing(PAYS_OTHERS);
  if (height !== null && height > tipHeight)
    return failure('node_inconsistent', `a block of height ${height} above its own ${tipHeight}`);
  const confirmations = height === null ? 0 : tipHeight - height + 1;
  return answered({ kind: 'paid', outputs, confirmations });
}

const BITCOIN_HASH = /^[0-9a-f]{64}$/;

async function bitcoinPayment(ask: Ask, { txHash, destination }: PaymentAsked): Promise<Answer<Shown>> {
  const txid = comparableTxHash('btc:mainnet', txHash);
  if (!BITCOIN_HASH.test(txid)) return nothing('what the bridge names is no transaction');
  const client = createBitcoinClient(ask);
  // The height first: a block that comes in between makes the confirmations fewer than they are.
  const tip = await client.tipHeight();
  if (!tip.ok) return tip;
  const transaction = await client.transaction(txid);
  if (!transaction.ok) return transaction;
  if (transaction.value === null) return nothing(NOT_KNOWN);
  const { outputs, place, txid: shown } = transaction.value;
  if (shown !== txid) return failure('node_inconsistent', 'it shows another transaction');
  const own = outputs.filter(
    ({ address, units }) => units > 0n && comparableAddress('btc:mainnet', address) === destination,
  );
  // A block that came after the height was read has no confirmation yet.
  const height = place !== null && place.height === tip.value + 1 ? null : (place?.height ?? null);
  return paid(
    own.map(({ units }) => units),
    tip.value,
    height,
  );
}

const GNOSIS_HASH = /^0x[0-9a-f]{64}$/;

async function gnosisPayment(ask: Ask, { txHash, destination }: PaymentAsked): Promise<Answer<Shown>> {
  const hash = comparableTxHash('eth:100', txHash);
  if (!GNOSIS_HASH.test(hash)) return nothing('what the bridge names is no transaction');
  const read = await createGnosisClient(ask).receipt(hash);
  if (!read.ok) return read;
  const { receipt, headNumber } = read.value;
  if (receipt === null) return nothing(NOT_KNOWN);
  if (!receipt.isExecuted) return nothing('the transaction failed on its chain');
  const own = receipt.logs.filter(
    (log) => log.contract === EURE_CONTRACT && log.to === destination && log.txHash === hash && log.units > 0n,
  );
  return paid(
    own.map(({ units }) => units),
    headNumber,
    receipt.blockNumber,
  );
}
