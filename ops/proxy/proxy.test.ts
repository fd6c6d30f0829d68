import { afterEach, expect, test } from 'bun:test';
import { startCoinGeckoSim } from '../sim/coingecko/server.ts';
import { startKrakenSim } from '../sim/kraken/server.ts';
import { waitFor } from '../testing/wait.ts';
import { startHttpProxy } from './http-proxy.ts';
import { startSocketProxy } from './socket-proxy.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function throughProxy() {
  const kraken = startKrakenSim();
  const proxy = startSocketProxy(kraken.url);
  const socket = new WebSocket(proxy.url);
  const frames: (string | number)[] = [];
  const closed = Promise.withResolvers<void>();
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => frames.push(typeof data === 'string' ? data : (data as ArrayBuffer).byteLength);
  socket.onclose = () => closed.resolve();
  endings.push(
    () => kraken.close(),
    () => proxy.close(),
    () => socket.close(),
  );
  return { kraken, proxy, socket, frames, closed: closed.promise };
}

const has = (frames: readonly (string | number)[], what: string) =>
  waitFor(() => frames.some((frame) => String(frame).includes(what)), { what: `a frame with ${what}` });

test('a socket proxy passes both ways, changes, injects, and counts what it sent', async () => {
  const { proxy, socket, frames } = throughProxy();
  await has(frames, 'status');
  socket.send('{"method":"ping","req_id":1}');
  await has(frames, 'pong');
  proxy.rewrite((text) => [text.replace('pong', 'gnop'), 'more']);
  socket.send('{"method":"ping","req_id":2}');
  await has(frames, 'gnop');
  await has(frames, 'more');
  expect(proxy.inject(new Uint8Array(3))).toBe(1);
  await waitFor(() => frames.includes(3), { what: 'the binary frame' });
  expect(proxy.sent()).toBe(frames.length);
});

test('a simulator that drops its connections drops those of the proxy', async () => {
  const { kraken, frames, closed } = throughProxy();
  await has(frames, 'status');
  kraken.faults.drop();
  await closed;
});

test('an HTTP proxy passes path and query, and changes answers while asked to', async () => {
  const coingecko = startCoinGeckoSim({ btcEur: '40000' });
  const proxy = startHttpProxy(coingecko.url);
  endings.push(
    () => coingecko.close(),
    () => proxy.close(),
  );
  const ask = async () => await (await fetch(`${proxy.url}/simple/price?ids=bitcoin&vs_currencies=eur`)).text();
  expect(await ask()).toBe('{"bitcoin":{"eur":40000}}');
  proxy.rewrite({ reply: ({ status, body }) => ({ status, body: String(body).replace('40000', '1') }) });
  expect(await ask()).toBe('{"bitcoin":{"eur":1}}');
  proxy.rewrite({ reply: () => null });
  expect(await ask()).toBe('{"bitcoin":{"eur":40000}}');
  expect([proxy.answered(), proxy.changed()]).toEqual([3, 1]);
});
