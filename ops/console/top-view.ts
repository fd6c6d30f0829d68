// One frame of `./unrip top`: the state of the engine above, what happens below. Pure.

import type { EngineState } from '../../contracts/control/engine-state.ts';
import { printable } from '../trace/words.ts';
import { factLines, headLines, partLines } from './state-view.ts';
import { cut } from './words.ts';

export type Size = { readonly columns: number; readonly rows: number };

export type TopFrame = {
  /** null: none was read yet. */
  readonly state: EngineState | null;
  /** Why the newest state is not there; null: it is. */
  readonly trouble: string | null;
  /** Oldest first. */
  readonly events: readonly string[];
  /** Why events are not followed; null: they are. */
  readonly eventsTrouble: string | null;
};

const HELP = 'q or Ctrl-C: quit';

/** At most as many lines as rows, each at most as wide as the terminal, and safe on it. */
export function topLines(frame: TopFrame, { columns, rows }: Size, nowMs: number): string[] {
  const { state, trouble, events, eventsTrouble } = frame;
  const above = state === null ? ['waiting for the state of the engine'] : aboveOf(state, nowMs);
  const foot = [
    ...(trouble === null ? [] : [`OLD STATE: ${trouble}`]),
    `${HELP}   events: ${eventsTrouble === null ? 'live' : eventsTrouble}`,
  ];
  const room = Math.max(0, rows - foot.length);
  const shownAbove = above.slice(0, room);
  const left = room - shownAbove.length;
  const below = left > 1 ? ['', ...events.slice(-(left - 1))] : [];
  return [...shownAbove, ...below, ...foot].slice(0, rows).map((line) => cut(printable(line), columns));
}

function aboveOf(state: EngineState, nowMs: number): string[] {
  return [...headLines(state, nowMs), ...partLines(state, nowMs), ...factLines(state)];
}
