// The solver relay on a real port: websocket for solvers at `/ws`, JSON-RPC at `/rpc`, both behind the same bearer token.
// Quotes are asked and taken from outside (by hand or by a tape); answers are judged and settled by the desk.

import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { ServerWebSocket } from 'bun';
import type { QuoteMetadata, QuoteRequest, QuoteStatus } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { realClock, type SimClock } from '../chain/clock.ts';
import type { Auction } from './auction.ts';
import type { JudgeMode } from './desk/answering.ts';
import { makeDesk } from './desk.ts';
import {
  errorFrame,
  GARBAGE_FRAMES,
  JSON_RPC,
  quoteFrames,
  type RequestId,
  resultFrame,
  type Shape,
  statusFrame,
} from './frames.ts';
import { type Answer, type Counts, Records, type Settlement } from './records.ts';
import { REFUSALS } from './refusals.ts';
import { answerRpc } from './rpc.ts';
import { hears, newSession, type Session, subscribe, unsubscribe } from './session.ts';
import { makeTaker } from './taker.ts';

export type RelaySimOptions = {
  readonly chain: SimChain;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Bearer token that clients have to show; null, the default, lets everybody in. */
  readonly token?: string | null;
  readonly clock?: SimClock;
  readonly judge?: JudgeMode;
  /** 32 bytes of the key that takes quotes; random when nothing is said. */
  readonly takerSeed?: Uint8Array;
};

export type AskOptions = {
  readonly shape: Shape;
  /** Only the `event` shape has room for it. */
  readonly metadata?: QuoteMetadata;
  /** Takes the best answer so long after asking, but not before the auction is over. */
  readonly takeAfterMs?: number;
};

export type RelayFaults = {
  ackDelayMs(delayMs: number): void;
  /** Replies are held back until it is called with false. */
  holdAcks(on: boolean): void;
  /** Sockets stay open, and nothing is sent on them any more, as on a dead line. What was due is lost. */
  silent(on: boolean): void;
  /** New connections are turned away with this status. */
  refuseUpgrade(status: number | null): void;
  /** Cuts every connection without a closing handshake; gives their number. */
  drop(): number;
  /** Every quote event is sent twice. */
  repeatQuotes(on: boolean): void;
  /** A quote that is to be taken settles as soon as it is answered, and its status leaves before the reply. */
  statusBeforeAck(on: boolean): void;
  /** A status leaves as soon as the settlement was sent, before the block of its transaction. */
  statusBeforeBlock(on: boolean): void;
  /** Sends frames that mean nothing to every client. */
  garbage(): void;
};

export type RelaySim = {
  readonly wsUrl: string;
  readonly rpcUrl: string;
  /** Account that takes quotes. */
  readonly takerId: string;
  readonly faults: RelayFaults;
  /** Gives the number of clients that were asked. */
  ask(request: QuoteRequest, options: AskOptions): number;
  /** Ends the auction of a quote and settles its best answer; nothing when the quote is unknown. */
  takeNow(quoteId: string): Settlement | undefined;
  /** Sends a text to every client as it stands. */
  sendRaw(text: string): void;
  answers(): readonly Answer[];
  /** Gives the function that ends it. */
  onAnswer(listener: (answer: Answer) => void): () => void;
  settlements(): readonly Settlement[];
  counts(): Counts;
  clients(): number;
  /** Clients that are subscribed to quotes. */
  subscribers(): number;
  /** Settles when every client has taken in what was sent so far, or is gone. */
  flushed(): Promise<void>;
  close(): Promise<void>;
};

type Socket = ServerWebSocket<Session>;

const Frame = TypeCompiler.Compile(
  Type.Object({
    id: Type.Union([Type.Integer(), Type.String()]),
    method: Type.String(),
    params: Type.Optional(Type.Unknown()),
  }),
);

const UNSENT_BYTES_MAX = 64 * 1024 * 1024;

