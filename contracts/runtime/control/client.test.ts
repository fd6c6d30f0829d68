import { expect, test } from 'bun:test';
import { createControlClient } from './client.ts';

function serve(answer: (request: Request) => Response | Promise<Response>, timeLimitMs = 10_000) {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return {
    client: createControlClient({ url: `http://127.0.0.1:${server.port}`, token: 'the-token', timeLimitMs }),
    [Symbol.dispose]: () => void server.stop(true),
  };
}

const problem = (status: number): Response =>
  Response.json({ status, title: 'Conflict', detail: 'the journal is young' }, { status });

test('each method carries the token and its body', async () => {
  const seen: unknown[] = [];
  using served = serve(async (request) => {
    const { method, headers } = request;
    seen.push([method, new URL(request.url).pathname, headers.get('authorization'), await request.text()]);
    return Response.json({ at: 1 });
  });
  const done = { kind: 'done', status: 200, answer: { at: 1 } } as const;
  expect(await served.client.get('/state')).toEqual(done);
  expect(await served.client.post('/executor/arm', { forever: true })).toEqual(done);
  expect(await served.client.put('/log/level', { level: 'debug' })).toEqual(done);
  expect(seen).toEqual([
    ['GET', '/state', 'Bearer the-token', ''],
    ['POST', '/executor/arm', 'Bearer the-token', '{"forever":true}'],
    ['PUT', '/log/level', 'Bearer the-token', '{"level":"debug"}'],
  ]);
});

test('an answer that is not JSON is its text', async () => {
  using served = serve(() => new Response('unrip_up 1\n'));
  expect(await served.client.get('/metrics')).toEqual({ kind: 'done', status: 200, answer: 'unrip_up 1\n' });
});

test.each([
  { status: 400, kind: 'refused' },
  { status: 409, kind: 'refused' },
  { status: 499, kind: 'refused' },
  { status: 500, kind: 'unknown' },
  { status: 503, kind: 'unknown' },
] as const)('$status: $kind', async ({ status, kind }) => {
  using served = serve(() => problem(status));
  const detail = 'Conflict: the journal is young';
  expect(await served.client.post('/executor/arm', {})).toMatchObject({ kind, status, detail });
});

test('nothing is known when no answer comes: it takes too long, is too large, or the process is gone', async () => {
  using hanging = serve(() => new Promise<Response>(() => {}), 20);
  expect(await hanging.client.post('/executor/arm', {})).toMatchObject({ kind: 'unknown', status: null });
  using large = serve(() => new Response('x'.repeat(1_100_000)));
  expect(await large.client.get('/state')).toMatchObject({ kind: 'unknown', status: null });
  const gone = serve(() => new Response(''));
  gone[Symbol.dispose]();
  const result = await gone.client.get('/state');
  expect(result).toMatchObject({ kind: 'unknown', status: null });
  expect(result.kind === 'unknown' && result.detail).toContain('ECONNREFUSED');
});
