// The network of the simulated machine: servers that `Bun.serve` starts, and the two ways of reaching them, `fetch` and websockets.
// Every message takes a while, in the order of each connection. What can go wrong on the way is set by port.

import type { Random } from './random.ts';
import type { Owner, Schedule } from './schedule.ts';

/** What happens to a request on its way; null: nothing. */
export type HttpFault =
  | { readonly kind: 'refused' }
  /** No answer ever comes. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Answered with success on the way: the server does not hear of it. */
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The body is another one. */
  | { readonly kind: 'altered'; readonly alter: (body: string) => string };

export const LOST: HttpFault = { kind: 'lost' };
export const REFUSED: HttpFault = { kind: 'refused' };

/** Conduct of all that listens on one port. */
export type Line = {
  /** Asked for each request. */
  http: (path: string, body: string) => HttpFault | null;
  /** Asked for each upgrade. */
  upgrade: () => HttpFault | null;
  /** What arrives at the client of a text that the server sent; null: nothing. */
  down: (text: string) => string | Uint8Array | null;
  /** What arrives at the server of a text that a client sent; null: nothing. */
  up: (text: string) => string | null;
  /** Sockets stay open, and nothing passes any more. */
  isDead: boolean;
  /** The other side has stopped reading: what a client sends stays with it. */
  isUnread: boolean;
  /** Nothing listens. */
  isOff: boolean;
  latencyUs: () => number;
};

/** Who looks at what passes. */
export type Tap = {
  /** Before it leaves the process: an engine that is killed here has not sent it. False: it does not leave. */
  sent(port: number, text: string, from: Owner): boolean;
  /** When it is read by the process. */
  delivered(port: number, text: string): void;
  answered(port: number, request: string, answer: string): void;
};

type ServeOptions = {
  readonly port?: number;
  fetch(request: VirtualRequest, server: VirtualServer): unknown;
  readonly websocket?: {
    open?(socket: ServerSocket): void;
    message(socket: ServerSocket, message: string): void;
    pong?(socket: ServerSocket): void;
    close?(socket: ServerSocket): void;
  };
};

type VirtualRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  json(): Promise<unknown>;
  text(): Promise<string>;
};

type VirtualServer = {
  readonly port: number;
  upgrade(request: VirtualRequest, options: { readonly data: unknown }): boolean;
  stop(): Promise<void>;
};

