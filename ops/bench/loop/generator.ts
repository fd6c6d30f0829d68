// The generator of the loop bench, a process of its own: it plays the relay. A websocket server that one client subscribes to;
// on demand it sends quote frames on schedule, takes the answers and acknowledges them as the venue does.
// Latency is taken from the moment at which a quote was due, so that a stall counts for every quote that it held up.
// An answer is only stamped and kept while a run goes on; whether it is a good one is looked at afterwards, by the bench.

import type { ServerWebSocket } from 'bun';
import { lastingTimers } from '../../../contracts/runtime/clock.ts';
import { within } from '../../../contracts/runtime/wait.ts';
import { resultFrame } from '../../sim/relay/frames.ts';
import { type GeneratorReport, type GeneratorRequest, type RunResult, requestCheck } from './protocol.ts';
import { type BenchQuote, benchQuote } from './quotes.ts';
import { sendOnSchedule, sleepThread } from './schedule.ts';

type Socket = ServerWebSocket<undefined>;

type Run = {
  readonly indexes: ReadonlyMap<string, number>;
  readonly duesUs: Float64Array;
  readonly latenciesUs: Float64Array;
  readonly answers: string[];
  missing: number;
  repeated: number;
  foreign: number;
  readonly complete: PromiseWithResolvers<void>;
};

const UNANSWERED = -1;
const QUOTE_ID = '"quote_id":"';
const nowUs = (): number => Bun.nanoseconds() / 1000;

const subscribers = new Map<Socket, string>();
let run: Run | null = null;

/** A report is never lost silently: without the parent there is nothing to measure for. */
function report(message: GeneratorReport): void {
  if (process.send === undefined) throw new Error('the generator is started by ./unrip bench, not by hand');
  process.send(message);
}

/** The text between the quotes behind the first `"quote_id":"`; null when there is none. */
function quoteIdOf(text: string): string | null {
  const at = text.indexOf(QUOTE_ID);
  if (at < 0) return null;
  const start = at + QUOTE_ID.length;
  const end = text.indexOf('"', start);
  return end < 0 ? null : text.slice(start, end);
}

function take(current: Run, text: string, arrivedUs: number): void {
  const index = current.indexes.get(quoteIdOf(text) ?? '');
  if (index === undefined) {
    current.foreign += 1;
  } else if (current.answers[index] !== '') {
    current.repeated += 1;
  } else {
    current.answers[index] = text;
    current.latenciesUs[index] = arrivedUs - (current.duesUs[index] ?? 0);
    current.missing -= 1;
    if (current.missing === 0) current.complete.resolve();
  }
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
  if (stream !== 'quote') return;
  subscribers.set(socket, subscriptionId);
  report({ kind: 'subscribers', count: subscribers.size });
}

async function perform(request: GeneratorRequest): Promise<RunResult> {
  const [subscriber, ...others] = subscribers;
  if (subscriber === undefined || others.length > 0) {
    throw new Error(`one subscriber is needed, not ${subscribers.size}`);
  }
  const [socket, subscriptionId] = subscriber;
  const { count, ratePerS, patienceMs } = request;
  const maker = { ...request, firstAtMs: Date.now() };
  const quotes: BenchQuote[] = Array.from({ length: count }, (_, index) => benchQuote(maker, index));
  const frames = quotes.map((quote) => quote.frame(subscriptionId));
  const latenessUs: number[] = [];
  const current: Run = {
    indexes: new Map(quotes.map((quote, index) => [quote.quoteId, index])),
    duesUs: new Float64Array(count),
    latenciesUs: new Float64Array(count).fill(UNANSWERED),
    answers: Array.from({ length: count }, () => ''),
    missing: count,
    repeated: 0,
    foreign: 0,
    complete: Promise.withResolvers<void>(),
  };
  run = current;
  await sendOnSchedule({
    count,
    ratePerS,
    nowUs,
    sleepUs: sleepThread,
    isQuiet: () => current.missing === count - latenessUs.length,
    send(index, dueUs) {
      current.duesUs[index] = dueUs;
      latenessUs.push(nowUs() - dueUs);
      if (socket.send(frames[index] ?? '') === 0) throw new Error('the subscriber does not take quotes any more');
    },
  });
  await within(lastingTimers, current.complete.promise, patienceMs);
  run = null;
  const { repeated, foreign, answers } = current;
  return { kind: 'result', latenciesUs: [...current.latenciesUs], latenessUs, answers, repeated, foreign };
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('Upgrade Required', { status: 426 })),
  websocket: {
    message(socket: Socket, message: string | Buffer) {
      const arrivedUs = nowUs();
      const text = String(message);
      if (run !== null) take(run, text, arrivedUs);
      replyTo(socket, text);
    },
    close(socket) {
      if (subscribers.delete(socket)) report({ kind: 'subscribers', count: subscribers.size });
    },
  },
});

process.on('message', (message: unknown) => {
  if (!requestCheck.Check(message)) {
    report({ kind: 'failed', reason: 'a request that is not one' });
    return;
  }
  perform(message).then(report, (error: unknown) => report({ kind: 'failed', reason: String(error) }));
});
process.on('disconnect', () => process.exit(0));

report({ kind: 'listening', url: `ws://127.0.0.1:${server.port}/ws` });
