import { expect, test } from 'bun:test';
import { keepRunning, type Listening } from './restarting.ts';

function listening(name: string): Listening & { end(): void } {
  const ended = Promise.withResolvers<number>();
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(name) });
  return {
    url: server.url.href,
    exited: ended.promise,
    end() {
      void server.stop(true);
      ended.resolve(0);
    },
  };
}

test('a process that ended is started again behind the same port, and who asks meanwhile waits for it', async () => {
  const first = listening('first');
  const second = listening('second');
  const mayStart = Promise.withResolvers<void>();
  const kept = await keepRunning(first, async () => {
    await mayStart.promise;
    return second;
  });
  const ask = async (): Promise<string> => await (await fetch(kept.url, { keepalive: false })).text();
  expect([await ask(), kept.restarts()]).toEqual(['first', 0]);
  first.end();
  const waiting = ask();
  mayStart.resolve();
  expect([await waiting, kept.restarts()]).toEqual(['second', 1]);
  kept.close();
  second.end();
});