/** As much of a response as is used; body and all. */
export class VirtualResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly #text: string;

  constructor(
    body: string | Uint8Array | null = null,
    init: { status?: number; headers?: Record<string, string> } = {},
  ) {
    this.status = init.status ?? 200;
    this.headers = new Headers(init.headers ?? {});
    this.#text = typeof body === 'string' ? body : new TextDecoder().decode(body ?? new Uint8Array());
  }

  static json(value: unknown, init: { status?: number } = {}): VirtualResponse {
    return new VirtualResponse(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json' } });
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get body(): AsyncIterable<Uint8Array> {
    const text = this.#text;
    return {
      async *[Symbol.asyncIterator]() {
        yield new TextEncoder().encode(text);
      },
    };
  }

  async text(): Promise<string> {
    return this.#text;
  }
}

/** The server's end of a websocket. */
export class ServerSocket {
  readonly data: unknown;
  readonly #client: ClientEnd;

  constructor(data: unknown, client: ClientEnd) {
    this.data = data;
    this.#client = client;
  }

  send(text: string): number {
    this.#client.down(text);
    return text.length;
  }

  ping(): void {
    this.#client.pong();
  }

  close(): void {
    this.#client.end(1000);
  }

  terminate(): void {
    this.#client.end(1006);
  }
}

type Client = { readonly owner: Owner; orphaned(): void };

type ClientEnd = { down(text: string): void; pong(): void; end(code: number): void };

const decoder = new TextDecoder();

export class Network {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #servers = new Map<number, ServeOptions>();
  readonly #lines = new Map<number, Line>();
  #nextPort = 40_000;
  readonly #clients = new Set<Client>();
  tap: Tap = { sent: () => true, delivered: () => {}, answered: () => {} };

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule;
    this.#random = random;
  }

  get schedule(): Schedule {
    return this.#schedule;
  }

  line(port: number): Line {
    const known = this.#lines.get(port);
    if (known !== undefined) return known;
    const line: Line = {
      http: () => null,
      upgrade: () => null,
      down: (text) => text,
      up: (text) => text,
      isDead: false,
      isUnread: false,
      isOff: false,
      latencyUs: () => this.#random.between(2_000, 12_000),
    };
    this.#lines.set(port, line);
    return line;
  }

  serve(options: ServeOptions): VirtualServer {
    const port = options.port === undefined || options.port === 0 ? this.#nextPort++ : options.port;
    this.#servers.set(port, options);
    return { port, upgrade: () => false, stop: async () => void this.#servers.delete(port) };
  }

  /** A websocket of a process. */
  opened(client: Client): void {
    this.#clients.add(client);
  }

  closed(client: Client): void {
    this.#clients.delete(client);
  }

  /** The process is gone: the servers at the other ends of its sockets learn of it. */
  processEnded(owner: Owner): void {
    for (const client of [...this.#clients]) if (client.owner === owner) client.orphaned();
  }

  server(port: number): ServeOptions | undefined {
    return this.#servers.get(port);
  }

  /** Hands a request to the server, in its own process. */
  request(port: number, request: VirtualRequest, upgraded: (data: unknown) => void): Promise<VirtualResponse | null> {
    const server = this.#servers.get(port);
    if (server === undefined) return Promise.resolve(null);
    let isUpgraded = false;
    const handle: VirtualServer = {
      port,
      upgrade(_request, { data }) {
        isUpgraded = true;
        upgraded(data);
        return true;
      },
      stop: async () => {},
    };
    const answer = Promise.resolve(server.fetch(request, handle));
    return answer.then((response) => (isUpgraded ? null : (response as VirtualResponse)));
  }

  fetch(address: string, init: FetchInit): Promise<VirtualResponse> {
    const url = new URL(address);
    const port = Number(url.port);
    const body = init.body ?? '';
    const request = requestOf(address, init, body);
    const owner = this.#schedule.current;
    const line = this.line(port);
    const answer = Promise.withResolvers<VirtualResponse>();
    const fail = (code: string): void =>
      answer.reject(Object.assign(new Error(code), { code, name: code === 'ABORT_ERR' ? 'AbortError' : code }));
    const later = (us: number, run: () => void): void => void this.#schedule.after(us, run, owner);
    init.signal?.addEventListener('abort', () => fail('ABORT_ERR'), { once: true });
    if (!this.tap.sent(port, body, owner)) return answer.promise;
    const fault = line.isDead ? LOST : line.isOff ? REFUSED : line.http(url.pathname, body);
    const deliver = (response: VirtualResponse): void => {
      if (line.isDead) return;
      later(line.latencyUs(), () => {
        void response.text().then((text) => {
          const seen = fault?.kind === 'altered' ? fault.alter(text) : text;
          this.tap.answered(port, body, seen);
          const headers = Object.fromEntries(response.headers.entries());
          answer.resolve(new VirtualResponse(seen, { status: response.status, headers }));
        });
      });
    };
    if (fault?.kind === 'lost') return answer.promise;
    if (fault?.kind === 'refused' || !this.#servers.has(port)) {
      later(line.latencyUs(), () => fail('ConnectionRefused'));
    } else if (fault?.kind === 'status') {
      deliver(new VirtualResponse('refused', { status: fault.status, headers: { ...fault.headers } }));
    } else if (fault?.kind === 'said') {
      deliver(new VirtualResponse(fault.text));
    } else {
      const slowUs = fault?.kind === 'slow' ? fault.ms * 1000 : 0;
      this.#schedule.after(
        line.latencyUs() + slowUs,
        () => {
          void this.request(port, request, () => {}).then((response) => {
            if (response === null) later(line.latencyUs(), () => fail('ConnectionClosed'));
            else deliver(response);
          });
        },
        this.#schedule.world,
      );
    }
    return answer.promise;
  }
}

export type FetchInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
};

export function requestOf(url: string, init: FetchInit, body: string): VirtualRequest {
  return {
    url,
    method: init.method ?? 'GET',
    headers: new Headers(init.headers ?? {}),
    json: async () => JSON.parse(body),
    text: async () => body,
  };
}

export const textOf = (data: string | Uint8Array): string => (typeof data === 'string' ? data : decoder.decode(data));
