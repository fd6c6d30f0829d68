// Hostile records for every topic, with honest ones in between. Pure: the same seed and time give the same records.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../../contracts/time.ts';
import { TOPICS, type Topic, type TopicName } from '../../contracts/topics/registry.ts';
import { MUTATIONS, mutate } from '../hostile/mutate.ts';
import { type Prng, seededPrng } from '../sim/tape/prng.ts';
import { CHECKOUT } from '../stack/directory.ts';

export const KINDS = [
  'honest',
  'mutated',
  'kafka_time_odd',
  'envelope_time_odd',
  'payload_time_odd',
  'minor_newer',
  'number_beyond',
  'text_odd',
  'text_long',
  'type_wrong',
  'prototype_names',
  'deep',
  'event_repeated',
  'identity_repeated',
  'event_id_alike',
  'topic_wrong',
  'json_random',
  'bytes_random',
  'tombstone',
  'large',
] as const;
export type Kind = (typeof KINDS)[number];

export type HostileRecord = {
  readonly kind: Kind;
  readonly topic: TopicName;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Null: Kafka's client sets it. */
  readonly timestampMs: number | null;
  readonly headers: readonly Readonly<Record<string, Uint8Array>>[];
};

type Json = Record<string, unknown>;
type Earlier = { readonly text: string; readonly partition: number };
type Golden = { readonly topic: Topic; readonly envelope: Json & { readonly payload: Json } };

/** What Kafka takes by default with its own overhead, less the key and headers of a record. */
const LARGE_BYTES_MAX = 1_040_000;
const DAY_MS = 86_400_000;
/** Fields that make a record's business identity. */
const IDENTITY = /^(?:quote|decision|command|inventory|price|action|execution)_id$|_key$/;
const KAFKA_TIMES = [-9e15, -2, -1, 1, 1e9, 253_402_300_800_000, 9e15, Number.MAX_SAFE_INTEGER, Number.NaN] as const;
const TIMES = [
  '0000-01-01T00:00:00.000Z',
  '0001-01-01T00:00:00.000Z',
  '1970-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '2026-02-30T00:00:00.000Z',
  '2026-13-45T99:99:99.999Z',
  '2026-01-01T24:00:00.000Z',
  '2026-01-01T00:00:60.000Z',
  '+275760-09-13T00:00:00.001Z',
  'never',
  '',
] as const;
const BEYOND = [
  1e300,
  -1e300,
  2 ** 63,
  -(2 ** 63) - 4096,
  1e19,
  0.5,
  -0,
  '9'.repeat(39),
  '9'.repeat(40),
  `1.${'3'.repeat(20_000)}`,
  '9'.repeat(140_000),
  '1e400',
  'NaN',
] as const;
const ODD_TEXTS = [
  '\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '"\\',
  '{NULL}',
  "'; --",
] as const;
const WRONG = [null, true, 7, 'text', [], {}, [[1]], { a: {} }] as const;
/** So many honest records of a topic are kept, to be repeated. */
const RECENT_MAX = 40;
/** Large records are few: they are about memory, and take the time of many. */
const LARGE_ONE_IN = 300;
/** Now and then many follow each other, more than a writer may hold. */
const BURST_ONE_IN = 15_000;
const BURST = 200;
const OFTEN = KINDS.filter((kind) => kind !== 'large') as unknown as readonly [Kind, ...Kind[]];
/** A frame of half a megabyte is what `large` is for. */
const MUTATIONS_HERE = MUTATIONS.filter((kind) => kind !== 'frame_huge') as unknown as readonly [
  (typeof MUTATIONS)[number],
];

/** Only honest records have keys that begin so. */
export const HONEST_KEY = 'honest-';
const encoder = new TextEncoder();

