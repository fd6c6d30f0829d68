// For tests: an ops-sentinel as a process of its own, asked through its control API. Each answer is checked against the description
// that the process itself serves.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Static } from '@sinclair/typebox';
import type { AlertsBody } from '../../contracts/control/ops-sentinel-state.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { type Child, startChild } from './child.ts';
import { type DescribedCheck, describedBy } from './described.ts';

const TOKEN = 'token-of-the-ops-sentinel-test-0000';

export type SentinelProcess = {
  readonly child: Child;
  alerts(): Promise<Static<typeof AlertsBody>>;
  /** Asks the control API; gives status and body. */
  ask(method: 'GET' | 'POST', path: string): Promise<{ readonly status: number; readonly body: SentinelAnswer }>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What tests look at of its answers. */
type SentinelAnswer = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly paused: boolean;
  readonly blind_ms: number | null;
  readonly unsent: { readonly kafka: number; readonly webhook: number };
};

export type SentinelProcessOptions = {
  readonly brokers: string;
  readonly accountId: string;
  readonly stateDir: string;
  /** Of the topics. */
  readonly prefix?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** Resolves when the control API listens. */
export async function startSentinelProcess(options: SentinelProcessOptions): Promise<SentinelProcess> {
  const child = startChild([join(CHECKOUT, 'sidecars/ops-sentinel/process.fixture.ts'), options.prefix ?? ''], {
    env: {
      UV_THREADPOOL_SIZE: '8',
      KAFKA_BROKERS: options.brokers,
      NEAR_ACCOUNT_ID: options.accountId,
      STATE_DIR: options.stateDir,
      CONTROL_PORT: '0',
      CONTROL_TOKEN: TOKEN,
      ...options.env,
    },
  });
  await child.waitForLine(/control_listening/);
  const { url } = JSON.parse(readFileSync(join(options.stateDir, 'ops-sentinel.json'), 'utf8')) as { url: string };
  let described: DescribedCheck | null = null;
  const ask = async (method: 'GET' | 'POST', path: string): Promise<unknown> => {
    described ??= await describedBy(url, TOKEN);
    const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${TOKEN}` } });
    const body = await response.text();
    const answer = { status: response.status, headers: Object.fromEntries(response.headers), body };
    const deviation = described(method, path, answer);
    if (deviation !== null) throw new Error(`${method} ${path}: ${response.status}, not as described: ${deviation}`);
    return { status: response.status, body: JSON.parse(body) };
  };
  return {
    child,
    ask: async (method, path) => (await ask(method, path)) as Awaited<ReturnType<SentinelProcess['ask']>>,
    alerts: async () => ((await ask('GET', '/alerts')) as { readonly body: Static<typeof AlertsBody> }).body,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
