// Loaded before every test file. Forbids connections beyond loopback, so that a forgotten real URL fails with its name
// instead of trading, and hands the seed of the run to fast-check.
// Out of reach: native code, such as the Kafka addon, which gets its addresses from the test.

import net from 'node:net';
import { configureGlobal } from 'fast-check';
import { assertLoopback, hostOfUrl, isLoopback, refusalOf } from './loopback.ts';

const seed = process.env['UNRIP_TEST_SEED'];
if (seed !== undefined) configureGlobal({ seed: Number(seed) });

const realFetch = globalThis.fetch;
const guardedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const unix = (init as { unix?: string } | undefined)?.unix;
  if (unix === undefined) assertLoopback(hostOfUrl(input instanceof Request ? input.url : input));
  return await realFetch(input, init);
};
globalThis.fetch = Object.assign(guardedFetch, { preconnect: realFetch.preconnect });

globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
  construct(target, args: [string | URL], newTarget) {
    assertLoopback(hostOfUrl(args[0]));
    return Reflect.construct(target, args, newTarget) as WebSocket;
  },
});

const realConnect = Bun.connect;
Bun.connect = ((options: { hostname?: string; unix?: string }) => {
  if (options.unix === undefined) assertLoopback(options.hostname ?? 'localhost');
  return realConnect(options as never);
}) as typeof Bun.connect;

// What is built on node:net, such as the PostgreSQL client: the refusal arrives like any other failed connection.
const realSocketConnect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const host = hostOfConnect(args);
  if (host !== null && !isLoopback(host)) return this.destroy(new Error(refusalOf(host)));
  return Reflect.apply(realSocketConnect, this, args) as net.Socket;
} as typeof realSocketConnect;

/** From `connect(port, host)`, `connect(options)`, and the list of either that `net.connect` hands over. */
function hostOfConnect(args: readonly unknown[]): string | null {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === 'object' && first !== null) return (first as { host?: string }).host ?? null;
  return typeof second === 'string' ? second : null;
}
