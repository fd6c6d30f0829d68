// The longest stall of an engine's event loop while it is measured. The engine measures it itself, over about the last ten
// seconds: it is asked every second, and what it gave at the beginning, which is from before, is left out as long as it is given.

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { ControlClient } from '../../harness/control-client.ts';

export type StallWatch = {
  /** Milliseconds; null when the engine could not be asked, or nothing longer than what was before. */
  stop(): Promise<number | null>;
};

const EVERY_MS = 1_000;

const Detail = Type.Object({ loop_delay: Type.Object({ max_ms: Type.Number() }) });
type Detail = Static<typeof Detail>;

/** @param control of the engine; resolves when it has been asked for the first time */
export async function watchStalls(control: Pick<ControlClient, 'get'>): Promise<StallWatch> {
  const read = async (): Promise<number | null> => {
    const detail: unknown = await control.get('/internal/health').catch(() => null);
    return Value.Check(Detail, detail) ? longestIn(detail) : null;
  };
  const before = await read();
  let longest: number | null = null;
  const note = async (): Promise<void> => {
    const ms = await read();
    if (ms !== null && ms !== before) longest = Math.max(longest ?? 0, ms);
  };
  const timer = setInterval(() => void note(), EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await note();
      return longest;
    },
  };
}

const longestIn = ({ loop_delay }: Detail): number => loop_delay.max_ms;
