// The settings that topics have in the cluster, to be compared with those declared. The package does not offer this, so a
// function of our own in the addon does (ops/toolchain/kafka-addon/compat/topic_settings.cc), reached through bun:ffi.
// It blocks the event loop until the broker answers: for commands only.

import { dlopen, FFIType, ptr, toArrayBuffer } from 'bun:ffi';
import { join } from 'node:path';
import { ADDON_FILE, kafkaAddon } from '../native.ts';
import { mergeSettings } from '../settings.ts';
import type { AdminOptions } from './session.ts';

type TopicSetting = {
  readonly name: string;
  readonly value: string;
  /** Set for this topic itself, rather than inherited from the broker. */
  readonly own: boolean;
};

export type TopicSettings =
  | { readonly topic: string; readonly ok: true; readonly settings: readonly TopicSetting[] }
  | { readonly topic: string; readonly ok: false; readonly code: number; readonly message: string };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One entry for each topic, in the same order; one that does not exist has code 3. Throws when no broker answers. */
export function describeTopics(options: AdminOptions, topics: readonly string[]): TopicSettings[] {
  const settings = mergeSettings({}, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': 'unrip-admin',
  });
  if (topics.length === 0) return [];
  const fields = callAddon(Object.entries(settings).flat(), topics, options.timeoutMs);
  const next = (): string => fields.shift() ?? '';
  if (next() !== 'done')
    throw new Error(`no Kafka broker of ${options.brokers} answered the query for topic settings: ${next()}`);
  const described = new Map<string, TopicSettings>();
  while (fields.length > 0) {
    const topic = next();
    const code = Number(next());
    const count = Number(next());
    const list = Array.from({ length: count }, () => ({ name: next(), value: next(), own: next() === 'own' }));
    if (code === 0) described.set(topic, { topic, ok: true, settings: list });
    else described.set(topic, { topic, ok: false, code, message: kafkaAddon().err2str(code) });
  }
  return topics.map((topic) => described.get(topic) ?? { topic, ok: false, code: -1, message: 'not in the answer' });
}

function callAddon(settings: readonly string[], topics: readonly string[], timeoutMs: number): string[] {
  const { symbols, close } = dlopen(join(import.meta.dir, '../../../..', ADDON_FILE), {
    unrip_topic_settings: {
      args: [FFIType.ptr, FFIType.u64, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr],
      returns: FFIType.ptr,
    },
    unrip_free: { args: [FFIType.ptr], returns: FFIType.void },
  });
  try {
    const given = pack(settings);
    const names = pack(topics);
    const size = new BigUint64Array(1);
    const reply = symbols.unrip_topic_settings(
      ptr(given),
      given.length,
      ptr(names),
      names.length,
      timeoutMs,
      ptr(size),
    );
    if (reply === null) throw new Error('the Kafka addon gave no answer');
    const text = decoder.decode(toArrayBuffer(reply, 0, Number(size[0])).slice(0));
    symbols.unrip_free(reply);
    // Every field is closed by a zero byte, so the last split is not a field.
    return text.split('\0').slice(0, -1);
  } finally {
    close();
  }
}

function pack(fields: readonly string[]): Uint8Array {
  return encoder.encode(fields.map((field) => `${field}\0`).join(''));
}
