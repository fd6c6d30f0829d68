// Plays the tape into the running system and waits until what came of it is on record.

import type { Rig } from '../harness/rig.ts';
import { engineFigures } from './figures.ts';
import type { History } from './history.ts';
import { progressLine, type Screen } from './progress.ts';

const LOOK_EVERY_MS = 500;
/** Longest auction of the tape: until it is over, a quote may still be taken. */
const AUCTION_MS = 3_000;
/** An auction, some blocks until a settlement is final, and the way to the database; generous. */
const SETTLE_LIMIT_MS = 45_000;

export type PlayOptions = {
  readonly tape: string;
  readonly speed: number | 'max';
  readonly seconds: number;
  readonly signal: AbortSignal;
};

/** Ends with the tape, or when its time is up. */
export async function playTape(rig: Rig, screen: Screen, options: PlayOptions): Promise<void> {
  const endsAtMs = performance.now() + options.seconds * 1000;
  await rig.sim.play(options.tape, options.speed);
  for (;;) {
    options.signal.throwIfAborted();
    const isTimeUp = performance.now() >= endsAtMs;
    const status = isTimeUp ? await rig.sim.stopTape() : await rig.sim.tape();
    const { strategy, executor } = await engineFigures(rig.engine().control);
    screen.update(
      progressLine({
        tapeMs: status.tape_ms,
        durationMs: status.duration_ms,
        heard: strategy.decisions,
        answered: executor.answer_latency.count,
        settled: executor.results_by_state['settled'] ?? 0,
      }),
    );
    if (status.state === 'complete' || status.state === 'stopped') return;
    if (status.state !== 'playing') throw new Error(`the tape stopped with an error: ${status.reason}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

type WaitOptions = { readonly screen: Screen; readonly signal: AbortSignal };

/**
 * Waits until PostgreSQL holds every decision, and the settlement of every quote that the venue has settled.
 * Gives what is still missing when that takes too long; null when nothing is.
 */
export async function untilWritten(
  rig: Rig,
  history: History,
  { screen, signal }: WaitOptions,
): Promise<string | null> {
  const endsAtMs = performance.now() + SETTLE_LIMIT_MS;
  let settledBefore = -1;
  let calmSinceMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const [counts, figures] = await Promise.all([rig.sim.counts(), engineFigures(rig.engine().control)]);
    const [decisions, settled] = await Promise.all([history.decisions(), history.settled()]);
    const wanted = { decisions: figures.strategy.decisions, settled: counts.settled };
    const elapsedMs = performance.now();
    if (counts.settled !== settledBefore || figures.executor.in_flight > 0) calmSinceMs = elapsedMs;
    settledBefore = counts.settled;
    const written = `${decisions} of ${wanted.decisions} decisions, ${settled.length} of ${wanted.settled} settlements`;
    screen.update(`  written: ${written}`);
    const isWritten = decisions >= wanted.decisions && settled.length >= wanted.settled;
    if (isWritten && elapsedMs - calmSinceMs >= AUCTION_MS) return null;
    if (elapsedMs > endsAtMs) return `after ${SETTLE_LIMIT_MS / 1000} s history holds ${written}`;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
