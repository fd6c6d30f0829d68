// A server that takes the connection and never answers: the store gives up in time and says that it is away.

import { expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { troubleOf } from '../../../contracts/runtime/postgres/database.ts';
import { Store } from './store.ts';

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
    timers: machineClock,
  });
  const error: unknown = await store.ping().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(troubleOf(error)).toMatchObject({ kind: 'unreachable', message: 'PostgreSQL did not answer within 100 ms' });
  await store.close();
  server.close();
});