/** Endless. @param nowMs what honest records carry as their time */
export function* hostileRecords(seed: number, nowMs: number): Generator<HostileRecord, never> {
  const prng = seededPrng(seed);
  const goldens = TOPICS.map(goldenOf) as [Golden, ...Golden[]];
  const recent = new Map<TopicName, Earlier[]>();
  let burst = 0;
  for (;;) {
    const golden = prng.pick(goldens);
    const { topic } = golden;
    if (prng.chance(1, BURST_ONE_IN)) burst = BURST;
    const kind = burst > 0 || prng.chance(1, LARGE_ONE_IN) ? 'large' : prng.chance(1, 6) ? 'honest' : prng.pick(OFTEN);
    burst = Math.max(0, burst - 1);
    const honest = recent.get(topic.name) ?? [];
    recent.set(topic.name, honest);
    const isHonest = kind === 'honest';
    const earlier = honest[prng.below(RECENT_MAX)];
    const value = makeValue({ kind, golden, goldens, earlier: earlier?.text, prng, nowMs });
    // What repeats comes after what it repeats.
    const isRepeat = kind === 'event_repeated' || kind === 'identity_repeated';
    const partition = isRepeat && earlier !== undefined ? earlier.partition : prng.below(topic.partitions);
    if (isHonest && typeof value === 'string') honest[prng.below(RECENT_MAX)] = { text: value, partition };
    yield {
      kind,
      topic: topic.name,
      partition,
      key: isHonest ? encoder.encode(HONEST_KEY + prng.hex(8)) : keyOf(prng),
      value: typeof value === 'string' ? encoder.encode(value) : value,
      timestampMs: kind === 'kafka_time_odd' ? kafkaTimeOf(prng, nowMs) : null,
      headers: isHonest || prng.chance(3, 4) ? [] : headersOf(prng),
    };
  }
}

type Making = {
  readonly kind: Kind;
  readonly golden: Golden;
  readonly goldens: readonly [Golden, ...Golden[]];
  /** An honest record of this topic. */
  readonly earlier: string | undefined;
  readonly prng: Prng;
  readonly nowMs: number;
};

function makeValue(making: Making): string | Uint8Array | null {
  const { kind, golden, goldens, earlier, prng, nowMs } = making;
  const fresh = freshOf(golden, prng, nowMs);
  const { payload } = fresh;
  switch (kind) {
    case 'honest':
    case 'kafka_time_odd':
      return JSON.stringify(fresh);
    case 'mutated': {
      const [frame] = mutate(prng.pick(MUTATIONS_HERE), JSON.stringify(fresh), prng);
      return frame === undefined ? '' : typeof frame === 'string' ? frame : new Uint8Array(frame);
    }
    case 'envelope_time_odd':
      return JSON.stringify({ ...fresh, [prng.pick(['ingested_at', 'observed_at'])]: timeOf(prng, nowMs) });
    case 'payload_time_odd':
      return withField(fresh, /_at$|_time$|timestamp|^since$|^deadline$|^at$/, timeOf(prng, nowMs), prng);
    case 'minor_newer':
      return JSON.stringify({
        ...fresh,
        added: { deep: [1, { x: null }] },
        payload: { ...payload, added: prng.hex(9) },
      });
    case 'number_beyond':
      return withField(
        fresh,
        /_ms$|_us$|amount|rate|price|block|seq|bytes|lane|pips|open_|height/,
        prng.pick(BEYOND),
        prng,
      );
    case 'text_odd':
      return withField(fresh, /./, `${prng.pick(ODD_TEXTS)}${prng.hex(4)}`, prng);
    case 'text_long':
      return withField(fresh, /_id$|_key$|status|reason|hash|nonce/, prng.hex(prng.between(2_000, 40_000)), prng);
    case 'type_wrong':
      return withField(fresh, /./, prng.pick(WRONG), prng);
    case 'prototype_names':
      return JSON.stringify(fresh).replace('{', '{"__proto__":{"event_id":"x"},"constructor":null,"toString":1,');
    case 'deep':
      return JSON.stringify({ ...fresh, raw: '@' }).replace('"@"', nested(prng.pick([10, 60, 64, 65, 1000, 20_000])));
    case 'event_repeated':
      return earlier ?? JSON.stringify(fresh);
    case 'identity_repeated':
      return earlier === undefined
        ? JSON.stringify(fresh)
        : JSON.stringify({ ...JSON.parse(earlier), event_id: fresh['event_id'] });
    case 'event_id_alike':
      return JSON.stringify({ ...fresh, event_id: `alike-${prng.pick(['\0', '\ud800', '\udfff', '\ufffd'])}` });
    case 'topic_wrong':
      return JSON.stringify(freshOf(prng.pick(goldens), prng, nowMs));
    case 'json_random':
      return JSON.stringify(randomJson(prng, 4));
    case 'bytes_random':
      return Uint8Array.from({ length: prng.below(300) }, () => prng.below(256));
    case 'tombstone':
      return prng.chance(1, 2) ? null : '';
    case 'large':
      return largeOf(fresh, prng);
  }
}

