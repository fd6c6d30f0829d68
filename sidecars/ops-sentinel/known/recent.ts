// Events that are counted within a window, by subject. Bounded: of each subject the newest are kept, more than any rule counts up to;
// subjects come from closed lists. A repeat of an event counts once. Pure.

import { type Moment, msSince } from '../moment.ts';
import type { Heard } from './record.ts';

/** Above the highest number that a rule can be configured to count up to. */
const KEPT_MAX = 256;
const SUBJECTS_MAX = 64;

export type Counted<Payload> = {
  readonly subject: string;
  readonly count: number;
  readonly newest: Heard<Payload>;
};

export class Recent<Payload> {
  /** Of each subject, ordered by time, the newest last. */
  readonly #events = new Map<string, Heard<Payload>[]>();

  take(subject: string, heard: Heard<Payload>): void {
    const events = this.#events.get(subject) ?? [];
    if (events.length === 0 && this.#events.size >= SUBJECTS_MAX) return;
    if (events.some(({ eventId }) => eventId === heard.eventId)) return;
    const after = events.findLastIndex(({ atMs }) => atMs <= heard.atMs);
    events.splice(after + 1, 0, heard);
    if (events.length > KEPT_MAX) events.shift();
    this.#events.set(subject, events);
  }

  /** Of each subject that has any event within the window. */
  within(windowMs: number, now: Moment): readonly Counted<Payload>[] {
    const counted: Counted<Payload>[] = [];
    for (const [subject, events] of this.#events) {
      const recent = events.filter(({ asOfUs }) => msSince(asOfUs, now) <= windowMs);
      const newest = recent.at(-1);
      if (newest !== undefined) counted.push({ subject, count: recent.length, newest });
    }
    return counted;
  }
}
