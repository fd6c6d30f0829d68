import { describe, expect, test } from 'bun:test';
import net from 'node:net';
import postgres from 'postgres';
import './preload.ts';
import { hostOfUrl, isLoopback } from './loopback.ts';

describe('what counts as loopback', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'relay.localhost'])('%s does', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  test.each(['10.0.0.1', '0.0.0.0', '127.0.0.1.example', 'example.invalid', '', '128.0.0.1'])('%p does not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
  test('brackets of IPv6 are not part of the host', () => {
    expect(hostOfUrl('http://[::1]:80/')).toBe('::1');
  });
});

describe('the guard refuses what leads away', () => {
  const refusal = /tests talk to loopback only/;

  test('fetch', async () => {
    await expect(fetch('https://kraken.invalid/')).rejects.toThrow(refusal);
    await expect(fetch(new Request('https://kraken.invalid/'))).rejects.toThrow(refusal);
  });
  test('WebSocket', () => {
    expect(() => new WebSocket('wss://relay.invalid/ws')).toThrow(refusal);
  });
  test('Bun.connect', () => {
    expect(() => Bun.connect({ hostname: 'relay.invalid', port: 443, socket: { data() {} } })).toThrow(refusal);
  });
  test('node:net', async () => {
    for (const open of [
      () => net.connect(5432, 'db.invalid'),
      () => net.connect({ host: 'db.invalid', port: 5432 }),
      () => new net.Socket().connect(5432, 'db.invalid'),
    ]) {
      const failed = Promise.withResolvers<Error>();
      open().once('error', failed.resolve);
      expect((await failed.promise).message).toMatch(refusal);
    }
  });
  test('the PostgreSQL client', async () => {
    const sql = postgres('postgres://u:p@db.invalid:5432/d', { max: 1, connect_timeout: 1 });
    await expect(Promise.resolve(sql`select 1`)).rejects.toThrow(refusal);
    await sql.end({ timeout: 0 });
  });
});

test('loopback stays open to fetch, WebSocket, Bun.connect and node:net', async () => {
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('here')),
    websocket: { open: (socket) => void socket.send('hello'), message() {} },
  });
  expect(await (await fetch(server.url)).text()).toBe('here');

  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  const greeting = Promise.withResolvers<unknown>();
  socket.onmessage = (event) => greeting.resolve(event.data);
  expect(await greeting.promise).toBe('hello');
  socket.close();

  const port = server.port ?? 0;
  (await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } })).end();
  const connected = Promise.withResolvers<void>();
  const plain = net.connect(port, '127.0.0.1', () => connected.resolve());
  await connected.promise;
  plain.destroy();
});
