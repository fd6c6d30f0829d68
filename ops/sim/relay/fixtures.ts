// Builders for tests against the relay: a solver's websocket client whose frames can be awaited, requests, answers, and
// a chain on which the solver is registered and funded.

import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import { within } from '../../testing/wait.ts';
import { type SimChain, startChain } from '../chain/chain.ts';
import type { SimClock } from '../chain/clock.ts';
import type { Envelope } from '../verifier/envelope.ts';
import {
  BTC,
  EURE,
  SECOND_NS,
  type SignOptions,
  SOLVER,
  signIntents,
  tokenDiff,
  wireOf,
} from '../verifier/fixtures.ts';

const WAIT_MS = 5_000;

// biome-ignore lint/suspicious/noExplicitAny: a frame is looked into field by field by the tests
type Frame = any;

export type Client = {
  send(frame: unknown): void;
  /** Sends a request and gives the reply to it. */
  call(method: string, params: unknown): Promise<Frame>;
  /** Next frame that is no reply. */
  event(): Promise<Frame>;
  /** Frames that were neither a reply that somebody waits for nor fetched as an event. */
  readonly unread: readonly Frame[];
  readonly closed: Promise<void>;
  close(): void;
};

export async function connect(wsUrl: string, token?: string): Promise<Client> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(wsUrl, { headers });
  const replies = new Map<number, (frame: Frame) => void>();
  const waiting: ((frame: Frame) => void)[] = [];
  const unread: Frame[] = [];
  let nextId = 0;

  socket.onmessage = ({ data }) => {
    let frame: Frame = data;
    try {
      frame = JSON.parse(String(data));
    } catch {
      // A frame that is no JSON is handed on as text.
    }
    const settle = replies.get(frame?.id) ?? waiting.shift();
    replies.delete(frame?.id);
    if (settle === undefined) unread.push(frame);
    else settle(frame);
  };
  const closed = new Promise<void>((settle) => {
    socket.onclose = () => settle();
  });
  await within(
    new Promise<void>((settle, reject) => {
      socket.onopen = () => settle();
      socket.onerror = () => reject(new Error('the connection was refused'));
    }),
    { what: 'the connection', limitMs: WAIT_MS },
  );

  return {
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    call(method, params) {
      nextId += 1;
      const id = nextId;
      const reply = new Promise<Frame>((settle) => replies.set(id, settle));
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return within(reply, { what: `the reply to ${method}`, limitMs: WAIT_MS });
    },
    event() {
      const frame = unread.shift();
      if (frame !== undefined) return Promise.resolve(frame);
      return within(new Promise((settle) => waiting.push(settle)), { what: 'an event', limitMs: WAIT_MS });
    },
    unread,
    closed,
    close: () => socket.close(),
  };
}

/** The solver is registered and holds 100 EURe and 1 BTC, final already. */
export function fundedChain(clock: SimClock): SimChain {
  const chain = startChain({ clock });
  chain.registerKey(SOLVER.accountId, SOLVER.publicKey);
  chain.credit(SOLVER.accountId, EURE, 100n * 10n ** 18n);
  chain.credit(SOLVER.accountId, BTC, 100_000_000n);
  chain.mine(3);
  return chain;
}

export const EXACT_IN: QuoteRequest = {
  quote_id: 'quote-in',
  defuse_asset_identifier_in: BTC,
  defuse_asset_identifier_out: EURE,
  exact_amount_in: '100000',
  min_deadline_ms: 60_000,
  min_wait_ms: 1_900,
  max_wait_ms: 3_000,
};

export const EXACT_OUT: QuoteRequest = {
  quote_id: 'quote-out',
  defuse_asset_identifier_in: EURE,
  defuse_asset_identifier_out: BTC,
  exact_amount_out: '90000',
  min_deadline_ms: 60_000,
  min_wait_ms: 1_900,
  max_wait_ms: 3_000,
};

/** The side that a solver fills in. */
const OPEN_SIDE = { in: '94750000000000000000', out: '95250000000000000000' } as const;

export type AnswerOptions = SignOptions & {
  readonly amountIn?: string;
  readonly amountOut?: string;
  /** What is next to the signature in place of the open side. */
  readonly said?: string;
  readonly intents?: readonly unknown[];
};

/** What the diff of an answer to this request says, unless the options say otherwise. */
function signAnswer(request: QuoteRequest, nowMs: number, options: AnswerOptions = {}): Envelope {
  const { amountIn = request.exact_amount_in ?? OPEN_SIDE.out, amountOut = request.exact_amount_out ?? OPEN_SIDE.in } =
    options;
  const diff = {
    [request.defuse_asset_identifier_in]: amountIn,
    [request.defuse_asset_identifier_out]: `-${amountOut}`,
  };
  // Ten seconds of margin, as a careful solver signs.
  const deadlineNs = BigInt(nowMs + request.min_deadline_ms) * 1_000_000n + 10n * SECOND_NS;
  return signIntents(SOLVER, options.intents ?? [tokenDiff(diff)], { deadlineNs, ...options });
}

/** Parameter of `quote_response`. */
export function answerTo(request: QuoteRequest, nowMs: number, options: AnswerOptions = {}) {
  const fixesIn = typeof request.exact_amount_in === 'string';
  const open = fixesIn ? (options.amountOut ?? OPEN_SIDE.in) : (options.amountIn ?? OPEN_SIDE.out);
  const said = options.said ?? open;
  return {
    quote_id: request.quote_id,
    quote_output: fixesIn ? { amount_out: said } : { amount_in: said },
    signed_data: wireOf(signAnswer(request, nowMs, options)),
  };
}
