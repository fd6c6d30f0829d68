// The generator of the loop bench, a process of its own: it plays the relay. A websocket server that one client subscribes to;
// on demand it sends quote frames on schedule, takes the answers and acknowledges them as the venue does.
// Latency is taken from the moment at which a quote was due, so that a stall counts for every quote that it held up.

import type { ServerWebSocket } from 'bun';
import { lastingTimers } from '../../../../contracts/runtime/clock.ts';
import { within } from '../../../../contracts/runtime/wait.ts';
import { foreignStatus } from '../../../sim/relay/foreign-status.ts';
import { resultFrame, statusFrame } from '../../../sim/relay/frames.ts';
import { type GeneratorReport, type GeneratorRequest, requestCheck } from './protocol.ts';
import { benchQuote, foreignFrame } from './quotes.ts';
import { napUs, sendOnSchedule, sleepThread } from './schedule.ts';
import { createTally, type Tally } from './tally.ts';

type Socket = ServerWebSocket<undefined>;

type Run = {
  readonly tally: Tally;
  /** Called at each first answer. */
  onAnswer(): void;
};

const nowUs = (): number => Bun.nanoseconds() / 1000;

/** Other solvers trade meanwhile: an engine that hears of none for minutes connects again. */
const FOREIGN_TRADE_MS = 10_000;

/** How often a closed loop looks for quotes to which no answer comes any more. */
const REFILL_MS = 250;

const subscribers = new Map<Socket, string>();
const statusSubscribers = new Map<Socket, string>();
let run: Run | null = null;

/** A report is never lost silently: without the parent there is nothing to measure for. */
function report(message: GeneratorReport): void {
  if (process.send === undefined) throw new Error('the generator is started by ./unrip bench, not by hand');
  process.send(message);
}

/** A reply to what a client asked for: the subscription, or the acknowledgement of an answer. An echo asks for nothing. */
function replyTo(socket: Socket, text: string): void {
  const frame: { id?: number; method?: string; params?: unknown } = JSON.parse(text);
  const { id, method } = frame;
  if (id === undefined) return;
  if (method !== 'subscribe') {
    socket.send(resultFrame(id, 'OK'));
    return;
  }
  const subscriptionId = crypto.randomUUID();
  socket.send(resultFrame(id, subscriptionId));
  const stream = Array.isArray(frame.params) ? frame.params[0] : undefined;
  if (stream === 'quote_status') statusSubscribers.set(socket, subscriptionId);
  if (stream !== 'quote') return;
  subscribers.set(socket, subscriptionId);
  report({ kind: 'subscribers', count: subscribers.size });
}

async function perform(request: GeneratorRequest): Promise<void> {
  const [subscriber, ...others] = subscribers;
  if (subscriber === undefined || others.length > 0) {
    throw new Error(`one subscriber is needed, not ${subscribers.size}`);
  }
  const [socket, subscriptionId] = subscriber;
  const { count, pace } = request;
  const tally = createTally(request);
  const ratePerS = pace.kind === 'open' ? pace.ratePerS : null;
  const maker = { ...request, firstAtMs: Date.now(), ratePerS };
  const frameOf = (index: number): string => benchQuote(maker, index).frame(subscriptionId);
  // Each frame is made when the one before it has left: a run of any length holds one.
  let frame = frameOf(0);
  const send = (index: number, dueUs: number): void => {
    tally.sent(index, dueUs);
    sendTo(socket, frame);
    if (index + 1 < count) frame = frameOf(index + 1);
  };
  const context = {
    request,
    tally,
    send,
    sendForeign: (index: number) => sendTo(socket, foreignFrame(index, subscriptionId)),
  };
  const latenessUs = pace.kind === 'open' ? await runOpen(context, pace.ratePerS) : await runClosed(context, pace);
  run = null;
  report({ kind: 'ended' });
  await Bun.write(request.resultFile, JSON.stringify(tally.result(latenessUs)));
  report({ kind: 'written' });
}

function sendTo(socket: Socket, frame: string): void {
  if (socket.send(frame) === 0) throw new Error('the subscriber does not take quotes any more');
}

type Context = {
  readonly request: GeneratorRequest;
  readonly tally: Tally;
  readonly send: (index: number, dueUs: number) => void;
  readonly sendForeign: (index: number) => void;
};

/** @returns how late each quote left */
async function runOpen({ request, tally, send, sendForeign }: Context, ratePerS: number): Promise<readonly number[]> {
  const { count, foreignPerS, patienceMs } = request;
  const latenessUs: number[] = [];
  const complete = Promise.withResolvers<void>();
  run = {
    tally,
    onAnswer() {
      if (tally.isComplete()) complete.resolve();
    },
  };
  const own = {
    count,
    ratePerS,
    send(index: number, dueUs: number): void {
      latenessUs.push(nowUs() - dueUs);
      send(index, dueUs);
    },
  };
  const foreign = { count: Math.floor((count * foreignPerS) / ratePerS), ratePerS: foreignPerS, send: sendForeign };
  const nap = () => napUs(tally.awaited(nowUs()), ratePerS);
  await sendOnSchedule({ streams: [own, foreign], napUs: nap, nowUs, sleepUs: sleepThread });
  await within(lastingTimers, complete.promise, patienceMs);
  return latenessUs;
}

type ClosedPace = Extract<GeneratorRequest['pace'], { kind: 'closed' }>;

/** Nothing is late where nothing is due. */
async function runClosed({ request, tally, send }: Context, { unanswered }: ClosedPace): Promise<readonly number[]> {
  const { count, patienceMs } = request;
  const complete = Promise.withResolvers<void>();
  let sent = 0;
  let patience = setTimeout(complete.resolve, patienceMs);
  const more = (): void => {
    try {
      for (; sent < count && tally.awaited(nowUs()) < unanswered; sent++) send(sent, nowUs());
    } catch (error) {
      complete.reject(error);
    }
  };
  run = {
    tally,
    onAnswer() {
      clearTimeout(patience);
      patience = setTimeout(complete.resolve, patienceMs);
      if (tally.isComplete()) complete.resolve();
      else more();
    },
  };
  more();
  // What is refused is never answered, and others follow it all the same.
  const refill = setInterval(more, REFILL_MS);
  await complete.promise;
  clearInterval(refill);
  clearTimeout(patience);
  return [];
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('Upgrade Required', { status: 426 })),
  websocket: {
    message(socket: Socket, message: string | Buffer) {
      const arrivedUs = nowUs();
      const text = String(message);
      const isAnswer = run?.tally.take(text, arrivedUs) ?? false;
      // The acknowledgement leaves before the next quote of a closed loop.
      replyTo(socket, text);
      if (isAnswer) run?.onAnswer();
    },
    close(socket) {
      statusSubscribers.delete(socket);
      if (run !== null) report({ kind: 'failed', reason: 'the client closed its connection while it was measured' });
      if (subscribers.delete(socket)) report({ kind: 'subscribers', count: subscribers.size });
    },
  },
});

setInterval(() => {
  for (const [socket, subscriptionId] of statusSubscribers) {
    socket.send(statusFrame('event', foreignStatus(), subscriptionId));
  }
}, FOREIGN_TRADE_MS);

process.on('message', (message: unknown) => {
  if (!requestCheck.Check(message)) {
    report({ kind: 'failed', reason: 'a request that is not one' });
    return;
  }
  perform(message).catch((error: unknown) => report({ kind: 'failed', reason: String(error) }));
});
process.on('disconnect', () => process.exit(0));

report({ kind: 'listening', url: `ws://127.0.0.1:${server.port}/ws` });
