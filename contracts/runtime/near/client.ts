// NEAR JSON-RPC: one request to one endpoint, and its answer as a value or a named reason. Which endpoint is asked, and
// whether its answer can be true, is decided by engine/verifier/source.ts.
//
// Invariants: a view at a given block is of that block; an answer is bounded in time and size; nothing is thrown.

import { retryAfterMs } from '../../retry-after.ts';
import { isoTimeOrNull } from '../../time.ts';
import { boundedFetch } from '../bounded-fetch.ts';
import type { Clock } from '../clock.ts';
import {
  type AccessKey,
  CONTRACT_PANICKED,
  failed,
  type NearResult,
  type ReceiptLogs,
  readAccessKey,
  readBlock,
  readChainId,
  readReply,
  readSent,
  readTransaction,
  readView,
  type ViewValue,
} from './reply.ts';
import type { FinalBlock } from './types.ts';

export type NearClientOptions = {
  /** At least one; the same one twice counts once. */
  readonly urls: readonly string[];
  readonly contract: string;
  readonly clock: Clock;
  /** For one request, its answer included; 5 s by default. */
  readonly timeLimitMs?: number;
  /** For a transaction, which is answered when it was executed; that of any other request by default. */
  readonly sendLimitMs?: number;
};

export type NearEndpoint = {
  /** Host and port; with a number when two URLs share them. */
  readonly host: string;
  /** A view of the contract at a block that was read before. */
  call(method: string, args: Readonly<Record<string, unknown>>, blockHeight: number): Promise<NearResult<ViewValue>>;
  finalBlock(): Promise<NearResult<FinalBlock>>;
  /** The block of a height below the final one; at some heights there is none. */
  blockAt(height: number): Promise<NearResult<FinalBlock>>;
  /** Name of the network, like `mainnet`. */
  chainId(): Promise<NearResult<string>>;
  /** An access key of an account on the chain, and the newest block. */
  accessKey(account: string, publicKey: string): Promise<NearResult<AccessKey>>;
  /** Sends a signed transaction, and waits until it was executed: in a block, not yet a final one. `hash`: its own. */
  sendTransaction(base64: string, hash: string): Promise<NearResult<null>>;
  /** Receipts of a final transaction. `account` routes the question to a shard. */
  tx(hash: string, account: string): Promise<NearResult<readonly ReceiptLogs[]>>;
  state(): EndpointTraffic;
};

export type EndpointTraffic = {
  readonly requests: number;
  readonly failures: number;
  readonly last_failure: string | null;
  readonly last_failure_at: string | null;
};

export type NearClient = {
  readonly endpoints: readonly NearEndpoint[];
  /** Gives up what is under way; later calls fail at once. */
  close(): void;
};

type Call = {
  readonly url: string;
  readonly method: string;
  readonly params: unknown;
  readonly onRetryAfter: (waitMs: number) => void;
};

const TIME_LIMIT_MS = 5000;
const SEND_METHOD = 'send_tx';
/** Longest time that an endpoint is left alone because it asks for that: a balance is needed sooner than most would say. */
const RETRY_AFTER_MAX_MS = 10_000;
/** Statuses whose `Retry-After` is kept. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);

const sentReader = (hash: string) => (result: unknown) => readSent(result, hash);
const transactionReader = (hash: string) => (result: unknown) => readTransaction(result, hash);

const base64Of = (args: Readonly<Record<string, unknown>>): string =>
  new TextEncoder().encode(JSON.stringify(args)).toBase64();

/** A label for each URL that shows no path, no query and no password. */
function hostsOf(urls: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return urls.map((url) => {
    const { host } = new URL(url);
    const count = (seen.get(host) ?? 0) + 1;
    seen.set(host, count);
    return count === 1 ? host : `${host}#${count}`;
  });
}

function blockOf(result: unknown, height: number): NearResult<FinalBlock> {
  const block = readBlock(result);
  if (!block.ok || block.value.height === height) return block;
  return failed('other_block', `asked for block ${height}, the answer is block ${block.value.height}`);
}

