// The solver relay on a real port: websocket for solvers at `/ws`, JSON-RPC at `/rpc`, both behind the same bearer token.
// Quotes are asked and taken from outside (by hand or by a tape); answers are judged and settled by the desk.

import type { QuoteMetadata, QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { realClock, type SimClock } from '../chain/clock.ts';
import type { Auction } from './auction.ts';
import type { JudgeMode } from './desk/answering.ts';
import { type Desk, makeDesk } from './desk.ts';
import type { Shape } from './frames.ts';
import { type Answer, type Counts, Records, type Settlement } from './records.ts';
import { answerRpc, type RpcContext } from './rpc.ts';
import { newSession, type Session } from './session.ts';
import { Clients } from './socket/clients.ts';
import { type Conduct, normalConduct } from './socket/conduct.ts';
import { type RelayFaults, relayFaults } from './socket/faults.ts';
import { replyTo } from './socket/requests.ts';
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

type AskOptions = {
  readonly shape: Shape;
  /** Only the `event` shape has room for it. */
  readonly metadata?: QuoteMetadata;
  /** Takes the best answer this long after asking, but not before the auction is over. */
  readonly takeAfterMs?: number;
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
  /** Sends a text to every client as it is. */
  sendRaw(text: string): void;
  answers(): readonly Answer[];
  /** Gives the function that ends it. */
  onAnswer(listener: (answer: Answer) => void): () => void;
  settlements(): readonly Settlement[];
  counts(): Counts;
  clients(): number;
  /** Clients that are subscribed to quotes. */
  subscribers(): number;
  /** Statuses with guaranteed delivery that are not acknowledged. */
  keptStatuses(): number;
  /** Settles when every client has taken in what was sent so far, or is gone. */
  flushed(): Promise<void>;
  close(): Promise<void>;
};

const UNSENT_BYTES_MAX = 64 * 1024 * 1024;

export function startRelaySim(options: RelaySimOptions): RelaySim {
  const { chain, clock = realClock, judge = 'all' } = options;
  const records = new Records();
  const conduct = normalConduct();
  const clients = new Clients(clock, conduct);
  const taker = makeTaker(chain, clock.nowMs, options.takerSeed ?? crypto.getRandomValues(new Uint8Array(32)));
  const desk = makeDesk({
    chain,
    clock,
    taker,
    records,
    judge,
    tellStatus: (shape, status) => clients.sendStatus(shape, status),
    statusWaits: () => !conduct.isStatusFirst && !conduct.isStatusBeforeBlock,
    hasGrace: () => !conduct.isWithoutGrace,
  });

  function ask(request: QuoteRequest, { shape, metadata, takeAfterMs }: AskOptions): Asked {
    const auction = desk.ask(request, shape, takeAfterMs);
    const reached = clients.sendQuote(request, shape, metadata);
    records.asked(reached);
    return { auction, reached };
  }

  const server = serve({
    port: options.port ?? 0,
    token: options.token ?? null,
    clients,
    conduct,
    desk,
    rpc: {
      chain,
      desk,
      nowMs: clock.nowMs,
      ask: (request) => ask(request, { shape: 'event' }).auction,
      newQuoteId: () => crypto.randomUUID(),
    },
  });

  return {
    wsUrl: `ws://127.0.0.1:${server.port}/ws`,
    rpcUrl: `http://127.0.0.1:${server.port}/rpc`,
    takerId: taker.accountId,
    faults: relayFaults(conduct, clients),
    ask: (request, asking) => ask(request, asking).reached,
    takeNow: (quoteId) => desk.takeNow(quoteId),
    sendRaw: (text) => clients.sendToAll(text),
    answers: () => records.answers(),
    onAnswer: (listener) => records.onAnswer(listener),
    settlements: () => records.settlements(),
    counts: () => records.counts(),
    clients: () => clients.connections.count,
    subscribers: () => clients.subscribers(),
    keptStatuses: () => clients.queues.kept(),
    flushed: () => clients.connections.flushed(),
    async close() {
      desk.stop();
      await server.stop(true);
    },
  };
}

type Asked = { readonly auction: Auction; readonly reached: number };

type Serving = {
  readonly port: number;
  /** Null lets everybody in. */
  readonly token: string | null;
  readonly clients: Clients;
  readonly conduct: Readonly<Conduct>;
  readonly desk: Desk;
  readonly rpc: RpcContext;
};

/** Both ways in on one port: `/ws` and `/rpc`. */
function serve({ port, token, clients, conduct, desk, rpc }: Serving): Bun.Server<Session> {
  let nextSessionId = 0;
  const isAllowed = (request: Request) => token === null || request.headers.get('authorization') === `Bearer ${token}`;

  async function fetch(request: Request, server: Bun.Server<Session>): Promise<Response | undefined> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/ws' && pathname !== '/rpc') return new Response('Not Found', { status: 404 });
    if (!isAllowed(request)) return new Response('Forbidden', { status: 403 });
    if (pathname === '/rpc') {
      if (conduct.rpcRefusedWith !== null) return new Response(null, { status: conduct.rpcRefusedWith });
      const body: unknown = await request.json().catch(() => undefined);
      return new Response(await answerRpc(rpc, body), { headers: { 'content-type': 'application/json' } });
    }
    if (conduct.refusedWith !== null) return new Response(null, { status: conduct.refusedWith });
    nextSessionId += 1;
    const instanceId = searchParams.get('instance_id');
    const data = newSession(nextSessionId, instanceId === null ? undefined : () => clients.queues.of(instanceId));
    return server.upgrade(request, { data }) ? undefined : new Response('Upgrade Required', { status: 426 });
  }

  return Bun.serve<Session>({
    hostname: '127.0.0.1',
    port,
    idleTimeout: 60,
    fetch,
    websocket: {
      idleTimeout: 120,
      backpressureLimit: UNSENT_BYTES_MAX,
      open: (socket) => clients.connections.opened(socket),
      message(socket, message) {
        const text = typeof message === 'string' ? message : message.toString('utf8');
        clients.reply(socket, replyTo({ desk, conduct }, socket.data, text));
        clients.sendKept(socket);
      },
      pong: (socket) => clients.connections.ponged(socket),
      close: (socket) => clients.connections.closed(socket),
    },
  });
}
