// A server that takes the connection and never answers: the store gives up in time and says that it is away.

import { expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { troubleOf } from '../../contracts/runtime/postgres/database.ts';
import { chunksOf, Store } from './store.ts';

test('a server that does not answer is left', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const store = new Store({
    url: `postgres://unrip@127.0.0.1:${port}/unrip`,
    group: 'group',
    owner: 'me',
    topicPrefix: '',
    answerTimeoutMs: 100,
  });
  const error: unknown = await store.ping().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(troubleOf(error)).toMatchObject({ kind: 'unreachable', message: 'PostgreSQL did not answer within 100 ms' });
  await store.close();
  server.close();
});

test('a statement holds a bounded number of rows and characters, and every row is in one', () => {
  const row = (chars: number) => ['x'.repeat(chars), null];
  const lengths = (rows: readonly ReturnType<typeof row>[]) => chunksOf(rows).map((chunk) => chunk.length);
  expect(lengths([])).toEqual([]);
  expect(lengths(Array.from({ length: 2001 }, () => row(1)))).toEqual([1000, 1000, 1]);
  expect(lengths(Array.from({ length: 9 }, () => row(1_048_576)))).toEqual([4, 4, 1]);
  expect(lengths([row(1), row(5_000_000), row(1)])).toEqual([1, 1, 1]);
});
