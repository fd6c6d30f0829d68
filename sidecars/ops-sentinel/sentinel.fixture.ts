// For tests: a sentinel over records that are kept as Kafka keeps them, so that it can be ended at any point and begun again.

import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { Kept } from './alerts/saved.ts';
import { readKept, writeKept } from './alerts/saved.ts';
import type { StateFile } from './alerts/state-file.ts';
import { LOOK_BACK, type ReadTopic } from './known/record.ts';
import { momentOf } from './moment.ts';
import type { Rule } from './rules/rule.ts';
import { RULES } from './rules/table.ts';
import { Sentinel } from './sentinel.ts';
import { ACCOUNT, bytesOf, WINDOWS } from './world.fixture.ts';

export const INSTANCE = 'this sentinel';

/** A state file in memory; `text` is what it holds, null: nothing. */
export type MemoryFile = StateFile & { text: string | null; fails: boolean; saves: number };

export function memoryFile(clock: ManualClock): MemoryFile {
  const file: MemoryFile = {
    text: null,
    fails: false,
    saves: 0,
    load(): Kept | null {
      if (file.text === null) return null;
      const read = readKept(file.text, ACCOUNT, momentOf(clock));
      if (!read.ok) throw new Error(read.problem);
      return read.kept;
    },
    save(kept: Kept): boolean {
      file.saves++;
      if (file.fails) return false;
      file.text = writeKept(kept, ACCOUNT, momentOf(clock));
      return true;
    },
    problem: () => (file.fails ? 'no space left' : null),
  };
  return file;
}

export type RigOptions = {
  readonly hasWebhook?: boolean;
  readonly rules?: readonly Rule[];
  readonly clock?: ManualClock;
  readonly onTick?: (isNews: boolean) => void;
};

/** Transitions are taken from the outbox as Kafka would: `taken` is what it has, in its order. */
export function sentinelRig(options: RigOptions = {}) {
  const { hasWebhook = false, rules = RULES, clock = new ManualClock(), onTick = () => undefined } = options;
  const file = memoryFile(clock);
  const topics = new Map<ReadTopic, { readonly text: string; readonly offset: bigint }[]>();
  const warnings: string[] = [];
  let ids = 0;
  const rig = {
    ...{ clock, file, warnings },
    isAtEnd: true,
    taken: [] as { readonly eventId: string; readonly status: string; readonly key: string; readonly first: string }[],
    sentinel: null as unknown as Sentinel,
    /** A process begins: reads what Kafka keeps. */
    start(): void {
      rig.sentinel = new Sentinel({
        ...{ accountId: ACCOUNT, instanceId: INSTANCE, windows: WINDOWS, rules, hasWebhook, clock, stateFile: file },
        newId: () => `id-${++ids}`,
        log: { info: () => {}, warn: (event) => void warnings.push(event), error: () => {} },
        isAtEnd: () => rig.isAtEnd,
        onTick,
      });
      for (const [topic, records] of topics)
        for (const record of records.slice(-LOOK_BACK[topic]))
          rig.sentinel.take(topic, { value: bytesOf(record.text), offset: record.offset });
    },
    hear(topic: ReadTopic, text: string): void {
      const records = topics.get(topic) ?? [];
      topics.set(topic, records);
      const offset = BigInt(records.length);
      records.push({ text, offset });
      rig.sentinel.take(topic, { value: bytesOf(text), offset });
    },
    tick(): void {
      rig.sentinel.tick();
    },
    /** Kafka takes what waits. */
    deliver(): void {
      for (const { eventId, payload } of rig.sentinel.outbox.waitingFor('kafka')) {
        rig.taken.push({ eventId, status: payload.status, key: payload.alert_key, first: payload.first_raised_at });
        rig.sentinel.outbox.done(eventId, 'kafka');
      }
    },
  };
  rig.start();
  return rig;
}