function goldenOf(topic: Topic): Golden {
  const file = join(CHECKOUT, `contracts/fixtures/golden/${topic.name}.v1.json`);
  return { topic, envelope: JSON.parse(readFileSync(file, 'utf8')) };
}

/** The golden record as one that was made now, with identities of its own. */
function freshOf({ envelope }: Golden, prng: Prng, nowMs: number): Json & { readonly payload: Json } {
  const own = prng.hex(24);
  const payload = Object.entries(envelope.payload).map(([name, value]) =>
    typeof value === 'string' && IDENTITY.test(name) ? [name, `${value.slice(0, 20)}-${own}`] : [name, value],
  );
  return { ...envelope, event_id: own, ingested_at: isoTime(nowMs), payload: Object.fromEntries(payload) };
}

/** One field, of the envelope or the payload, whose name is like this. */
function withField(record: Json & { readonly payload: Json }, name: RegExp, value: unknown, prng: Prng): string {
  const inPayload = Object.keys(record.payload).filter((key) => name.test(key));
  if (inPayload.length === 0 || prng.chance(1, 8)) {
    return JSON.stringify({ ...record, [prng.pick(['event_id', 'account_id', 'source', 'raw'])]: value });
  }
  const field = inPayload[prng.below(inPayload.length)] ?? '';
  return JSON.stringify({ ...record, payload: { ...record.payload, [field]: value } });
}

function timeOf(prng: Prng, nowMs: number): string {
  return prng.chance(1, 3) ? isoTime(nowMs + prng.between(-1000, 1000) * DAY_MS) : prng.pick(TIMES);
}

function kafkaTimeOf(prng: Prng, nowMs: number): number {
  return prng.chance(1, 3) ? nowMs + prng.between(-1000, 1000) * DAY_MS : prng.pick(KAFKA_TIMES);
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** Text that compresses, text that does not, or characters of six bytes once they are escaped. */
function largeOf(record: Json, prng: Prng): string {
  const bytes = prng.between(60_000, LARGE_BYTES_MAX) - JSON.stringify(record).length;
  const block = prng.pick(['x', prng.hex(1000), '\\u0001', '\u{1f9ff}', '[],']);
  const many = block.repeat(Math.max(1, Math.floor(bytes / Buffer.byteLength(block))));
  const raw = block === '[],' ? `[${many.slice(0, -1)}]` : `"${many}"`;
  return JSON.stringify({ ...record, raw: '@' }).replace('"@"', () => raw);
}

function randomJson(prng: Prng, depth: number): unknown {
  const leaf = [null, true, prng.below(1000), prng.hex(6), '\0', -1e300] as const;
  if (depth === 0 || prng.chance(1, 4)) return prng.pick(leaf);
  const items = Array.from({ length: prng.below(5) }, () => randomJson(prng, depth - 1));
  return prng.chance(1, 2) ? items : Object.fromEntries(items.map((item) => [prng.hex(4), item]));
}

function keyOf(prng: Prng): Uint8Array | null {
  switch (prng.below(5)) {
    case 0:
      return null;
    case 1:
      return new Uint8Array(0);
    case 2:
      return Uint8Array.from({ length: 40 }, () => prng.below(256));
    case 3:
      return encoder.encode('k'.repeat(prng.chance(1, 50) ? 300_000 : 3000));
    default:
      return encoder.encode(prng.hex(8));
  }
}

function headersOf(prng: Prng): Readonly<Record<string, Uint8Array>>[] {
  const names = ['', 'traceparent', 'constructor', '\u{1f9ff}', 'h'.repeat(2000)] as const;
  return Array.from({ length: prng.between(1, 20) }, () => ({
    [prng.pick(names)]: Uint8Array.from({ length: prng.below(100) }, () => prng.below(256)),
  }));
}
