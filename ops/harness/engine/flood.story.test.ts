// Clients that do their worst to the control API of an engine whose standard error nobody reads: it goes on answering quotes,
// an operator gets through, and it ends in order.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { waitFor } from '../../testing/wait.ts';
import { type EngineChild, startChild } from './child.fixture.ts';
import { makeSetting } from './engine.fixture.ts';

const LIMIT_MS = 120_000;
const WAIT = { limitMs: 30_000 };
const CLIENTS = 60;
const QUOTES = 40;

let engine: EngineChild;
const clients: Socket[] = [];

beforeAll(async () => {
  engine = await startChild(makeSetting(machineClock, {}, { LOG_LEVEL: 'silent' }), 'pipe');
  await engine.call('POST', '/strategy/arm', { for_minutes: 10 });
  await engine.call('POST', '/executor/arm', { for_minutes: 10, fresh_account: true });
}, LIMIT_MS);

afterAll(async () => {
  for (const client of clients) client.destroy();
  await engine.close();
}, LIMIT_MS);

const portOf = () => Number(new URL(engine.url).port);

/** Sends the text again and again, as fast as the other side takes it; starts over when it is let go. */
function flood(text: string): void {
  const socket = connect(portOf(), '127.0.0.1');
  const many = text.repeat(100);
  const send = () => {
    while (!socket.destroyed && socket.write(many));
  };
  socket.on('connect', send);
  socket.on('drain', send);
  socket.on('data', () => {});
  socket.on('error', () => {});
  clients.push(socket);
}

const answersTo = (prefix: string) =>
  engine.setting.world.relay.answers().filter(({ quoteId }) => quoteId.startsWith(prefix)).length;

/** Asks under new ids until one is answered. */
async function untilAnswered(prefix: string): Promise<void> {
  let asked = 0;
  await waitFor(
    () => {
      engine.setting.ask(`${prefix}-${++asked}`);
      return waitFor(() => answersTo(prefix) > 0, { what: prefix, limitMs: 500 }).catch(() => null);
    },
    { what: `an answer to ${prefix}`, ...WAIT },
  );
}

test(
  'an engine under a flood of every kind of request answers quotes, takes a disarm, and drains on SIGTERM',
  async () => {
    await untilAnswered('before');
    const authorized = `Host: localhost\r\nAuthorization: Bearer ${engine.token}\r\n\r\n`;
    const kinds = [
      'GET /livez HTTP/1.1\r\nHost: a b[:\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n',
      'GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n',
      `GET /state HTTP/1.1\r\n${authorized}`,
      `GET /metrics HTTP/1.1\r\n${authorized}`,
      `GET /openapi HTTP/1.1\r\n${authorized}`,
      `POST /reference/resume HTTP/1.1\r\n${authorized}`,
      `PUT /strategy/limits HTTP/1.1\r\nContent-Length: 1\r\n${authorized}{`,
    ];
    for (let client = 0; client < CLIENTS; client++) flood(kinds[client % kinds.length] ?? '');
    await waitFor(() => clients.every(({ bytesWritten }) => bytesWritten > 100_000), { what: 'the flood', ...WAIT });

    // Not each of them: the disk of a busy machine can be late, and then nothing is signed for a moment.
    let asked = 0;
    const isAnswered = () => {
      engine.setting.ask(`during-${++asked}`);
      return answersTo('during') >= QUOTES;
    };
    await waitFor(isAnswered, { what: 'the answers under the flood', ...WAIT });

    for (const part of ['executor', 'strategy'])
      expect((await engine.call('POST', `/${part}/disarm`)).status).toBe(200);
    const health = await engine.call('GET', '/healthz');
    expect(await health.json()).toMatchObject({ trading: false });

    engine.child.kill('SIGTERM');
    expect(await engine.child.exited).toBe(0);
  },
  LIMIT_MS,
);