export function createNearClient(options: NearClientOptions): NearClient {
  const { clock, contract } = options;
  const timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
  const sendLimitMs = options.sendLimitMs ?? timeLimitMs;
  const urls = [...new Set(options.urls)];
  const hosts = hostsOf(urls);
  const closing = new AbortController();

  async function post({ url, method, params, onRetryAfter }: Call): Promise<NearResult<unknown>> {
    if (closing.signal.aborted) return failed('closed', 'the client was closed');
    const answer = await boundedFetch({
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 'unrip', method, params }),
      timers: clock,
      timeLimitMs: method === SEND_METHOD ? sendLimitMs : timeLimitMs,
      signal: closing.signal,
    });
    if (answer.ok) {
      const waitMs = BUSY.has(answer.status) ? retryAfterMs(answer.retryAfter, clock.nowMs()) : null;
      if (waitMs !== null) onRetryAfter(Math.min(waitMs, RETRY_AFTER_MAX_MS));
      return readReply(answer.status, answer.body);
    }
    return answer.reason === 'aborted'
      ? failed('closed', 'the client was closed')
      : failed(answer.reason, answer.detail);
  }

  function endpointAt(url: string, host: string): NearEndpoint {
    let requests = 0;
    /** The endpoint asked for no request before this monotonic time. */
    let notBeforeUs = 0;
    let failures = 0;
    let lastFailure: { readonly text: string; readonly atMs: number } | null = null;

    async function ask<T>(method: string, params: unknown, read: (result: unknown) => NearResult<T>) {
      if (clock.elapsedUs() < notBeforeUs) return failed('rate_limited', 'it asked for no request for a while');
      requests += 1;
      const onRetryAfter = (waitMs: number): void => {
        notBeforeUs = clock.elapsedUs() + waitMs * 1000;
      };
      const reply = await post({ url, method, params, onRetryAfter });
      const answer = reply.ok ? read(reply.value) : reply;
      // The contract's own refusal is an answer.
      if (answer.ok || answer.reason === CONTRACT_PANICKED) return answer;
      failures += 1;
      lastFailure = { text: `${answer.reason}: ${answer.detail}`, atMs: clock.nowMs() };
      return answer;
    }

    function viewAt(result: unknown, blockHeight: number): NearResult<ViewValue> {
      const view = readView(result);
      if (!view.ok || view.value.blockHeight === blockHeight) return view;
      return failed('other_block', `asked for block ${blockHeight}, the answer is of ${view.value.blockHeight}`);
    }

    return {
      host,
      call(method, args, blockHeight) {
        const params = {
          request_type: 'call_function',
          account_id: contract,
          method_name: method,
          args_base64: base64Of(args),
          block_id: blockHeight,
        };
        return ask('query', params, (result) => viewAt(result, blockHeight));
      },
      finalBlock: () => ask('block', { finality: 'final' }, readBlock),
      blockAt: (height) => ask('block', { block_id: height }, (result) => blockOf(result, height)),
      chainId: () => ask('status', [], readChainId),
      accessKey(account, publicKey) {
        const key = { request_type: 'view_access_key', account_id: account, public_key: publicKey };
        return ask('query', { ...key, finality: 'optimistic' }, readAccessKey);
      },
      sendTransaction: (base64, hash) =>
        ask(SEND_METHOD, { signed_tx_base64: base64, wait_until: 'EXECUTED_OPTIMISTIC' }, sentReader(hash)),
      tx: (hash, account) =>
        ask('tx', { tx_hash: hash, sender_account_id: account, wait_until: 'FINAL' }, transactionReader(hash)),
      state: () => ({
        requests,
        failures,
        last_failure: lastFailure?.text ?? null,
        last_failure_at: isoTimeOrNull(lastFailure?.atMs ?? null),
      }),
    };
  }

  return {
    endpoints: urls.map((url, index) => endpointAt(url, hosts[index] ?? url)),
    close: () => closing.abort(),
  };
}
