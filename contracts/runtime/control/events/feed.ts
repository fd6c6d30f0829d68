// The way of events from the main thread to the front, which serves those who follow them. While nobody does, an event costs the
// check of one flag. Otherwise it is kept until a few times a second a bounded number is made into values and handed over
// together; what does not fit is dropped and counted. How many follow costs this thread nothing.

import type { EventValue } from '../../../control/events.ts';
import type { Clock } from '../../clock.ts';

export type EventBatch = {
  readonly events: readonly EventValue[];
  /** Events that were lost before these. */
  readonly dropped: number;
};

/** The feed as the bridge to the front uses it. */
export type EventSource = {
  /** Where batches go, until `detach`. */
  attach(send: (batch: EventBatch) => void): void;
  detach(): void;
  /** Whether anybody follows. */
  setWanted(wanted: boolean): void;
  /** The front has served a batch. */
  taken(): void;
  /** Events that were dropped since the start. */
  dropped(): number;
};

export type EventFeed<Item> = EventSource & {
  /** False: `push` is not to be called. */
  readonly isWanted: boolean;
  push(item: Item): void;
};

export const FEED = {
  /** Events that wait: some seconds of a busy market. Each keeps its facts alive, some kB. */
  waitingMax: 4096,
  /** A batch takes the main thread a fraction of a millisecond. */
  batchMax: 128,
  everyMs: 50,
  /** Batches that the front has not served yet: one that is behind is not sent more. */
  batchesMax: 4,
} as const;

export type EventFeedOptions<Item> = {
  readonly clock: Pick<Clock, 'after'>;
  /** Called when the item is handed over, long after the turn. */
  readonly toValue: (item: Item) => EventValue;
  /** No value can be made of an item, which is dropped, and could be of those before it. */
  readonly onFailed?: (error: unknown) => void;
};

export function createEventFeed<Item>({ clock, toValue, onFailed }: EventFeedOptions<Item>): EventFeed<Item> {
  let send: ((batch: EventBatch) => void) | null = null;
  let waiting: Item[] = [];
  let isWanted = false;
  let underWay = 0;
  let lost = 0;
  let dropped = 0;
  let stopTimer: (() => void) | null = null;
  let isFailing = false;

  const lose = (): void => {
    lost++;
    dropped++;
  };

  /** None: it is dropped. An error here must not end the process, which does more than to be followed. */
  const valuesOf = (item: Item): EventValue[] => {
    try {
      const value = toValue(item);
      isFailing = false;
      return [value];
    } catch (error) {
      lose();
      if (!isFailing) onFailed?.(error);
      isFailing = true;
      return [];
    }
  };

  const schedule = (): void => {
    stopTimer ??= clock.after(FEED.everyMs, flush);
  };

  function flush(): void {
    stopTimer = null;
    if (send === null || waiting.length === 0 || underWay >= FEED.batchesMax) return;
    const items = waiting.slice(0, FEED.batchMax);
    waiting = waiting.slice(FEED.batchMax);
    underWay++;
    const events = items.flatMap(valuesOf);
    send({ events, dropped: lost });
    lost = 0;
    if (waiting.length > 0) schedule();
  }

  const clear = (): void => {
    isWanted = false;
    waiting = [];
    lost = 0;
    underWay = 0;
    stopTimer?.();
    stopTimer = null;
  };

  return {
    get isWanted() {
      return isWanted;
    },
    push(item) {
      if (waiting.length >= FEED.waitingMax) {
        lose();
        return;
      }
      waiting.push(item);
      schedule();
    },
    dropped: () => dropped,
    attach(to) {
      send = to;
    },
    detach() {
      send = null;
      clear();
    },
    setWanted(wanted) {
      if (!wanted) clear();
      isWanted = wanted && send !== null;
    },
    taken() {
      if (underWay > 0) underWay--;
      if (waiting.length > 0) schedule();
    },
  };
}
