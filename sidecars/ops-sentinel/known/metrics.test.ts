import { afterEach, describe, expect, test } from 'bun:test';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { MetricReading } from './known.ts';
import { createMetricsWatch } from './metrics.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const TEXT = '# HELP unrip_trading whether\n# TYPE unrip_trading gauge\nunrip_trading 1\nunrip_healthy{part="bus"} 0\n';

async function readingsOf(
  path: string,
  answer: (request: Request) => Response,
  token: string | null = null,
): Promise<readonly MetricReading[]> {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  closing.push(() => server.stop(true));
  let readings: readonly MetricReading[] | null = null;
  const watch = createMetricsWatch({
    urls: [`http://127.0.0.1:${server.port}${path}`],
    token,
    clock: machineClock,
    onRead(read) {
      readings = read;
    },
  });
  watch.start();
  await waitFor(() => readings !== null, { what: 'the readings' });
  watch.stop();
  return readings ?? [];
}

test('of each metric whether there is a sample; a name in a comment, or the beginning of another one, is none', async () => {
  const readings = await readingsOf(
    '/metrics#unrip_trading+unrip_healthy+unrip_heal+unrip_armed',
    () => new Response(TEXT),
  );
  expect(readings.map(({ metric, problem }) => [metric, problem])).toEqual([
    ['unrip_trading', null],
    ['unrip_healthy', null],
    ['unrip_heal', 'there is no sample of it'],
    ['unrip_armed', 'there is no sample of it'],
  ]);
});

test('of a process that does not serve them, why', async () => {
  const readings = await readingsOf('/metrics', () => new Response('', { status: 503 }));
  expect(readings).toMatchObject([{ metric: 'unrip_build_info', problem: 'it answers 503' }]);
});

describe('metrics for those with a token alone', () => {
  const TOKEN = 'v'.repeat(32);
  const guarded = (request: Request): Response =>
    request.headers.get('authorization') === `Bearer ${TOKEN}`
      ? new Response(TEXT)
      : new Response('', { status: request.headers.has('authorization') ? 403 : 401 });
  const problemWith = async (token: string | null) =>
    (await readingsOf('/metrics#unrip_trading', guarded, token)).map(({ problem }) => problem);

  test('are read with it', async () => {
    expect(await problemWith(TOKEN)).toEqual([null]);
  });

  test('are missing without it or with another, and the alert says which, without the token', async () => {
    expect(await problemWith(null)).toEqual(['it answers 401: it needs ALERT_METRICS_TOKEN']);
    expect(await problemWith('w'.repeat(32))).toEqual(['it answers 403: it does not accept ALERT_METRICS_TOKEN']);
  });
});
