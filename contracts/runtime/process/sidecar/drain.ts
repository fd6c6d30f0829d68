// How a sidecar ends: its work first, then its closing health record, then whatever records still wait for Kafka. Each step
// has a share of the drain's time.

import type { ServiceName } from '../../../topics/ops-control-action.ts';
import { LATE, within } from '../../wait.ts';
import type { Drain } from '../program.ts';
import type { SentRecord, Sidecar, SidecarBase } from './program.ts';

/** Part of the drain's time that is kept for the last records of this process. */
const FLUSH_SHARE = 0.2;

export function createSidecarDrain(service: ServiceName, sidecar: Sidecar, base: SidecarBase) {
  const { log, timers, sender } = base;
  return async ({ limitMs, stopHealth }: Drain): Promise<void> => {
    await sidecar.drain(limitMs * (1 - FLUSH_SHARE));
    stopHealth();
    const shareMs = (limitMs * FLUSH_SHARE) / 3;
    // Without it a process that was stopped in order is missed like one that was killed.
    const sent = await within(timers, sendClosingHealth(service, base), shareMs);
    const closing = sidecar.closing?.(sent === LATE ? null : sent);
    if (closing !== undefined) await within(timers, closing, shareMs);
    if (!(await sender.flush(shareMs))) {
      log.warn('records_left', { count: sender.waiting(), detail: 'Kafka did not take the last records in time' });
    }
  };
}

/** Null: Kafka refused it, or the sender was closed. */
async function sendClosingHealth(
  key: string,
  { health, sender, render, timers }: SidecarBase,
): Promise<SentRecord | null> {
  const topic = 'ops.service_health';
  const payload = health().payload();
  const closing = { ...payload, notes: [...payload.notes, 'stopped'] };
  const value = render({ topic, eventId: Bun.randomUUIDv7(), atMs: timers.nowMs(), payload: closing });
  const report = await sender.send(topic, key, value).catch(() => null);
  return report === null ? null : { topic, key, value, report };
}
