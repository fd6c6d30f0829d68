// Work that an interrupt ends for whoever waits for it, so that they can take down what they started. The work itself may go on until
// the process ends.

/** What the work gives; rejects when it was interrupted before or meanwhile. */
export async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  // An interrupt during what came before is over for listeners.
  if (signal.aborted) throw new Error('interrupted');
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(new Error('interrupted'));
  signal.addEventListener('abort', interrupt);
  try {
    return await Promise.race([work(), interrupted.promise]);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
