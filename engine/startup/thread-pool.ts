// Whether the process has enough threads: Kafka's client takes some of the runtime's pool while brokers are away, and file syncs
// go through the same pool.

import type { LogPort } from '../model/ports.ts';

export const THREADS_MIN = 8;
/** Of libuv, where UV_THREADPOOL_SIZE is not set. */
const THREADS_DEFAULT = 4;

/** @param size UV_THREADPOOL_SIZE */
export const threadsOf = (size: string | undefined): number => Number(size ?? THREADS_DEFAULT);

export function warnOfSmallThreadPool(size: string | undefined, log: LogPort): void {
  if (threadsOf(size) >= THREADS_MIN) return;
  log.warn('thread_pool_small', {
    detail: 'an unreachable Kafka broker can occupy all threads of the pool that journal syncs need',
    fix: `start it with ./unrip, or set UV_THREADPOOL_SIZE=${THREADS_MIN}`,
  });
}
