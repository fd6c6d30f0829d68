// Pulls as NEAR transactions of our own that call `execute_intents`: for when the relay is down, or not to be trusted with it. The hash
// of a transaction is on record before it is sent. Endpoints are asked in turn, another one with each try.

import type { AccountId, NonceText } from '../../contracts/ids.ts';
import type { NearClient, NearEndpoint } from '../../contracts/runtime/near/client.ts';
import { CONTRACT_PANICKED, type NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { SignedPull } from '../model/values.ts';
import type { PullSender, SendResult } from './sender.ts';

export type NearSenderOptions = {
  readonly client: NearClient;
  /** Network of every endpoint; see NEAR_CHAIN_ID. */
  readonly chainId: string;
  readonly account: AccountId;
  readonly publicKey: string;
  readonly contract: string;
  /** null: the block hash is none. */
  readonly signCall: (call: {
    readonly contract: string;
    readonly method: string;
    readonly args: object;
    readonly accessKeyNonce: bigint;
    readonly blockHash: string;
  }) => { readonly hash: string; readonly base64: string } | null;
  /** Resolves when the transaction is on record; rejects when that cannot be. */
  readonly onTransaction: (nonce: NonceText, txHash: string) => Promise<void>;
  /** Transactions on record that carried a pull of this nonce. */
  readonly transactionsOf: (nonce: NonceText) => readonly string[];
};

/** The newest of them are looked for: one is executed, the others fail. */
const ASKED_MAX = 4;

type Prepared = { readonly ok: true; readonly hash: string; readonly base64: string };

const unsent = (
  kind: 'refused' | 'unknown',
  { reason, detail }: Pick<NearFailure, 'reason' | 'detail'>,
): SendResult => ({
  kind,
  reason,
  detail,
});

export function createNearSender(options: NearSenderOptions): PullSender {
  const { client, contract } = options;
  const prepare = createPreparation(options);
  let tries = 0;
  return {
    via: 'near',
    async send(pull) {
      const endpoint = client.endpoints[tries++ % client.endpoints.length];
      if (endpoint === undefined)
        return unsent('unknown', { reason: 'no_endpoint', detail: 'NEAR_RPC_URL names none' });
      const prepared = await prepare(endpoint, pull);
      if (!prepared.ok) return unsent('unknown', prepared);
      const sent = await endpoint.sendTransaction(prepared.base64);
      if (sent.ok) return { kind: 'taken', txHash: prepared.hash };
      // What the verifier says of a nonce that something else has used: the final block tells what.
      if (/nonce was already used/i.test(sent.detail)) return { kind: 'taken', txHash: prepared.hash };
      const isRefused = sent.reason === CONTRACT_PANICKED || sent.reason === 'invalid_transaction';
      return unsent(isRefused ? 'refused' : 'unknown', sent);
    },
    transactionsOf: ({ nonce }) => Promise.resolve(options.transactionsOf(nonce).slice(-ASKED_MAX)),
    close: () => client.close(),
  };

  function createPreparation({ chainId, account, publicKey, signCall, onTransaction }: NearSenderOptions) {
    let lastNonce = 0n;
    /** Transactions of one access key are numbered, so they are made one after another. */
    let turn: Promise<unknown> = Promise.resolve();

    const sign = async (endpoint: NearEndpoint, pull: SignedPull): Promise<Prepared | NearFailure> => {
      const chain = await endpoint.chainId();
      if (!chain.ok) return chain;
      if (chain.value !== chainId) {
        return { ok: false, reason: 'other_network', detail: `${endpoint.host} is on ${chain.value}, not ${chainId}` };
      }
      const key = await endpoint.accessKey(account, publicKey);
      if (!key.ok) return key;
      const { nonce, blockHash } = key.value;
      lastNonce = (nonce > lastNonce ? nonce : lastNonce) + 1n;
      const args = { signed: [pull.signedData] };
      const signed = signCall({ contract, method: 'execute_intents', args, accessKeyNonce: lastNonce, blockHash });
      if (signed === null) return { ok: false, reason: 'reply_malformed', detail: 'the block hash cannot be read' };
      try {
        await onTransaction(pull.nonce, signed.hash);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        return { ok: false, reason: 'journal_failed', detail };
      }
      return { ok: true, ...signed };
    };

    return (endpoint: NearEndpoint, pull: SignedPull): Promise<Prepared | NearFailure> => {
      const mine = turn.then(() => sign(endpoint, pull));
      turn = mine;
      return mine;
    };
  }
}
