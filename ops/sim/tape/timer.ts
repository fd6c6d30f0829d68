// The real clock and sleep for the player.

import type { Timer } from './player.ts';

export const realTimer: Timer = {
  nowMs: () => Date.now(),
  sleepUntil: (atMs, signal) =>
    new Promise((settle) => {
      if (signal.aborted) {
        settle();
        return;
      }
      const finish = (): void => {
        clearTimeout(timeout);
        signal.removeEventListener('abort', finish);
        settle();
      };
      const timeout = setTimeout(finish, Math.max(0, atMs - Date.now()));
      signal.addEventListener('abort', finish);
    }),
};
