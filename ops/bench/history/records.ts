// The backlog of the history bench: the records of quotes that were accepted, as the engine publishes them, made from the sample
// records of their topics. Pure.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionOf } from '../../../contracts/runtime/kafka/partition.ts';
import { isoTime } from '../../../contracts/time.ts';
import { type TopicName, topicOf } from '../../../contracts/topics/registry.ts';
import { CHECKOUT } from '../../stack/directory.ts';

export type BacklogRecord = {
  readonly topic: TopicName;
  readonly partition: number;
  readonly key: string;
  readonly text: string;
};

type Part = { readonly topic: TopicName; readonly change?: readonly [from: string, to: string] };

/** What one quote leaves behind: two results, one when the venue took the answer and one when it was over. */
const PARTS: readonly Part[] = [
  { topic: 'raw.near_intents.quote' },
  { topic: 'norm.swap_demand' },
  { topic: 'decision.trade_decision' },
  { topic: 'cmd.execute_trade' },
  { topic: 'exec.trade_result', change: ['"transition_seq":3', '"transition_seq":1'] },
  { topic: 'exec.trade_result', change: ['"transition_seq":3', '"transition_seq":2'] },
];

const RECORDS_A_QUOTE = PARTS.length;

export const BACKLOG_TOPICS: ReadonlySet<string> = new Set(PARTS.map(({ topic }) => topic));

/** What is replaced in the samples. */
const SAMPLE = {
  quoteId: '0194698a-1f2b-7c3d-8e4f-5a6b7c8d9e0f',
  accountId: '"account_id":"solver.near"',
  quoteHash: '94DNKnTtRvc1HBAVMrqfEdd7vBodjwk4VTgXnJ8nNgG4',
  eventId: /^\{"event_id":"[^"]+"/,
  ingestedAt: /"ingested_at":"[^"]+"/,
} as const;

const QUOTES_A_MS = 1;

/**
 * As many records as asked for, quote after quote, a thousand quotes a second up to now: times and ids rise as in the engine's.
 * @param nowMs of the last one
 */
export function* backlogOf(count: number, accountId: string, nowMs: number): Generator<BacklogRecord, void> {
  const templates = PARTS.map(templateOf);
  const quotes = Math.ceil(count / RECORDS_A_QUOTE);
  let left = count;
  for (let quote = 0; quote < quotes; quote++) {
    const atMs = nowMs - Math.floor((quotes - quote) / QUOTES_A_MS);
    const quoteId = idOf(atMs, quote, 0);
    for (const [index, { topic, text }] of templates.entries()) {
      if (left === 0) return;
      left -= 1;
      const { partitions } = topicOf(topic);
      yield {
        topic,
        partition: partitions === 1 ? 0 : partitionOf(quoteId, partitions),
        key: quoteId,
        text: text
          .replaceAll(SAMPLE.quoteId, quoteId)
          .replace(SAMPLE.eventId, `{"event_id":"${idOf(atMs, quote, index + 1)}"`)
          .replace(SAMPLE.ingestedAt, `"ingested_at":"${isoTime(atMs)}"`)
          .replace(SAMPLE.accountId, `"account_id":"${accountId}"`)
          .replace(SAMPLE.quoteHash, `94DNKnTtRvc1HBAVMrqfEdd7vBodjwk4VT${String(quote).padStart(10, '1')}`),
      };
    }
  }
}

function templateOf({ topic, change }: Part): { readonly topic: TopicName; readonly text: string } {
  const text = readFileSync(join(CHECKOUT, `contracts/fixtures/golden/${topic}.v1.json`), 'utf8').trim();
  return { topic, text: change === undefined ? text : text.replace(...change) };
}

/** Of the form of a UUIDv7, rising with time and quote. */
function idOf(atMs: number, quote: number, slot: number): string {
  const time = atMs.toString(16).padStart(12, '0');
  const own = quote.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${slot.toString(16).padStart(3, '0')}-8000-${own}`;
}
