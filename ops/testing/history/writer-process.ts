// For tests: a history-writer as a process of its own, asked through its control API. Each answer is checked against the
// description that the process itself serves.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../stack/directory.ts';
import { type Child, startChild } from '../child.ts';
import { type DescribedCheck, describedBy } from '../described.ts';
import { tempDir } from '../temp-dir.ts';

const RESIDENT = /^process_resident_memory_bytes(?:\{[^}]*\})? ([0-9.e+]+)$/m;
const TOKEN = 'token-of-the-history-writer-test';

export type WriterProcess = {
  readonly child: Child;
  /** Asks the control API; gives status and body. */
  ask(method: 'GET' | 'POST', path: string, token?: string): Promise<{ status: number; body: WriterState }>;
  /** Resident memory by its own metrics, in bytes. */
  residentBytes(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What tests look at of /state and /healthz. */
export type WriterState = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly paused: boolean;
  readonly writing: boolean;
  readonly lag_ms: number | null;
  readonly lag_records: number | null;
  readonly rows: number;
  readonly repeated_rows: number;
  readonly missed_records: number;
  readonly errors: { readonly count: number; readonly last: string | null };
  readonly buffered_records: number;
  readonly kafka: { readonly assigned: boolean };
  readonly database: { readonly connected: boolean };
  readonly topics: readonly {
    readonly topic: string;
    readonly records: number;
    readonly dead_letters: number;
    readonly last_write_at: string | null;
    readonly partitions: readonly {
      readonly partition: number;
      readonly persisted_offset: string | null;
      readonly next_offset: string;
    }[];
  }[];
};

export type WriterOptions = {
  readonly brokers: string;
  readonly databaseUrl: string;
  readonly group: string;
  /** Of the topics. */
  readonly prefix: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Resolves when the control API listens. */
export async function startWriterProcess(options: WriterOptions): Promise<WriterProcess> {
  const state = tempDir('history-writer');
  const child = startChild([join(CHECKOUT, 'sidecars/history-writer/process.fixture.ts'), options.prefix], {
    env: {
      UV_THREADPOOL_SIZE: '8',
      KAFKA_BROKERS: options.brokers,
      DATABASE_URL: options.databaseUrl,
      HISTORY_CONSUMER_GROUP: options.group,
      STATE_DIR: state.path,
      CONTROL_PORT: '0',
      CONTROL_TOKEN: TOKEN,
      ...options.env,
    },
  });
  await child.waitForLine(/control_listening/);
  const { url } = JSON.parse(readFileSync(join(state.path, 'history-writer.json'), 'utf8')) as { url: string };
  let described: DescribedCheck | null = null;
  return {
    child,
    async ask(method, path, token = TOKEN) {
      // Asked for first: after a drain nobody is there to describe anything.
      described ??= await describedBy(url, TOKEN);
      const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
      const body = await response.text();
      const answer = { status: response.status, headers: Object.fromEntries(response.headers), body };
      const deviation = described(method, path, answer);
      if (deviation !== null) throw new Error(`${method} ${path}: ${response.status}, not as described: ${deviation}`);
      return { status: response.status, body: JSON.parse(body) as WriterState };
    },
    async residentBytes() {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
      return Number(RESIDENT.exec(await response.text())?.[1] ?? Number.NaN);
    },
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      state.remove();
    },
  };
}
