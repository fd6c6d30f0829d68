// How long the record at a position has been in the journal, on the monotonic clock, without keeping a time for each record:
// marks of (position, time), taken now and then. A record is as old as the last mark at or below it, so that an age is never
// too small. Bounded: when there are too many marks, every other one goes. Pure.

/** A mark is 16 bytes; an outage of a day keeps a resolution of two minutes. */
const MARKS_MAX = 1_024;
const MARK_EVERY_US = 100_000;

type Mark = { readonly seq: number; readonly atUs: number };

export class AgeMarks {
  /** By position. The first one speaks for everything below it as well. */
  #marks: Mark[];

  /** Records up to `seq` were there at the start. */
  constructor(seq: number, nowUs: number) {
    this.#marks = [{ seq, atUs: nowUs }];
  }

  /** The record was appended just now. */
  appended(seq: number, nowUs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && nowUs - last.atUs < MARK_EVERY_US) return;
    if (this.#marks.length >= MARKS_MAX) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#marks.push({ seq, atUs: nowUs });
  }

  /** Nobody will ask for the age of what lies below `seq` again. */
  forgetBelow(seq: number): void {
    let spent = 0;
    while (spent + 1 < this.#marks.length && (this.#marks[spent + 1] as Mark).seq <= seq) spent++;
    if (spent > 0) this.#marks.splice(0, spent);
  }

  /** Age of the lowest record that has not been forgotten, which is the one at `seq`. */
  ageUs(seq: number, nowUs: number): number {
    this.forgetBelow(seq);
    return Math.max(0, nowUs - (this.#marks[0] as Mark).atUs);
  }
}
