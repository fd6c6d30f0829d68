// Virtual time: everything that is due, in the order of its time, run one after the other. Each event belongs to a process, or to
// the world around it: what belongs to a process that was killed does not run any more, and a process that is held up runs late.
//
// After each event all its promises are worked off, so that a run depends on nothing but its seed.

import { drainMicrotasks } from 'bun:jsc';

/** A process of the simulated machine, or the world. */
export type Owner = {
  readonly name: string;
  /** False from a kill on: nothing of it runs, and nothing that it does has an effect. */
  alive: boolean;
  /** Nothing of it runs before: it is stopped, or its machine is. */
  heldUntilUs: number;
  /** Its wall clock is ahead of the true time by so much. */
  wallOffsetUs: number;
  readonly startedUs: number;
};

type Event = { readonly atUs: number; readonly order: number; readonly owner: Owner; run: (() => void) | null };

const isBefore = (a: Event, b: Event): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);

/** A binary heap, the next event first. */
class Queue {
  readonly #events: Event[] = [];

  get next(): Event | undefined {
    return this.#events[0];
  }

  add(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = events[above] as Event;
      if (!isBefore(event, parent)) break;
      events[at] = parent;
      at = above;
    }
    events[at] = event;
  }

  take(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isBefore(events[below + 1] as Event, events[below] as Event)) below += 1;
      if (!isBefore(events[below] as Event, last)) break;
      events[at] = events[below] as Event;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

/** Midnight of the first of January 2026: the same in each run. */
const BEGIN_US = 1_767_225_600_000_000;

export class Schedule {
  readonly world: Owner = { name: 'world', alive: true, heldUntilUs: 0, wallOffsetUs: 0, startedUs: BEGIN_US };
  readonly #queue = new Queue();
  #nowUs = BEGIN_US;
  #eventUs = BEGIN_US;
  #order = 0;
  #current: Owner = this.world;
  /** Events that ran. */
  count = 0;
  /** An exception that nobody caught ended an event of a process. */
  uncaught: (error: unknown, owner: Owner) => void = (error) => {
    throw error;
  };

  /** The true time, in microseconds since the epoch. */
  get nowUs(): number {
    return this.#nowUs;
  }

  get nowMs(): number {
    return Math.floor(this.#nowUs / 1000);
  }

  /** When the event that runs now began. */
  get eventUs(): number {
    return this.#eventUs;
  }

  /** Whose code runs. */
  get current(): Owner {
    return this.#current;
  }

  process(name: string): Owner {
    return { name, alive: true, heldUntilUs: 0, wallOffsetUs: 0, startedUs: this.#nowUs };
  }

  /** Runs code of a process now, with all its promises. */
  as(owner: Owner, run: () => void): void {
    const before = this.#current;
    this.#current = owner;
    try {
      run();
      drainMicrotasks();
    } catch (error) {
      this.uncaught(error, owner);
    } finally {
      this.#current = before;
    }
  }

  /** @returns what calls it off */
  after(us: number, run: () => void, owner: Owner = this.#current): () => void {
    const event: Event = { atUs: this.#nowUs + Math.max(1, Math.ceil(us)), order: this.#order++, owner, run };
    this.#queue.add(event);
    return () => {
      event.run = null;
    };
  }

  /** Time that passes while the code that runs now computes. */
  spend(us: number): void {
    this.#nowUs += us;
  }

  runUntil(untilUs: number): void {
    for (let next = this.#queue.next; next !== undefined && next.atUs <= untilUs; next = this.#queue.next) {
      this.#queue.take();
      const { run, owner } = next;
      if (run === null || !owner.alive) continue;
      if (owner.heldUntilUs > this.#nowUs && owner.heldUntilUs > next.atUs) {
        this.#queue.add({ ...next, atUs: owner.heldUntilUs, order: this.#order++ });
        continue;
      }
      this.#nowUs = Math.max(this.#nowUs, next.atUs);
      this.#eventUs = this.#nowUs;
      this.count += 1;
      next.run = null;
      this.as(owner, run);
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }
}
