// The Omni bridge's HTTP API on a real socket: addresses of orders, fees of withdrawals, and what became of a transaction.

import { OMNI_PATHS } from '../../../contracts/wire/omni-bridge.ts';
import { type HttpFaults, httpFaults } from '../esplora/faults.ts';
import type { OmniDeposits } from './deposits.ts';
import type { OmniBridge } from './omni.ts';

export type OmniApiSim = {
  /** The part before /api. */
  readonly url: string;
  readonly faults: HttpFaults & {
    /** Addresses belong to another order than the one that was asked with. */
    otherOrder(on: boolean): void;
    /** There are too few coins to pay a withdrawal. */
    fewCoins(on: boolean): void;
  };
  close(): Promise<void>;
};

export type OmniApiOptions = {
  readonly deposits: OmniDeposits;
  readonly withdrawals: OmniBridge;
  readonly port?: number;
};

const GAS_FEE = '1200';
const PROTOCOL_FEE = '300';
const MIN_AMOUNT = '2500';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const NOTHING = {
  initialized: null,
  signed: null,
  fast_finalised_on_near: null,
  finalised_on_near: null,
  fast_finalised: null,
  finalised: null,
  claimed: null,
  transfer_message: null,
  updated_fee: [],
  utxo_transfer: null,
};

/** What both sides know of a transaction, as the API shows it. */
function transfersOf({ deposits, withdrawals }: OmniApiOptions, hash: string): readonly object[] {
  const incoming = deposits.of(hash).map(({ txHash, vout, sats, recipient, mintTxHash }) => ({
    ...NOTHING,
    id: { origin_chain: 'Btc', kind: { Utxo: { tx_hash: txHash, vout } } },
    finalised_on_near:
      mintTxHash === null
        ? null
        : { NearReceipt: { block_height: 1, block_timestamp_seconds: 1_767_225_600, transaction_hash: mintTxHash } },
    utxo_transfer: {
      chain: 'btc',
      amount: String(sats),
      recipient,
      relayer_fee: '0',
      protocol_fee: '400',
      relayer_account_id: 'relayer.near',
      sender: null,
    },
  }));
  const outgoing = withdrawals
    .transfers()
    .filter(({ burnTxHash }) => burnTxHash === hash)
    .map(({ address, sats, accountId, transferTxHash }, index) => ({
      ...NOTHING,
      id: { origin_chain: 'Near', kind: { Nonce: index } },
      finalised:
        transferTxHash === null
          ? null
          : { UtxoLog: { transaction_hash: transferTxHash, block_height: 1, block_time: 1_767_225_600 } },
      transfer_message: {
        token: 'near:nbtc.bridge.near',
        amount: String(sats),
        sender: `near:${accountId}`,
        recipient: `btc:${address}`,
        fee: { fee: '0', native_fee: '0' },
        msg: null,
      },
    }));
  return [...incoming, ...outgoing];
}

export function startOmniApiSim(options: OmniApiOptions): OmniApiSim {
  const { deposits, port = 0 } = options;
  const faults = httpFaults();
  let isOtherOrder = false;
  let isFewCoins = false;

  async function giveAddress(request: Request): Promise<Response> {
    const { recipient, safe_deposit: safe } = fieldsOf(await request.json().catch(() => null));
    const { msg } = fieldsOf(safe);
    if (textOf(recipient) === '') return new Response('recipient is missing', { status: 400 });
    const safeDepositMsg = isOtherOrder ? 'somebody.near' : typeof msg === 'string' ? msg : null;
    return Response.json({ address: deposits.give({ recipientId: textOf(recipient), safeDepositMsg }) });
  }

  const fee = (): Response =>
    Response.json({
      native_token_fee: '0',
      gas_fee: GAS_FEE,
      protocol_fee: PROTOCOL_FEE,
      usd_fee: 1.5,
      transferred_token_fee: null,
      min_amount: MIN_AMOUNT,
      insufficient_utxo: isFewCoins,
    });

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const fault = faults.take();
      if (fault !== null) return fault;
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === OMNI_PATHS.depositAddress) return await giveAddress(request);
      if (pathname === OMNI_PATHS.fee) return fee();
      if (pathname === OMNI_PATHS.transfer)
        return Response.json(transfersOf(options, searchParams.get('transaction_hash') ?? ''));
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
    },
    async close() {
      deposits.close();
      await server.stop(true);
    },
  };
}
