// A process that a judge may end by a call of its own: behind a port that stays, one that has ended is started again, and
// connections wait for it.

import net from 'node:net';
import type { Part } from '../harness/part.ts';

const RETRY_MS = 100;
const WAIT_MS = 60_000;

/** What a process is here for. */
export type Listening = Pick<Part, 'exited'> & { readonly url: string };

export type Restarting = {
  readonly url: string;
  /** How often it was started again. */
  restarts(): number;
  /** Leaves the process that runs to its owner. */
  close(): void;
};

/** @param start starts another, once the one before has ended */
export async function keepRunning(first: Listening, start: () => Promise<Listening>): Promise<Restarting> {
  let current = first;
  let restarts = 0;
  let closed = false;
  const watch = (service: Listening): void => {
    void service.exited.then(async () => {
      if (closed) return;
      restarts += 1;
      current = await start();
      watch(current);
    });
  };
  watch(first);

  const reach = async (client: net.Socket): Promise<void> => {
    const endMs = performance.now() + WAIT_MS;
    while (!closed && !client.destroyed && performance.now() < endMs) {
      const upstream = await connected(Number(new URL(current.url).port));
      if (upstream !== null) {
        joined(client, upstream);
        return;
      }
      await Bun.sleep(RETRY_MS);
    }
    client.destroy();
  };
  const server = net.createServer((client) => {
    client.on('error', () => client.destroy());
    void reach(client);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    restarts: () => restarts,
    close() {
      closed = true;
      server.close();
    },
  };
}

/** null: nobody listens. */
async function connected(port: number): Promise<net.Socket | null> {
  const outcome = Promise.withResolvers<net.Socket | null>();
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => outcome.resolve(socket));
  socket.on('error', () => outcome.resolve(null));
  return await outcome.promise;
}

function joined(client: net.Socket, upstream: net.Socket): void {
  client.pipe(upstream).pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
}
