// Withdrawals of native BTC over the Omni bridge: nBTC that is sent to the bridge's account with a message that names the
// address. It acts whenever the Bitcoin chain changes. What it cannot pay stays with it: nothing is refunded.
import { OMNI_ACCOUNT } from '../../../contracts/wire/omni-bridge.ts';
import type { BitcoinChain } from '../esplora/chain.ts';

/** Smallest units that it keeps of a withdrawal, next to what the network costs. */
export const PROTOCOL_FEE_SATS = 300n;
/** Of all that is withdrawn, fees included. */
export const MIN_WITHDRAWAL_SATS = 2_500n;
const OMNI_BTC = 'nbtc.bridge.near';

type OmniStatus = 'PENDING' | 'COMPLETED' | 'STUCK';

export type OmniTransfer = {
  readonly burnTxHash: string;
  readonly accountId: string;
  /** All that left the verifier. */
  readonly amountSats: bigint;
  /** What arrives: less the fee, and less all that the message allows for the network. */
  readonly sats: bigint;
  readonly address: string;
  readonly status: OmniStatus;
  /** Null until it is paid. */
  readonly transferTxHash: string | null;
};

type Fields = Readonly<Record<string, unknown>>;
type Order = Pick<OmniTransfer, 'accountId' | 'amountSats' | 'sats' | 'address'> & { readonly externalId: string };

const EVENT_PREFIX = 'EVENT_JSON:';
/** The contract takes addresses in lower case only. */
const RECIPIENT = /^btc:(bc1[0-9a-z]{10,90})$/;
const UNITS = /^[0-9]{1,20}$/;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function fieldsOf(json: unknown): Fields {
  if (typeof json !== 'string') return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

/** An order that cannot be carried out has nothing to pay. */
function orderOf(item: Fields): Order {
  const message = fieldsOf(item['msg']);
  const gas = textOf(fieldsOf(message['msg'])['MaxGasFee']);
  const [, address = ''] = RECIPIENT.exec(textOf(message['recipient'])) ?? [];
  const amountSats = BigInt(textOf(item['amount']));
  const sats = amountSats - PROTOCOL_FEE_SATS - (UNITS.test(gas) ? BigInt(gas) : 0n);
  const isEnough = amountSats >= MIN_WITHDRAWAL_SATS && sats > 0n;
  const sound = address !== '' && UNITS.test(gas) && isEnough;
  const [accountId, externalId] = [textOf(item['account_id']), textOf(message['external_id'])];
  return { accountId, externalId, address, amountSats, sats: sound ? sats : 0n };
}

function ordersIn(logs: readonly string[]): readonly Order[] {
  return logs.flatMap((line) => {
    const event = line.startsWith(EVENT_PREFIX) ? fieldsOf(line.slice(EVENT_PREFIX.length)) : {};
    const { data } = event;
    if (event['event'] !== 'ft_withdraw' || !Array.isArray(data)) return [];
    return (data as Fields[])
      .filter((item) => item['token'] === OMNI_BTC && item['receiver_id'] === OMNI_ACCOUNT)
      .map(orderOf);
  });
}

export type OmniBridge = {
  /** Takes the orders in the logs of a transaction that is in a block. */
  take(burnTxHash: string, logs: readonly string[]): void;
  transfers(): readonly OmniTransfer[];
  close(): void;
};

/** @param hasStorage whether the verifier has paid for enough of it at the bridge's account: without, a transfer fails */
export function createOmniBridge(chain: BitcoinChain, hasStorage: () => boolean = () => true): OmniBridge {
  const transfers: (OmniTransfer & { readonly atHeight: number })[] = [];
  const externalIds = new Set<string>();

  /** With the first block after the order. Marked before paying, since paying changes the chain and calls back here. */
  function payDue(): void {
    for (const [index, transfer] of transfers.entries()) {
      if (transfer.status !== 'PENDING' || chain.tip().height <= transfer.atHeight) continue;
      transfers[index] = { ...transfer, status: 'COMPLETED' };
      const transferTxHash = chain.pay({ address: transfer.address, sats: Number(transfer.sats) });
      transfers[index] = { ...transfer, status: 'COMPLETED', transferTxHash };
    }
  }

  const endListening = chain.onChange(payDue);

  return {
    take(burnTxHash, logs) {
      for (const { externalId, ...order } of ordersIn(logs)) {
        // A second order of the same id gets stuck, as one without an id would.
        const isNew = externalId !== '' && !externalIds.has(externalId);
        externalIds.add(externalId);
        const status = isNew && order.sats > 0n && hasStorage() ? 'PENDING' : 'STUCK';
        transfers.push({ ...order, burnTxHash, status, transferTxHash: null, atHeight: chain.tip().height });
      }
    },
    transfers: () => transfers,
    close: () => void endListening(),
  };
}
