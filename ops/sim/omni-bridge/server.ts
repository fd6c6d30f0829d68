// The Omni bridge's HTTP API on a real socket: addresses of orders, fees of withdrawals, and what became of a transaction.

import { OMNI_PATHS } from '../../../contracts/wire/omni-bridge.ts';
import { type HttpFaults, httpFaults } from '../esplora/faults.ts';
import type { OmniDeposits } from './deposits.ts';
import { MIN_WITHDRAWAL_SATS, type OmniBridge, type OmniTransfer, PROTOCOL_FEE_SATS } from './omni.ts';

export type OmniApiSim = {
  /** The part before /api. */
  readonly url: string;
  readonly faults: HttpFaults & {
    /** Addresses belong to another order than the one that was asked with. */
    otherOrder(on: boolean): void;
    /** There are too few coins to pay a withdrawal. */
    fewCoins(on: boolean): void;
    /** What a withdrawal has to pay in yoctoNEAR, apart from its amount; nothing by default. */
    nativeFee(yocto: bigint): void;
  };
  close(): Promise<void>;
};

export type OmniApiOptions = {
  readonly deposits: OmniDeposits;
  readonly withdrawals: OmniBridge;
  readonly port?: number;
};

const GAS_FEE = '1200';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** A transaction that brought a transfer forward. */
const step = (hash: string, chain: 'Near' | 'Btc') => ({
  transaction_hash: hash,
  chain,
  timestamp_seconds: 1_767_225_600,
  details:
    chain === 'Near'
      ? { type: 'near', block_height: 1, receipt_id: hash }
      : { type: 'utxo', block_height: 1, block_hash: hash },
});

/** How the API calls the states of a withdrawal; one that is stuck has begun and goes no further. */
const WORDS = { STUCK: 'Initialised', PENDING: 'Signed', COMPLETED: 'Finalised' } as const;

const LISTS = { signed: [], fee_updates: [], utxo_signs: [] };

type Parts = Pick<OmniApiOptions, 'deposits' | 'withdrawals'>;

/** Outputs of a Bitcoin transaction that pay to orders. What has no value is left out. */
const incoming = ({ deposits }: Parts, hash: string): readonly object[] =>
  deposits.of(hash).map(({ txHash, vout, sats, recipient, mintTxHash }) => ({
    ...LISTS,
    transfer_id: { type: 'utxo', chain: 'Btc', tx_hash: txHash, vout },
    origin_chain: 'Btc',
    destination_chain: 'Near',
    recipient,
    token_id: 'near:nbtc.bridge.near',
    amount: String(sats),
    status: mintTxHash === null ? 'Initialised' : 'FinalisedOnNear',
    ...(mintTxHash === null ? {} : { finalised_on_near: step(mintTxHash, 'Near') }),
    utxo_meta: { chain: 'Btc', relayer_fee: '0', protocol_fee: '400', relayer_account_id: 'relayer.near' },
    tx_ids: [txHash, ...(mintTxHash === null ? [] : [mintTxHash])],
  }));

const outgoing = ({ withdrawals }: Parts, isMeant: (transfer: OmniTransfer) => boolean): readonly object[] =>
  withdrawals
    .transfers()
    .filter(isMeant)
    .map(({ address, amountSats, accountId, burnTxHash, transferTxHash, status }, index) => ({
      ...LISTS,
      transfer_id: { type: 'nonce', chain: 'Near', nonce: index },
      origin_chain: 'Near',
      destination_chain: 'Btc',
      sender: `near:${accountId}`,
      recipient: `btc:${address}`,
      token_id: 'near:nbtc.bridge.near',
      amount: String(amountSats),
      fee: '0',
      native_fee: '0',
      status: WORDS[status],
      initialised: step(burnTxHash, 'Near'),
      ...(transferTxHash === null ? {} : { finalised: step(transferTxHash, 'Btc') }),
      tx_ids: [burnTxHash, ...(transferTxHash === null ? [] : [transferTxHash])],
    }));

/** By a transaction on either chain, or by an output; null: by neither. */
function lookedUp(parts: Parts, query: URLSearchParams): readonly object[] | null {
  const hash = query.get('transaction_hash');
  if (hash !== null)
    return [
      ...incoming(parts, hash),
      ...outgoing(parts, ({ burnTxHash, transferTxHash }) => burnTxHash === hash || transferTxHash === hash),
    ];
  const [chain, txHash, vout] = ['utxo_chain', 'utxo_tx_hash', 'utxo_vout'].map((name) => query.get(name));
  if (chain !== 'Btc' || txHash == null || !/^[0-9]+$/.test(vout ?? '')) return null;
  const deposits = { of: (of: string) => parts.deposits.of(of).filter((each) => each.vout === Number(vout)) };
  return [
    ...incoming({ ...parts, deposits: { ...parts.deposits, ...deposits } }, txHash),
    // A payment has its first output to the recipient.
    ...(vout === '0' ? outgoing(parts, ({ transferTxHash }) => transferTxHash === txHash) : []),
  ];
}

/** Parameters of a fee: all four, each of its form. */
function isFeeAsked(query: URLSearchParams): boolean {
  const of = (name: string): string => query.get(name) ?? '';
  const isToken = of('token') === 'near:nbtc.bridge.near' && /^near:[a-z0-9._-]+$/.test(of('sender'));
  return isToken && /^btc:bc1[0-9a-z]+$/.test(of('recipient')) && /^[0-9]+$/.test(of('amount'));
}

export function startOmniApiSim(options: OmniApiOptions): OmniApiSim {
  const { deposits, port = 0 } = options;
  const faults = httpFaults();
  let isOtherOrder = false;
  let isFewCoins = false;
  let nativeFee = '0';

  async function giveAddress(request: Request): Promise<Response> {
    const { recipient, safe_deposit: safe } = fieldsOf(await request.json().catch(() => null));
    const { msg } = fieldsOf(safe);
    if (textOf(recipient) === '') return new Response('recipient is missing', { status: 400 });
    const safeDepositMsg = isOtherOrder ? 'somebody.near' : typeof msg === 'string' ? msg : null;
    return Response.json({ address: deposits.give({ recipientId: textOf(recipient), safeDepositMsg }) });
  }

  const fee = (query: URLSearchParams): Response =>
    isFeeAsked(query)
      ? Response.json({
          native_token_fee: nativeFee,
          gas_fee: GAS_FEE,
          protocol_fee: String(PROTOCOL_FEE_SATS),
          usd_fee: 1.5,
          transferred_token_fee: null,
          min_amount: String(MIN_WITHDRAWAL_SATS),
          insufficient_utxo: isFewCoins,
        })
      : new Response('Invalid parameters', { status: 400 });

  const transfers = (query: URLSearchParams): Response => {
    const found = lookedUp(options, query);
    return found === null ? new Response('Invalid parameters', { status: 400 }) : Response.json({ transfers: found });
  };

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const fault = faults.take();
      if (fault !== null) return fault;
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === OMNI_PATHS.depositAddress) return await giveAddress(request);
      if (pathname === OMNI_PATHS.fee) return fee(searchParams);
      if (pathname === OMNI_PATHS.transfer) return transfers(searchParams);
      return new Response('Not Found', { status: 404 });
    },
  });

  return {
    url: `http://127.0.0.1:${server.port}`,
    faults: {
      ...faults,
      otherOrder(on) {
        isOtherOrder = on;
      },
      fewCoins(on) {
        isFewCoins = on;
      },
      nativeFee(yocto) {
        nativeFee = String(yocto);
      },
    },
    async close() {
      deposits.close();
      await server.stop(true);
    },
  };
}
