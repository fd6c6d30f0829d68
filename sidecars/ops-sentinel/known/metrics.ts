// Reads ALERT_METRICS_URLS: which of the expected metrics are served. The text is not interpreted: a line with the name is a sample.

import { metricNamesOf } from '../../../contracts/config/ops-sentinel.ts';
import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { MetricReading } from './known.ts';

export type MetricsWatch = {
  start(): void;
  stop(): void;
};

export type MetricsWatchOptions = {
  readonly urls: readonly string[];
  /** Of a viewer; null: none is sent. */
  readonly token: string | null;
  readonly clock: Clock;
  readonly onRead: (readings: readonly MetricReading[]) => void;
  /** `boundedFetch` but in tests. */
  readonly ask?: typeof boundedFetch;
};

const EVERY_MS = 15_000;
const TIME_LIMIT_MS = 5_000;
/** The engine serves some 100 KB. */
const BYTES_MAX = 8_388_608;

export function createMetricsWatch({
  urls,
  token,
  clock,
  onRead,
  ask = boundedFetch,
}: MetricsWatchOptions): MetricsWatch {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const abort = new AbortController();
  const targets = urls.map(targetOf);
  let isReading = false;
  let stopEvery = (): void => undefined;

  const read = async (): Promise<void> => {
    if (isReading || abort.signal.aborted) return;
    isReading = true;
    const readings = await Promise.all(
      targets.map(async ({ url, host, metrics }) => {
        const answer = await ask({
          ...{ url, headers, timers: clock, timeLimitMs: TIME_LIMIT_MS, bytesMax: BYTES_MAX, signal: abort.signal },
        });
        const failure = !answer.ok ? answer.detail : refusalOf(answer.status, token !== null);
        const text = answer.ok ? answer.body : '';
        return metrics.map((metric): MetricReading => {
          const problem = failure ?? (isServed(text, metric) ? null : 'there is no sample of it');
          return { host, metric, problem };
        });
      }),
    );
    isReading = false;
    if (!abort.signal.aborted) onRead(readings.flat());
  };

  return {
    start() {
      void read();
      stopEvery = clock.every(EVERY_MS, () => void read());
    },
    stop() {
      stopEvery();
      abort.abort();
    },
  };
}

/** `http://host:1/metrics#a+b` -> what to ask, and for which metrics. */
function targetOf(given: string): { readonly url: string; readonly host: string; readonly metrics: readonly string[] } {
  const { host, href } = new URL(given);
  const names = metricNamesOf(given);
  return { url: href.replace(/#.*$/s, ''), host, metrics: names.length === 0 ? ['unrip_build_info'] : names };
}

/** null: it answers. */
function refusalOf(status: number, hasToken: boolean): string | null {
  if (status === 200) return null;
  if (status !== 401 && status !== 403) return `it answers ${status}`;
  const token = hasToken ? 'it does not accept ALERT_METRICS_TOKEN' : 'it needs ALERT_METRICS_TOKEN';
  return `it answers ${status}: ${token}`;
}

const isServed = (text: string, metric: string): boolean =>
  text.split('\n').some((line) => line.startsWith(metric) && /^[{ ]/.test(line.slice(metric.length)));
