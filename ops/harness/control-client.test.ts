import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { ControlRefusal, controlClient } from './control-client.ts';

const json = (body: unknown, status = 200): Response => Response.json(body, { status });

function serve(answer: (request: Request) => Response | Promise<Response>) {
  const dir = tempDir('control');
  const tokenFile = join(dir.path, 'control-token');
  writeFileSync(tokenFile, 'the-token\n', { mode: 0o600 });
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return {
    client: controlClient(`http://127.0.0.1:${server.port}`, tokenFile),
    [Symbol.dispose]() {
      server.stop(true);
      dir.remove();
    },
  };
}

test('sends token and body, and gives what comes back', async () => {
  const seen: unknown[] = [];
  using served = serve(async (request) => {
    seen.push([
      request.method,
      new URL(request.url).pathname,
      request.headers.get('authorization'),
      await request.text(),
    ]);
    return json({ done: true });
  });
  expect(await served.client.post('/executor/arm', { fresh_account: true })).toEqual({ done: true });
  expect(await served.client.get('/state')).toEqual({ done: true });
  expect(seen).toEqual([
    ['POST', '/executor/arm', 'Bearer the-token', '{"fresh_account":true}'],
    ['GET', '/state', 'Bearer the-token', ''],
  ]);
});

test('a refusal carries the problem', async () => {
  using served = serve(() => json({ status: 409, title: 'Conflict', detail: 'the journal is young' }, 409));
  const refused = await served.client.post('/executor/arm', {}).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ControlRefusal);
  const message = `POST ${served.client.url}/executor/arm: 409 Conflict: the journal is young`;
  expect(refused).toMatchObject({ status: 409, message });
});

test('waits until it is healthy, and says at the limit what is not', async () => {
  let asked = 0;
  using served = serve(() => (++asked < 3 ? json({ healthy: false, reasons: ['relay_down'] }, 503) : json({})));
  await served.client.waitHealthy('/healthz', 10_000);
  expect(asked).toBe(3);
  asked = Number.NEGATIVE_INFINITY;
  await expect(served.client.waitHealthy('/healthz', 1)).rejects.toThrow(/\/healthz to answer 200; last: relay_down$/);
});

test('does not wait for what does not matter', async () => {
  const bodies = [{ reasons: [] }, { reasons: ['relay_down', 'history_unknown'] }, { reasons: ['history_unknown'] }];
  let asked = 0;
  using served = serve(() => json({ healthy: false, ...bodies[asked++] }, 503));
  await served.client.waitHealthy('/healthz', 10_000, ['history_unknown']);
  expect(asked).toBe(3);
});

test('one lost connection does not fail a reading, a process that is gone does, by name', async () => {
  const lost = { left: 1 };
  using server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket) {
        if (lost.left-- > 0) socket.terminate();
        else socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      },
    },
  });
  using dir = tempDir('control');
  const tokenFile = join(dir.path, 'control-token');
  writeFileSync(tokenFile, 'the-token');
  const client = controlClient(`http://127.0.0.1:${server.port}`, tokenFile);
  expect(await client.get('/state')).toEqual({});
  lost.left = 1;
  await expect(client.post('/strategy/arm', {})).rejects.toThrow('POST http://127.0.0.1:');
  server.stop(true);
  await expect(client.get('/state')).rejects.toThrow(`GET ${client.url}/state: `);
});
