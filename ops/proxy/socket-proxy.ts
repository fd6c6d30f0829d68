// A websocket proxy on loopback between a process and one simulator: frames to the process can be changed, left out, or
// joined by others, and every frame that left is counted. Frames from the process pass as they are.

import type { ServerWebSocket } from 'bun';

export type SocketFrame = string | Uint8Array<ArrayBuffer>;

export type SocketProxy = {
  /** Takes the place of the simulator's URL. */
  readonly url: string;
  /** What goes to the process in place of a frame; null: the frame as it came. */
  rewrite(by: ((text: string) => readonly SocketFrame[]) | null): void;
  /** Sends a frame of its own to every connected process; gives how many there are. */
  inject(frame: SocketFrame): number;
  /** Called with each frame of the simulator before anything is changed. */
  onFrame(listener: (text: string) => void): void;
  /** Frames that were sent to the process, with its own and the injected ones. */
  sent(): number;
  connections(): number;
  close(): Promise<void>;
};

type Link = { upstream: WebSocket | null; readonly unsent: string[] };
type Client = ServerWebSocket<Link>;

/** Starts it in front of the simulator at `target`. */
export function startSocketProxy(target: string): SocketProxy {
  const { pathname } = new URL(target);
  const clients = new Set<Client>();
  let by: ((text: string) => readonly SocketFrame[]) | null = null;
  let listener: (text: string) => void = () => {};
  let sent = 0;

  function deliver(client: Client, frame: SocketFrame): void {
    // What it gives for an empty frame is the same as for a failure.
    if (client.readyState !== WebSocket.OPEN) return;
    client.send(frame);
    sent += 1;
  }

  function connect(client: Client): void {
    const upstream = new WebSocket(target);
    client.data.upstream = upstream;
    upstream.onopen = () => {
      for (const text of client.data.unsent.splice(0)) upstream.send(text);
    };
    upstream.onmessage = ({ data }) => {
      const text = String(data);
      listener(text);
      for (const frame of by?.(text) ?? [text]) deliver(client, frame);
    };
    // A simulator that refuses or cuts the connection does so to the process.
    upstream.onclose = () => client.terminate();
  }

  const server = Bun.serve<Link>({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) =>
      self.upgrade(request, { data: { upstream: null, unsent: [] } })
        ? undefined
        : new Response('Upgrade Required', { status: 426 }),
    websocket: {
      open(client) {
        clients.add(client);
        connect(client);
      },
      message(client, message) {
        const text = typeof message === 'string' ? message : message.toString('utf8');
        const { upstream, unsent } = client.data;
        if (upstream?.readyState === WebSocket.OPEN) upstream.send(text);
        else unsent.push(text);
      },
      close(client) {
        clients.delete(client);
        client.data.upstream?.close();
      },
    },
  });

  return {
    url: `ws://127.0.0.1:${server.port}${pathname}`,
    rewrite(next) {
      by = next;
    },
    inject(frame) {
      for (const client of clients) deliver(client, frame);
      return clients.size;
    },
    onFrame(next) {
      listener = next;
    },
    sent: () => sent,
    connections: () => clients.size,
    close: () => server.stop(true),
  };
}
