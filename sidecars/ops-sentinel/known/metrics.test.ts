import { afterEach, expect, test } from 'bun:test';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { MetricReading } from './known.ts';
import { createMetricsWatch } from './metrics.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const TEXT = '# HELP unrip_trading whether\n# TYPE unrip_trading gauge\nunrip_trading 1\nunrip_healthy{part="bus"} 0\n';

async function readingsOf(path: string, answer: () => Response): Promise<readonly MetricReading[]> {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  closing.push(() => server.stop(true));
  let readings: readonly MetricReading[] | null = null;
  const watch = createMetricsWatch({
    urls: [`http://127.0.0.1:${server.port}${path}`],
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
