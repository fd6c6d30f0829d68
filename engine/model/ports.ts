// What the engine's parts need of the world, as types: main.ts hands in the real thing, tests a controlled one.

import type { Log } from '../../contracts/runtime/log/log.ts';
import type { Fact } from './facts.ts';

export type Random = {
  /** Fills the array with bytes fit for nonces. */
  fill(bytes: Uint8Array): void;
  /** From 0 up to, not including, 1: for jitter only. */
  fraction(): number;
};

/** Position of a record in the journal, from 1, without gaps. */
export type JournalSeq = number;

export type JournalPort = {
  /** Writes the fact (page cache, not yet durable); throws `JournalFailed` when it could not. */
  append(fact: Fact): JournalSeq;
  /** Resolves when everything up to `seq` is durable; starts a sync if none is under way. */
  synced(seq: JournalSeq): Promise<void>;
};

/** Meaningful events; engine/observe makes log lines and metrics of them. */
export type LogPort = Pick<Log, 'info' | 'warn' | 'error'>;
