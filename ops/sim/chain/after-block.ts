// Acts that wait for a block of the chain: what others say or do about a transaction follows when it can be found.
// The chain makes blocks when somebody looks, so the one that is waited for is looked for when it is due.
import type { SimChain } from './chain.ts';
import type { SimClock } from './clock.ts';

export type AfterBlock = {
  /** Runs as soon as the chain has this height. */
  run(height: number, act: () => void): void;
  stop(): void;
};

/** More are never due at once: a block takes far fewer transactions. The oldest runs early beyond it. */
const WAITING_MAX = 100_000;

export function makeAfterBlock(chain: SimChain, clock: SimClock): AfterBlock {
  let waiting: { readonly height: number; readonly act: () => void }[] = [];
  let cancelLook: (() => void) | undefined;

  function runDue(): void {
    if (waiting.length === 0) return;
    const { height } = chain.blockAt('optimistic');
    const due = waiting.filter((each) => each.height <= height);
    waiting = waiting.filter((each) => each.height > height);
    for (const { act } of due) act();
  }

  /** A timer may run a little before the clock reaches its time: then it is set again. */
  function lookWhenDue(): void {
    if (waiting.length === 0 || cancelLook !== undefined) return;
    cancelLook = clock.after(Math.max(1, chain.untilNextBlockMs()), () => {
      cancelLook = undefined;
      runDue();
      lookWhenDue();
    });
  }

  const endListening = chain.onBlock(runDue);

  return {
    run(height, act) {
      if (waiting.length >= WAITING_MAX) waiting.shift()?.act();
      waiting.push({ height, act });
      lookWhenDue();
    },
    stop() {
      cancelLook?.();
      endListening();
      waiting = [];
    },
  };
}
