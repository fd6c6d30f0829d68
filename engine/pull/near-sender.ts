// Pulls as NEAR transactions of our own that call `execute_intents`: for when the relay is down, or not to be trusted with it. The hash
// of a transaction is on record before it is sent. Endpoints are asked in turn, another one with each try, and
// no pull waits for the endpoint of another one.

import type { AccountId, NonceText } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearClient, NearEndpoint } from '../../contracts/runtime/near/client.ts';
import {
  type AccessKey,
  CONTRACT_PANICKED,
  type NearFailure,
  type NearResult,
} from '../../contracts/runtime/near/reply.ts';
import type { SignedPull } from '../model/values.ts';
import { createEndpointTurns } from './endpoint-turns.ts';
import type { PullSender, SendResult } from './sender.ts';

export type NearSenderOptions = {
  readonly client: NearClient;
  readonly clock: Pick<Clock, 'elapsedUs'>;
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

/** Pulls of all lanes may be on their way at once, and overtake each other; each then asks for a later number. */
const NUMBERS_MAX = 8;

const INVALID_TRANSACTION = 'invalid_transaction';

const isOvertaken = ({ reason, detail }: NearFailure): boolean =>
  reason === INVALID_TRANSACTION && detail.includes('InvalidNonce');

const unsent = (
  kind: 'refused' | 'unknown',
  { reason, detail }: Pick<NearFailure, 'reason' | 'detail'>,
): SendResult => ({
  kind,
  reason,
  detail,
});

export function createNearSender(options: NearSenderOptions): PullSender {
  const { client, clock } = options;
  const turns = createEndpointTurns(client.endpoints, clock);
  const look = createLook(options);
  const prepare = createPreparation(options);
  return {
    via: 'near',
    async send(pull) {
      const endpoint = turns.next();
      if (endpoint === undefined)
        return unsent('unknown', { reason: 'no_endpoint', detail: 'NEAR_RPC_URL names none' });
      const key = await look(endpoint);
      if (!key.ok) {
        turns.failed(endpoint);
        return unsent('unknown', key);
      }
      for (let tries = 1; ; tries++) {
        const prepared = await prepare(key.value, pull);
        if (!prepared.ok) return unsent('unknown', prepared);
        const sent = await endpoint.sendTransaction(prepared.base64, prepared.hash);
        if (sent.ok) return { kind: 'taken', txHash: prepared.hash };
        // What the verifier says of a nonce that something else has used: the final block tells what.
        if (/nonce was already used/i.test(sent.detail)) return { kind: 'taken', txHash: prepared.hash };
        // A transaction with a later number of the same key was there first: this one is void, another number will do.
        if (isOvertaken(sent) && tries < NUMBERS_MAX) continue;
        const isPanic = sent.reason === CONTRACT_PANICKED;
        if (!isPanic) turns.failed(endpoint);
        return unsent(isPanic || sent.reason === INVALID_TRANSACTION ? 'refused' : 'unknown', sent);
      }
    },
    transactionsOf: ({ nonce }) => Promise.resolve(options.transactionsOf(nonce).slice(-ASKED_MAX)),
    close: () => client.close(),
  };
}

/** What a transaction over an endpoint depends on: that it is on the right network, and the access key. Nobody else waits for it. */
function createLook({ chainId, account, publicKey }: NearSenderOptions) {
  /** Endpoints that named it, and have given the access key each time since. */
  const onChain = new Set<NearEndpoint>();

  return async (endpoint: NearEndpoint): Promise<NearResult<AccessKey>> => {
    if (!onChain.has(endpoint)) {
      const chain = await endpoint.chainId();
      if (!chain.ok) return chain;
      if (chain.value !== chainId) {
        return { ok: false, reason: 'other_network', detail: `${endpoint.host} is on ${chain.value}, not ${chainId}` };
      }
      onChain.add(endpoint);
    }
    const key = await endpoint.accessKey(account, publicKey);
    if (!key.ok) onChain.delete(endpoint);
    return key;
  };
}

/**
 * Transactions that can be on their way to a block: some for each lane. What is further ahead of the key came from an endpoint that
 * named a wrong number, and must not outlive its answer.
 */
const UNDER_WAY_MAX = 1000n;

/** Numbers transactions of the access key, signs them and records them: one after another. */
function createPreparation({ contract, signCall, onTransaction }: NearSenderOptions) {
  let lastNonce = 0n;
  let turn: Promise<unknown> = Promise.resolve();

  const sign = async ({ nonce, blockHash }: AccessKey, pull: SignedPull): Promise<Prepared | NearFailure> => {
    const isUnderWay = lastNonce > nonce && lastNonce - nonce <= UNDER_WAY_MAX;
    lastNonce = (isUnderWay ? lastNonce : nonce) + 1n;
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

  return (key: AccessKey, pull: SignedPull): Promise<Prepared | NearFailure> => {
    const mine = turn.then(() => sign(key, pull));
    turn = mine;
    return mine;
  };
}