export function startRelaySim(options: RelaySimOptions): RelaySim {
  const { chain, token = null, judge = 'all' } = options;
  const clock = options.clock ?? realClock;
  const records = new Records();
  const taker = makeTaker(chain, clock.nowMs, options.takerSeed ?? crypto.getRandomValues(new Uint8Array(32)));
  const statusWaits = () => !isStatusFirst && !isStatusBeforeBlock;
  const desk = makeDesk({ chain, clock, taker, records, judge, tellStatus, statusWaits });
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let nextSessionId = 0;
  let ackDelayMs = 0;
  let isHolding = false;
  let isSilent = false;
  let refusedWith: number | null = null;
  let repeatsQuotes = false;
  let isStatusFirst = false;
  let isStatusBeforeBlock = false;

  function send(socket: Socket, text: string): void {
    if (!isSilent) socket.send(text);
  }

  function reply(socket: Socket, text: string): void {
    const deliver = () => send(socket, text);
    if (isHolding) held.push(deliver);
    else if (ackDelayMs > 0) clock.after(ackDelayMs, deliver);
    else deliver();
  }

  function tellStatus(shape: Shape, status: QuoteStatus): void {
    for (const socket of sockets) {
      for (const id of socket.data.statuses) send(socket, statusFrame(shape, status, id));
    }
  }

  function broadcast(request: QuoteRequest, shape: Shape, metadata: QuoteMetadata | undefined): number {
    const frameFor = quoteFrames(shape, request, metadata);
    let reached = 0;
    for (const socket of sockets) {
      const subscriptionId = hears(socket.data, request);
      if (subscriptionId === undefined) continue;
      reached += 1;
      for (let i = repeatsQuotes ? 2 : 1; i > 0; i -= 1) send(socket, frameFor(subscriptionId));
    }
    records.asked(reached);
    return reached;
  }

  function onQuoteResponse(socket: Socket, id: RequestId, params: unknown, text: string): void {
    const outcome = desk.answer(Array.isArray(params) ? params[0] : undefined, text);
    if (!outcome.ok) {
      const { code, message } = REFUSALS[outcome.reason];
      const data =
        outcome.detail === null ? { reason: outcome.reason } : { reason: outcome.reason, detail: outcome.detail };
      reply(socket, errorFrame(id, code, message, data));
      return;
    }
    if (isStatusFirst && desk.auctions.get(outcome.quoteId)?.takeAfterMs !== undefined) desk.takeNow(outcome.quoteId);
    reply(socket, resultFrame(id, 'OK'));
  }

  function onMessage(socket: Socket, message: string | Buffer): void {
    const text = typeof message === 'string' ? message : message.toString('utf8');
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      reply(socket, errorFrame(null, JSON_RPC.parseError, 'a frame is one JSON-RPC message'));
      return;
    }
    if (!Frame.Check(frame)) {
      reply(socket, errorFrame(null, JSON_RPC.invalidRequest, 'a request has id, method and params'));
      return;
    }
    const { id, method, params } = frame;
    if (method === 'quote_response') onQuoteResponse(socket, id, params, text);
    else if (method === 'acknowledge') reply(socket, resultFrame(id, 'OK'));
    else if (method === 'subscribe' || method === 'unsubscribe') {
      const done =
        method === 'subscribe' ? subscribe(socket.data, params, crypto.randomUUID()) : unsubscribe(socket.data, params);
      reply(socket, done.ok ? resultFrame(id, done.value) : errorFrame(id, JSON_RPC.invalidParams, done.reason));
    } else reply(socket, errorFrame(id, JSON_RPC.methodNotFound, `no method ${method}`));
  }

  const isAllowed = (request: Request) => token === null || request.headers.get('authorization') === `Bearer ${token}`;

  function askForRpc(request: QuoteRequest): Auction {
    const auction = desk.ask(request, 'event', undefined);
    broadcast(request, 'event', undefined);
    return auction;
  }

  const rpc = { chain, desk, nowMs: clock.nowMs, ask: askForRpc, newQuoteId: () => crypto.randomUUID() };

  async function fetch(request: Request, server: Bun.Server<Session>): Promise<Response | undefined> {
    const { pathname } = new URL(request.url);
    if (pathname !== '/ws' && pathname !== '/rpc') return new Response('Not Found', { status: 404 });
    if (!isAllowed(request)) return new Response('Forbidden', { status: 403 });
    if (pathname === '/rpc') {
      const body: unknown = await request.json().catch(() => undefined);
      return new Response(await answerRpc(rpc, body), { headers: { 'content-type': 'application/json' } });
    }
    if (refusedWith !== null) return new Response(null, { status: refusedWith });
    nextSessionId += 1;
    const data = newSession(nextSessionId);
    return server.upgrade(request, { data }) ? undefined : new Response('Upgrade Required', { status: 426 });
  }

  const server = Bun.serve<Session>({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    idleTimeout: 60,
    fetch,
    websocket: {
      idleTimeout: 120,
      backpressureLimit: UNSENT_BYTES_MAX,
      open: (socket) => {
        sockets.add(socket);
      },
      message: onMessage,
      pong: (socket) => socket.data.pongWaiters.shift()?.(),
      close(socket) {
        sockets.delete(socket);
        for (const settle of socket.data.pongWaiters.splice(0)) settle();
      },
    },
  });

  const faults: RelayFaults = {
    ackDelayMs(delayMs) {
      ackDelayMs = delayMs;
    },
    holdAcks(on) {
      isHolding = on;
      if (!on) for (const deliver of held.splice(0)) deliver();
    },
    silent(on) {
      isSilent = on;
    },
    refuseUpgrade(status) {
      refusedWith = status;
    },
    drop() {
      const all = [...sockets];
      for (const socket of all) socket.terminate();
      return all.length;
    },
    repeatQuotes(on) {
      repeatsQuotes = on;
    },
    statusBeforeAck(on) {
      isStatusFirst = on;
    },
    statusBeforeBlock(on) {
      isStatusBeforeBlock = on;
    },
    garbage() {
      for (const socket of sockets) for (const text of GARBAGE_FRAMES) send(socket, text);
    },
  };

  return {
    wsUrl: `ws://127.0.0.1:${server.port}/ws`,
    rpcUrl: `http://127.0.0.1:${server.port}/rpc`,
    takerId: taker.accountId,
    faults,
    ask(request, { shape, metadata, takeAfterMs }) {
      desk.ask(request, shape, takeAfterMs);
      return broadcast(request, shape, metadata);
    },
    takeNow: (quoteId) => desk.takeNow(quoteId),
    sendRaw(text) {
      for (const socket of sockets) send(socket, text);
    },
    answers: () => records.answers(),
    onAnswer: (listener) => records.onAnswer(listener),
    settlements: () => records.settlements(),
    counts: () => records.counts(),
    clients: () => sockets.size,
    subscribers: () => [...sockets].filter((socket) => socket.data.quotes !== undefined).length,
    async flushed() {
      const waits = [...sockets].map(
        (socket) =>
          new Promise<void>((settle) => {
            socket.data.pongWaiters.push(settle);
            socket.ping();
          }),
      );
      await Promise.all(waits);
    },
    async close() {
      desk.stop();
      await server.stop(true);
    },
  };
}
