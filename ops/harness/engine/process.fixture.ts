// The engine's process function in this process, spoken to over its control API, and a reader of everything that it publishes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_VARIABLES } from '../../../contracts/config/engine.ts';
import type { Envelope } from '../../../contracts/envelope.ts';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { createTopics } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import type { ConsumedRecord } from '../../../contracts/runtime/kafka/consumer/record.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import { runEngine } from '../../../engine/main.ts';
import { type DescribedCheck, describedBy } from '../../testing/described.ts';
import { waitFor } from '../../testing/wait.ts';
import { type Env, makeSetting, type Setting } from './engine.fixture.ts';

const LIMIT_MS = 30_000;
/** The engine, its world and the test share one process here, which a busy machine holds up for a moment. */
const STALL_LIMIT_MS = 60_000;

export type Reply = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked into field by field by the tests
  readonly body: any;
};

export type EngineProcess = Setting & {
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, token?: string): Promise<Reply>;
  /** Asks under a fresh id, waits for the decision, and gives it. */
  decided(over?: Readonly<Record<string, unknown>>): Promise<Reply['body']>;
  /** Asks until a decision has this reason. */
  until(reason: string): Promise<void>;
  arm(): Promise<void>;
  /** Resolves with the exit code when the process function ends. */
  readonly ended: Promise<number>;
};

/** The topics of the registry, as `./unrip topics` would make them. */
export async function makeTopics(brokers: string): Promise<void> {
  const wanted = TOPICS.map(({ name, partitions }) => ({ name, partitions, replicas: 1, settings: {} }));
  const made = await createTopics({ brokers, timeoutMs: LIMIT_MS }, wanted);
  const refused = made.filter(({ outcome }) => outcome === 'refused');
  if (refused.length > 0) throw new Error(`topics were refused: ${JSON.stringify(refused)}`);
}

export async function startProcess(env: Env): Promise<EngineProcess> {
  const setting = makeSetting(machineClock, {}, { LOG_LEVEL: 'silent', ...env });
  const ended = runEngine(setting.env, setting.directory.path, STALL_LIMIT_MS);
  const control = await waitFor(
    () => {
      try {
        return JSON.parse(readFileSync(join(setting.stateDir, 'control.json'), 'utf8')) as { url: string };
      } catch {
        return null;
      }
    },
    { what: 'the control API', limitMs: LIMIT_MS },
  );
  const token = readFileSync(join(setting.stateDir, 'control-token'), 'utf8').trim();
  // One set for each asset.
  const lanesWanted = 2 * Number(setting.env['NONCE_LANES'] ?? ENGINE_VARIABLES.nonceLanes.fallback);
  let asked = 0;
  let described: DescribedCheck | null = null;
  const engine: EngineProcess = {
    ...setting,
    ended,
    async call(method, path, body, as = token) {
      // Asked for first: after a drain nobody is there to describe anything.
      described ??= await describedBy(control.url, token);
      const response = await fetch(`${control.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${as}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const headers = Object.fromEntries(response.headers);
      const deviation = described(method, path, { status: response.status, headers, body: text });
      if (deviation !== null) throw new Error(`${method} ${path}: ${response.status}, not as described: ${deviation}`);
      return { status: response.status, body: JSON.parse(text) };
    },
    async decided(over = {}) {
      const quoteId = `asked-${++asked}`;
      setting.ask(quoteId, over);
      return await waitFor(
        async () => {
          const { latest_decision: latest } = (await engine.call('GET', '/strategy/state')).body;
          return latest?.quote_id === quoteId ? latest : null;
        },
        { what: `a decision on ${quoteId}` },
      );
    },
    async until(reason) {
      await waitFor(async () => (await engine.decided()).decision_reason === reason, {
        what: `a decision with ${reason}`,
        limitMs: LIMIT_MS,
      });
    },
    async arm() {
      await engine.call('POST', '/strategy/arm', { forever: true });
      await engine.call('POST', '/executor/arm', { forever: true, fresh_account: true });
      await engine.until('accepted');
    },
  };
  await waitFor(
    async () => {
      const { lanes } = (await engine.call('GET', '/inventory/state')).body;
      const { healthy } = (await engine.call('GET', '/reference/state')).body;
      const { connection } = (await engine.call('GET', '/ingest/state')).body;
      // A process that is busy with its start may answer with a problem.
      return lanes?.length === lanesWanted && healthy === true && connection?.state === 'live';
    },
    { what: 'the engine to be up', limitMs: LIMIT_MS },
  );
  return engine;
}

export type Published = {
  readonly topic: TopicName;
  readonly record: ConsumedRecord;
  readonly envelope: Envelope<Reply['body']>;
};

export type Follower = {
  /** Everything published for the account so far. */
  readonly seen: readonly Published[];
  /** Waits until something of that topic fits. */
  find(topic: TopicName, fits: (payload: Reply['body']) => boolean): Promise<Published>;
  close(): Promise<void>;
};

/** Follows every topic for one account, from now on or from the beginning. */
export async function follow(brokers: string, accountId: string): Promise<Follower> {
  const seen: Published[] = [];
  const reader = openReader({
    brokers,
    clientId: `test-${accountId}`,
    topics: TOPICS.map(({ name }) => name),
    startAt: () => 'earliest',
    onTrouble: () => {},
  });
  await reader.connect(LIMIT_MS);
  const decoder = new TextDecoder();
  const poll = async (): Promise<void> => {
    for (const record of await reader.poll(1000)) {
      if (record.value === null) continue;
      const envelope: Envelope<Reply['body']> = JSON.parse(decoder.decode(record.value));
      if (envelope.account_id === accountId) seen.push({ topic: record.topic as TopicName, record, envelope });
    }
  };
  return {
    seen,
    async find(topic, fits) {
      return await waitFor(
        async () => {
          const found = seen.find((one) => one.topic === topic && fits(one.envelope.payload));
          if (found === undefined) await poll();
          return found;
        },
        { what: `a record on ${topic}`, limitMs: LIMIT_MS },
      );
    },
    close: () => reader.close(),
  };
}
