// One connection of a client of the control API: gathers bytes, gives out one request at a time, sends the answers in order.
// Bounded in every respect: the head, the body, what is buffered, and the time that a client takes for each.

import type { Role } from '../../../config/control-tokens.ts';
import { ByteStream, type StreamHandler } from '../events/stream.ts';
import { type Answer, PROBLEMS, type Problem, problemAnswer } from '../problem.ts';
import { BODY_BYTES_MAX, BODY_TOO_LARGE, HEAD_BYTES_MAX, type RequestHead, readHead } from './http.ts';
import type { ConnectionSocket } from './socket.ts';

export type ControlRequest = RequestHead & {
  readonly body: Buffer;
  /** Address of the client. */
  readonly remote: string;
};

/** Instead of an answer: the connection is given to a handler. */
export type Upgrade = {
  readonly status: 101;
  readonly headers: Readonly<Record<string, string>>;
  readonly open: (stream: ByteStream) => StreamHandler;
};

export type ConnectionEvents = {
  /** Of an accepted token in the head, else null; asked before the body is there and before the request waits for its turn. */
  readonly roleOf: (head: RequestHead) => Role | null;
  /** A request is complete; the connection gives no other before `answer`. */
  readonly onRequest: (connection: Connection, request: ControlRequest) => void;
  /** What was sent is no request. */
  readonly onMalformed: (problem: Problem) => void;
};

type ConnectionOptions = ConnectionEvents & {
  readonly socket: ConnectionSocket;
  /** Address of the client. */
  readonly remote: string;
  readonly nowUs: number;
};

/** Beyond this a client that sends ahead is not read until its requests are answered. */
const BUFFER_BYTES_MAX = HEAD_BYTES_MAX + BODY_BYTES_MAX;
/** From the first byte of a request to its last. */
const REQUEST_MS = 10_000;
/** A connection without a request. */
const IDLE_MS = 30_000;
/** A client that does not take its answer. */
const SEND_MS = 10_000;
/** After a refusal the client may finish what it is sending: a reset would take the answer away from it. */
const LINGER_MS = 2000;
const LINGER_BYTES_MAX = 1 << 20;

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** `reading`: a request; `busy`: it is being answered; `sending`: the client takes the answer; `lingering`: see LINGER_MS; `upgraded`: it speaks something else than HTTP. */
type State = 'reading' | 'busy' | 'sending' | 'lingering' | 'upgraded' | 'closed';

export class Connection {
  readonly #socket: ConnectionSocket;
  readonly remote: string;
  readonly #events: ConnectionEvents;
  #state: State = 'reading';
  #sinceUs: number;
  #received: Buffer = NOTHING;
  #searched = 0;
  #head: RequestHead | null = null;
  /** Of the token that the request under way carries. */
  #role: Role | null = null;
  #paused = false;
  #outgoing: Uint8Array = NOTHING;
  #keepAlive = true;
  #lingered = 0;
  #upgraded: { readonly stream: ByteStream; readonly handler: StreamHandler } | null = null;

