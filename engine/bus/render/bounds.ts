// How large the parts of a Kafka record may get that come from outside. Each bound is far above what is useful and together
// they keep every possible record below what a broker takes with its default settings; JSON's escapes make six bytes
// out of one at worst, which the bounds allow for. What is cut says so. Applied when a record is rendered, so that they hold
// for facts of older journals as well.

import { cutAndSay } from '../../../contracts/text.ts';

/** A client refuses records above 1,000,000 bytes (`message.max.bytes`), key and framing included. */
export const RECORD_BYTES_MAX = 900_000;

/** Words about an event, such as an error text of the relay. */
const NOTE_BYTES_MAX = 4_096;
/** A frame that is kept as the evidence of a transition. A real one is under 2 KB. */
const REPLY_BYTES_MAX = 65_536;
/** What a dead letter keeps of the message that was not taken. */
const DEAD_VALUE_BYTES_MAX = 65_536;
/** Names: of an action, a caller, a key. */
const NAME_BYTES_MAX = 1_024;
/** A value of a setting before or after an action, as JSON. The body of a request has at most half of it. */
const SETTING_BYTES_MAX = 131_072;
/** A frame up to this size is in its record twice, as payload and as `raw`; a larger one as payload alone. */
const FRAME_TWICE_BYTES_MAX = 400_000;

export const boundNote = (text: string): string => cutAndSay(text, NOTE_BYTES_MAX);
export const boundReply = (text: string): string => cutAndSay(text, REPLY_BYTES_MAX);
export const boundDeadValue = (text: string): string => cutAndSay(text, DEAD_VALUE_BYTES_MAX);
export const boundName = (text: string): string => cutAndSay(text, NAME_BYTES_MAX);

/** The value itself, or the cut JSON text of one that is too large. */
export function boundSetting(value: unknown): unknown {
  const text = JSON.stringify(value) ?? 'null';
  const bounded = cutAndSay(text, SETTING_BYTES_MAX);
  return bounded.length === text.length ? value : bounded;
}

/** The payload with every text in it bounded: for payloads that are made elsewhere and hold a few words from outside. */
export function boundTexts<T>(value: T): T;
export function boundTexts(value: unknown): unknown {
  if (typeof value === 'string') return boundNote(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => boundTexts(item));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, boundTexts(inner)]));
}

/** JSON for `raw`: the frame, or null when the record would get too large with a second copy. */
export const rawOf = (frame: string): string => (Buffer.byteLength(frame) <= FRAME_TWICE_BYTES_MAX ? frame : 'null');
