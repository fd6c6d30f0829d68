// NEAR JSON-RPC over several endpoints: each request goes to the one that last worked, and on to the next when it fails, is
// rate limited, is slow, or lags behind what was already seen. A contract's own refusal is an answer and is not tried elsewhere.
//
// Invariants: final heights never run backwards; a view at a given block is of that block; nothing is thrown.

import { boundedFetch } from '../../contracts/runtime/bounded-fetch.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import type { Clock } from '../ports.ts';
import {
  CONTRACT_PANICKED,
  failed,
  type NearFailure,
  type NearResult,
  type ReceiptLogs,
  readBlock,
  readReply,
  readTransaction,
  readView,
  type ViewValue,
} from './near-client-reply.ts';
import type { FinalBlock } from './observation.ts';

export type NearClientOptions = {
  /** Tried in turn; at least one. */
  readonly urls: readonly string[];
  readonly contract: string;
  readonly clock: Clock;
  /** For one try at one endpoint; 5 s when not said. */
  readonly timeLimitMs?: number;
  /** A final block further behind our clock than this is that of a node that stands still; 60 s when not said. */
  readonly blockMaxLagMs?: number;
};

export type At = { readonly finality: 'final' } | { readonly blockHeight: number };

export type NearClient = {
  /** A view of the contract. */
  call(method: string, args: Readonly<Record<string, unknown>>, at: At): Promise<NearResult<ViewValue>>;
  finalBlock(): Promise<NearResult<FinalBlock>>;
  /** Receipts of a final transaction. `account` routes the question to a shard. */
  tx(hash: string, account: string): Promise<NearResult<readonly ReceiptLogs[]>>;
  /** Gives up what is under way; later calls fail at once. */
  close(): void;
  state(): NearClientState;
};

export type NearClientState = {
  /** Host of the endpoint that is asked first. */
  readonly endpoint: string;
  readonly highest_block: number | null;
  readonly endpoints: readonly {
    readonly host: string;
    readonly requests: number;
    readonly failures: number;
    readonly last_failure: string | null;
    readonly last_failure_at: string | null;
  }[];
};

type Endpoint = {
  readonly url: string;
  readonly host: string;
  requests: number;
  failures: number;
  lastFailure: string | null;
  lastFailureAtMs: number | null;
};

const TIME_LIMIT_MS = 5000;
const BLOCK_MAX_LAG_MS = 60_000;

const base64Of = (args: Readonly<Record<string, unknown>>): string =>
  new TextEncoder().encode(JSON.stringify(args)).toBase64();

export function createNearClient(options: NearClientOptions): NearClient {
  const { clock, contract } = options;
  const timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
  const blockMaxLagMs = options.blockMaxLagMs ?? BLOCK_MAX_LAG_MS;
  const endpoints = options.urls.map(
    (url): Endpoint => ({
      url,
      host: new URL(url).host,
      requests: 0,
      failures: 0,
      lastFailure: null,
      lastFailureAtMs: null,
    }),
  );
  const closing = new AbortController();
  let first = 0;
  let highest: number | null = null;
  let isClosed = false;

  async function post(url: string, body: string): Promise<NearResult<unknown>> {
    const answer = await boundedFetch({
      url,
      headers: { 'content-type': 'application/json' },
      body,
      timers: clock,
      timeLimitMs,
      signal: closing.signal,
    });
    if (answer.ok) return readReply(answer.status, answer.body);
    return answer.reason === 'aborted'
      ? failed('closed', 'the client was closed')
      : failed(answer.reason, answer.detail);
  }

  function note(endpoint: Endpoint, failure: NearFailure): void {
    endpoint.failures += 1;
    endpoint.lastFailure = `${failure.reason}: ${failure.detail}`;
    endpoint.lastFailureAtMs = clock.nowMs();
  }

  /** The failure told at the end is the last endpoint's, with every endpoint's reason before it. */
  async function ask<T>(method: string, params: unknown, read: (result: unknown) => NearResult<T>) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'unrip', method, params });
    const start = first;
    const failures: string[] = [];
    let last: NearFailure = failed('no_endpoint', 'NEAR_RPC_URL names none');
    for (let step = 0; step < endpoints.length; step += 1) {
      if (isClosed) return failed('closed', 'the client was closed');
      const index = (start + step) % endpoints.length;
      const endpoint = endpoints[index];
      if (endpoint === undefined) break;
      endpoint.requests += 1;
      const reply = await post(endpoint.url, body);
      const answer = reply.ok ? read(reply.value) : reply;
      if (answer.ok || answer.reason === CONTRACT_PANICKED) return answer;
      note(endpoint, answer);
      failures.push(`${endpoint.host} ${answer.reason}`);
      last = answer;
      // Another request may have moved on already: never move it back.
      if (first === index) first = (index + 1) % endpoints.length;
    }
    return failures.length > 1 ? failed(last.reason, `${failures.join(', ')}; ${last.detail}`) : last;
  }

  function seen(height: number): boolean {
    if (highest !== null && height < highest) return false;
    highest = height;
    return true;
  }

  const wentBack = (height: number): NearFailure =>
    failed('block_went_back', `final block ${height} is older than ${highest}, which was already seen`);

  function checkedBlock(result: unknown): NearResult<FinalBlock> {
    const block = readBlock(result);
    if (!block.ok) return block;
    const lagMs = clock.nowMs() - block.value.timeMs;
    if (lagMs > blockMaxLagMs) {
      return failed('block_too_old', `final block ${block.value.height} is ${lagMs} ms behind our clock`);
    }
    return seen(block.value.height) ? block : wentBack(block.value.height);
  }

  function checkedView(result: unknown, at: At): NearResult<ViewValue> {
    const view = readView(result);
    if (!view.ok) return view;
    const { blockHeight } = view.value;
    if ('finality' in at) return seen(blockHeight) ? view : wentBack(blockHeight);
    return blockHeight === at.blockHeight
      ? view
      : failed('other_block', `asked for block ${at.blockHeight}, was given ${blockHeight}`);
  }

  return {
    call(method, args, at) {
      const params = {
        request_type: 'call_function',
        account_id: contract,
        method_name: method,
        args_base64: base64Of(args),
        ...('finality' in at ? at : { block_id: at.blockHeight }),
      };
      return ask('query', params, (result) => checkedView(result, at));
    },
    finalBlock: () => ask('block', { finality: 'final' }, checkedBlock),
    tx: (hash, account) =>
      ask('tx', { tx_hash: hash, sender_account_id: account, wait_until: 'FINAL' }, readTransaction),
    close() {
      isClosed = true;
      closing.abort();
    },
    state: () => ({
      endpoint: endpoints[first]?.host ?? '',
      highest_block: highest,
      endpoints: endpoints.map(({ host, requests, failures, lastFailure, lastFailureAtMs }) => ({
        host,
        requests,
        failures,
        last_failure: lastFailure,
        last_failure_at: isoTimeOrNull(lastFailureAtMs),
      })),
    }),
  };
}
