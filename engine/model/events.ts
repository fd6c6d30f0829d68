// What happens in the engine, as values: one closed list. Counters, views and log lines are sinks of the same values. Emitting one
// within a turn must cost a few counters: no text is made of it before somebody reads it.

import type { Asset } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import type { DeadLetterReason } from '../../contracts/reasons.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { DecidedFact, TransitionFact } from './facts.ts';
import type { Breach, Stop } from './values.ts';

/** Why a frame was passed over: nothing is done about it but counting. */
export type PassedOver = 'foreign_pair' | 'ingest_paused' | 'foreign_status' | 'repeated_status' | 'other';

export type EngineEvent =
  | { readonly kind: 'passed_over'; readonly why: PassedOver }
  /** A request for a traded asset came under this known id, which is not traded, for the first time since the start. */
  | { readonly kind: 'other_id'; readonly asset: Asset }
  | { readonly kind: 'reply' }
  | { readonly kind: 'status' }
  | { readonly kind: 'repeated'; readonly quoteId: QuoteId }
  /** A frame became a dead letter. */
  | { readonly kind: 'bad'; readonly reason: DeadLetterReason; readonly detail: string }
  /** `answeredAfterUs`: from the frame's arrival to the send, when an answer left; else null. */
  | { readonly kind: 'decided'; readonly fact: DecidedFact; readonly answeredAfterUs: number | null }
  | { readonly kind: 'moved'; readonly fact: TransitionFact }
  /** `inventoryId`: of the newest balance when it was found; null: there was none. */
  | { readonly kind: 'breached'; readonly breach: Breach; readonly inventoryId: string | null }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  /** An error of our own within a turn. */
  | { readonly kind: 'faulted'; readonly error: unknown }
  /** Kafka has acknowledged a record. */
  | { readonly kind: 'published'; readonly topic: TopicName };

export type Emit = (event: EngineEvent) => void;

/** Events that carry nothing of their frame: most frames are of other pairs, and make no value of their own. */
export const PASSED_OVER: { readonly [Why in PassedOver]: EngineEvent } = {
  foreign_pair: { kind: 'passed_over', why: 'foreign_pair' },
  ingest_paused: { kind: 'passed_over', why: 'ingest_paused' },
  foreign_status: { kind: 'passed_over', why: 'foreign_status' },
  repeated_status: { kind: 'passed_over', why: 'repeated_status' },
  other: { kind: 'passed_over', why: 'other' },
};
export const REPLY: EngineEvent = { kind: 'reply' };
export const STATUS: EngineEvent = { kind: 'status' };
