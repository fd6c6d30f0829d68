// A validator of another language on every record of the trading, against the published JSON Schemas.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaPath } from '../../contracts/documents.ts';
import { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import { KAFKA_USERS } from '../../contracts/topics/access.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { GENERATED_DIRECTORY } from '../contracts/generate.ts';
import type { Rig } from '../harness/rig.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Judge } from './judge.ts';

const LIMIT_MS = 60_000;
/** Topics whose records come of faults alone. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['dlq.unrip']);
/** Of what other processes write, the sample is judged. */
const RUNNING: ReadonlySet<string> = new Set(['engine', 'history-writer']);
const WRITTEN = new Set(KAFKA_USERS.flatMap(({ command, writes }) => (RUNNING.has(command) ? writes : [])));

export const judge: Judge = {
  name: 'records',
  summary: "PyPI's jsonschema, formats included, on every record of some real trading",
  async run({ packages, dir, rig }) {
    const values = await recordsOf(await rig());
    const files = TOPICS.flatMap(({ name, schemaVersion }) => {
      const records = WRITTEN.has(name)
        ? (values.get(name) ?? [])
        : [readFileSync(sampleOf(name, schemaVersion), 'utf8')];
      if (records.length === 0 && MAY_BE_EMPTY.has(name)) return [];
      const file = join(dir, `${name}.jsonl`);
      writeFileSync(file, records.join('\n'));
      return [`${join(GENERATED_DIRECTORY, schemaPath(name, schemaVersion))}=${file}`];
    });
    return await packages.python('records.py', files);
  },
};

const sampleOf = (topic: string, version: number): string =>
  join(CHECKOUT, `contracts/fixtures/golden/${topic}.v${version}.json`);

/** By topic, those of the rig's account, as they are in Kafka. */
async function recordsOf(rig: Rig): Promise<ReadonlyMap<string, readonly string[]>> {
  const topics = TOPICS.map(({ name }) => name);
  const reader = openReader({
    brokers: rig.services.kafkaBrokers,
    clientId: 'judge',
    topics,
    startAt: () => 'earliest',
    onTrouble: () => {},
  });
  const values = new Map<string, string[]>(topics.map((name) => [name, []]));
  try {
    await reader.connect(LIMIT_MS);
    const endMs = performance.now() + LIMIT_MS;
    for (;;) {
      const records = await reader.poll(1000);
      for (const { topic, value } of records) {
        const text = value === null ? '' : Buffer.from(value).toString('utf8');
        // Other runs on the same broker write to the same topics.
        if (text.includes(`"account_id":"${rig.accountId}"`)) values.get(topic)?.push(text);
      }
      const isRead = reader.lag().every(({ lag }) => lag !== null && lag <= 0n);
      if (records.length === 0 && isRead) return values;
      if (performance.now() > endMs) throw new Error('the topics were not read to their end in time');
    }
  } finally {
    await reader.close();
  }
}
