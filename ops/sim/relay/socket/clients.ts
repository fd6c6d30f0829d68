// The websocket clients that are connected to the relay, and all that is sent to them: quotes and statuses to those that
// are subscribed, and replies, which a fault may delay or hold back.
import type { ServerWebSocket } from 'bun';
import type { QuoteMetadata, QuoteRequest, QuoteStatus } from '../../../../contracts/wire/relay.ts';
import type { SimClock } from '../../chain/clock.ts';
import { Connections } from '../../connections.ts';
import { keptStatusFrame, quoteFrames, type Shape, statusFrame } from '../frames.ts';
import { hears, type Session } from '../session.ts';
import type { Conduct } from './conduct.ts';
import { StatusQueues } from './kept-statuses.ts';

export type Socket = ServerWebSocket<Session>;

export class Clients {
  readonly #clock: SimClock;
  readonly #conduct: Readonly<Conduct>;
  readonly connections = new Connections<Session>();
  readonly queues = new StatusQueues();
  readonly #heldReplies: (() => void)[] = [];

  constructor(clock: SimClock, conduct: Readonly<Conduct>) {
    this.#clock = clock;
    this.#conduct = conduct;
  }

  /** Clients that are subscribed to quotes. */
  subscribers(): number {
    return [...this.connections].filter((socket) => socket.data.quotes !== undefined).length;
  }

  reply(socket: Socket, text: string): void {
    const { isHoldingReplies, ackDelayMs } = this.#conduct;
    const deliver = () => this.#send(socket, text);
    if (isHoldingReplies) this.#heldReplies.push(deliver);
    else if (ackDelayMs > 0) this.#clock.after(ackDelayMs, deliver);
    else deliver();
  }

  releaseReplies(): void {
    for (const deliver of this.#heldReplies.splice(0)) deliver();
  }

  sendToAll(...texts: readonly string[]): void {
    for (const socket of this.connections) for (const text of texts) this.#send(socket, text);
  }

  sendStatus(shape: Shape, status: QuoteStatus): void {
    this.queues.add(shape, status);
    for (const socket of this.connections) {
      this.sendKept(socket);
      for (const id of socket.data.statuses) this.#send(socket, statusFrame(shape, status, id));
    }
  }

  /** What its queue has and was not sent under this subscription. */
  sendKept(socket: Socket): void {
    const { guaranteed } = socket.data;
    if (guaranteed === undefined) return;
    for (const kept of guaranteed.queue.after(guaranteed.sentSeq)) {
      guaranteed.sentSeq = kept.seq;
      this.#send(socket, keptStatusFrame(kept, guaranteed.subscriptionId));
    }
  }

  /** Gives the number of clients that were asked. */
  sendQuote(request: QuoteRequest, shape: Shape, metadata?: QuoteMetadata): number {
    const frameFor = quoteFrames(shape, request, metadata);
    let reached = 0;
    for (const socket of this.connections) {
      const subscriptionId = hears(socket.data, request);
      if (subscriptionId === undefined) continue;
      reached += 1;
      for (let i = this.#conduct.repeatsQuotes ? 2 : 1; i > 0; i -= 1) this.#send(socket, frameFor(subscriptionId));
    }
    return reached;
  }

  #send(socket: Socket, text: string): void {
    if (!this.#conduct.isSilent) socket.send(text);
  }
}
