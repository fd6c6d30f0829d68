// An event as text of bounded size, whatever its fields hold: an action has what its caller sent, up to 64 KiB, and what was there
// before it. What is cut says so, and what led from the event to its record stays: ids and hashes. Pure.

import type { EventMessage } from '../../../control/events.ts';
import { cutAndSay } from '../../../text.ts';

/** Ours, and those of the venue, have a fifth of that. */
const ID_BYTES_MAX = 256;
const ID = /(?:^|_)(?:id|hash)$/;
/** Escapes of JSON make up to six bytes of one: texts that consist of such are cut further. */
const STEPS = [
  { textBytes: 512, items: 16 },
  { textBytes: 64, items: 8 },
] as const;
type Step = (typeof STEPS)[number];

/** The message itself, and the action in it. What is deeper is of a field that takes anything. */
const NAMED_DEPTH = 1;

/** @param bytesMax several kilobytes; a message beyond that even when it is cut is replaced by one that says that it is lost */
export function eventText(message: EventMessage, bytesMax: number): string {
  const whole = jsonOf(message);
  if (isWithin(whole, bytesMax)) return whole;
  for (const step of STEPS) {
    const text = jsonOf(cut(message, '', 0, step));
    if (isWithin(text, bytesMax)) return text;
  }
  return jsonOf({ type: 'dropped', at: message.at, count: 1 });
}

const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));

/** Most events are far smaller; a unit of a text has three bytes at most. */
const isWithin = (text: string, bytesMax: number): boolean =>
  text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax;

function cut(value: unknown, name: string, depth: number, step: Step): unknown {
  if (typeof value === 'string') return cutAndSay(value, ID.test(name) ? ID_BYTES_MAX : step.textBytes);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > NAMED_DEPTH) {
    const text = jsonOf(value);
    return isWithin(text, step.textBytes) ? value : `[${Buffer.byteLength(text)} bytes left out]`;
  }
  if (Array.isArray(value)) {
    const items = value.slice(0, step.items).map((item: unknown) => cut(item, name, depth + 1, step));
    return value.length > step.items ? [...items, `[${value.length - step.items} more]`] : items;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, cut(inner, key, depth + 1, step)] as const),
  );
}
