// For tests: bytes to a port, and what came back, as no HTTP client would send them.

import { connect, type Socket } from 'node:net';

export type RawConnection = {
  readonly socket: Socket;
  /** What came so far. */
  received(): string;
  /** Resolves when what came has the text as often. */
  until(text: string, times?: number): Promise<string>;
  /** Resolves with everything when the other side has closed. */
  readonly closed: Promise<string>;
};

export async function openRaw(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect({ port, host, allowHalfOpen: true });
  let received = '';
  let onData: () => void = () => {};
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
    onData();
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(received));
    socket.on('error', () => resolve(received));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    received: () => received,
    until: (text, times = 1) =>
      new Promise((resolve, reject) => {
        onData = () => {
          if (received.split(text).length - 1 >= times) resolve(received);
        };
        onData();
        void closed.then(() => reject(new Error(`closed after: ${received}`)));
      }),
    closed,
  };
}

/** Sends the text on a connection of its own; the answer must end the connection. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const connection = await openRaw(port);
  connection.socket.write(Buffer.from(text, 'latin1'));
  return await connection.closed;
}
