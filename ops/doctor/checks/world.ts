// What the engine's clients need of the world when a command uses them.

import { connect } from 'node:net';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { pause } from '../../../contracts/runtime/wait.ts';
import type { LogPort, Random } from '../../../engine/model/ports.ts';

/** The lines of the report say what these would. */
export const QUIET_LOG: LogPort = { info: () => {}, warn: () => {}, error: () => {} };

export const MACHINE_RANDOM: Random = {
  fill: (bytes) => void crypto.getRandomValues(bytes),
  fraction: () => Math.random(),
};

const ASK_EVERY_MS = 20;

/** Asks until it is true, or the time is over. */
export async function until(clock: Clock, limitMs: number, isTrue: () => boolean): Promise<void> {
  const endsUs = clock.elapsedUs() + limitMs * 1000;
  while (!isTrue() && clock.elapsedUs() < endsUs) await pause(clock, ASK_EVERY_MS);
}

/** Whether something takes connections there. */
export function isAnswered(host: string, port: number, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), limitMs);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