  constructor({ socket, remote, nowUs, ...events }: ConnectionOptions) {
    this.#socket = socket;
    this.remote = remote;
    this.#sinceUs = nowUs;
    this.#events = events;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** The request under way carries an accepted token. */
  get isTrusted(): boolean {
    return this.#role !== null;
  }

  /**
   * It is not closed to make room for another: an operator uses it, or it follows the events, of which there are few. A viewer
   * could otherwise fill every place with requests that never end, and keep the operators out.
   */
  get isKept(): boolean {
    return this.#role === 'operator' || this.#state === 'upgraded';
  }

  /** Microseconds since it last changed its state. */
  ageUs(nowUs: number): number {
    return nowUs - this.#sinceUs;
  }

  take(bytes: Buffer, nowUs: number): void {
    if (this.#state === 'closed') return;
    if (this.#upgraded !== null) {
      this.#upgraded.handler.take(bytes);
      return;
    }
    if (this.#state === 'lingering') {
      this.#lingered += bytes.length;
      if (this.#lingered > LINGER_BYTES_MAX) this.terminate();
      return;
    }
    if (this.#received.length === 0 && this.#state === 'reading') this.#sinceUs = nowUs;
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.#state === 'reading') this.#read(nowUs);
    if (this.#received.length > BUFFER_BYTES_MAX && this.#state !== 'reading') this.#pause();
  }

  /** @param close no further request is taken from this client */
  answer(answer: Answer, nowUs: number, { headOnly = false, close = false } = {}): void {
    if (this.#state === 'closed' || this.#state === 'lingering') return;
    if (close) this.#keepAlive = false;
    this.#role = null;
    this.#state = 'sending';
    this.#sinceUs = nowUs;
    this.#outgoing = bytesOf(answer, headOnly, this.#keepAlive);
    this.drain(nowUs);
  }

  /** Answers with 101: from here on the connection speaks what the handler does. It is not closed to make room. */
  upgrade({ headers, open }: Upgrade, nowUs: number): void {
    if (this.#state !== 'busy') return;
    this.#state = 'upgraded';
    this.#sinceUs = nowUs;
    const stream = new ByteStream(this.#socket);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    stream.write(Buffer.from(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`, 'latin1'));
    const handler = open(stream);
    this.#upgraded = { stream, handler };
    const early = this.#received;
    this.#received = NOTHING;
    this.#resume();
    if (early.length > 0) handler.take(early);
  }

  /** The socket takes bytes again. */
  drain(nowUs: number): void {
    this.#upgraded?.stream.drain();
    if (this.#state !== 'sending') return;
    const taken = this.#socket.write(this.#outgoing);
    if (taken < 0) {
      this.terminate();
      return;
    }
    this.#outgoing = this.#outgoing.subarray(taken);
    if (this.#outgoing.length > 0) return;
    this.#sinceUs = nowUs;
    if (!this.#keepAlive) {
      this.#linger();
      return;
    }
    this.#state = 'reading';
    this.#head = null;
    this.#searched = 0;
    this.#read(nowUs);
    if (this.#state === 'reading') this.#resume();
  }

  /** Ends what takes too long. Called about once a second. */
  checkAge(nowUs: number): void {
    this.#upgraded?.handler.checkAge();
    const ageMs = this.ageUs(nowUs) / 1000;
    if (this.#state === 'reading' && this.#received.length > 0 && ageMs > REQUEST_MS) {
      this.#refuse(PROBLEMS.tooSlow, nowUs);
    } else if (this.#state === 'reading' && this.#received.length === 0 && ageMs > IDLE_MS) {
      this.terminate();
    } else if (this.#state === 'sending' && ageMs > SEND_MS) {
      this.terminate();
    } else if (this.#state === 'lingering' && ageMs > LINGER_MS) {
      this.terminate();
    }
  }

  /** The client has ended its direction: what it asked before is still answered. */
  ended(): void {
    this.#keepAlive = false;
    // Not at once: the last answer may still be on its way to a client that has nothing more to ask.
    if (this.#state === 'reading' || this.#state === 'lingering') this.#close();
    else if (this.#state === 'upgraded') this.terminate();
  }

  /** No further request; closes now, or when the answer under way has left. */
  finish(): void {
    this.#keepAlive = false;
    this.#upgraded?.handler.finish();
    if (this.#state === 'reading' || this.#state === 'lingering') this.terminate();
  }

  terminate(): void {
    if (this.#state === 'closed') return;
    this.closed();
    this.#socket.terminate();
  }

  #close(): void {
    this.closed();
    this.#socket.end();
  }

  /** The socket is gone. */
  closed(): void {
    this.#state = 'closed';
    this.#upgraded?.handler.closed();
    this.#upgraded = null;
    this.#received = NOTHING;
    this.#outgoing = NOTHING;
  }

  #read(nowUs: number): void {
    if (this.#head === null) {
      // An empty line before a request is passed over, once: some clients end a body with one.
      if (this.#received.length >= 2 && this.#received[0] === 13 && this.#received[1] === 10)
        this.#received = this.#received.subarray(2);
      if (this.#received.length === 0) return;
      const read = readHead(this.#received, this.#searched);
      this.#searched = this.#received.length;
      if (read.kind === 'incomplete') return;
      if (read.kind === 'refused') {
        this.#refuse(read.problem, nowUs);
        return;
      }
      this.#head = read.head;
      this.#role = this.#events.roleOf(read.head);
      this.#received = this.#received.subarray(read.bytes);
      if (read.head.contentLength > BODY_BYTES_MAX) {
        this.#refuse(BODY_TOO_LARGE, nowUs);
        return;
      }
      if (read.head.expectsContinue && this.#received.length < read.head.contentLength) this.#socket.write(CONTINUE);
    }
    const head = this.#head;
    if (this.#received.length < head.contentLength) return;
    const body = this.#received.subarray(0, head.contentLength);
    this.#received = this.#received.subarray(head.contentLength);
    this.#state = 'busy';
    this.#sinceUs = nowUs;
    if (!head.keepAlive) this.#keepAlive = false;
    this.#events.onRequest(this, { ...head, body, remote: this.remote });
  }

  #refuse(problem: Problem, nowUs: number): void {
    this.#events.onMalformed(problem);
    this.answer(problemAnswer(problem), nowUs, { close: true });
  }

  #linger(): void {
    this.#state = 'lingering';
    this.#received = NOTHING;
    this.#resume();
    this.#socket.shutdown();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }
}

function bytesOf(answer: Answer, headOnly: boolean, keepAlive: boolean): Uint8Array {
  const body = Buffer.from(answer.body);
  const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `HTTP/1.1 ${answer.status} ${REASONS[answer.status] ?? 'Other'}\r\n${lines.join('')}` +
    `content-length: ${body.length}\r\n${keepAlive ? '' : 'connection: close\r\n'}\r\n`;
  return headOnly ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  202: 'Accepted',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};
