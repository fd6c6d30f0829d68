// What every sidecar records of itself: its health, and the calls of its control API.

import type { ServiceName } from '../../../topics/ops-control-action.ts';
import type { TopicName } from '../../../topics/registry.ts';
import type { Program } from '../program.ts';
import type { SidecarBase } from './program.ts';

/**
 * Records that wait for Kafka when no report of health is added to them: what it said hours ago helps nobody, and must not take the
 * room of what an operator did.
 */
export const HEALTH_WAITING_MAX = 1_000;

export function ownRecords(
  service: ServiceName,
  { sender, render, timers }: Pick<SidecarBase, 'sender' | 'render' | 'timers'>,
): Pick<Program, 'audit' | 'noteHealth'> {
  const post = (topic: TopicName, payload: unknown): boolean =>
    sender.post(topic, service, render({ topic, eventId: Bun.randomUUIDv7(), atMs: timers.nowMs(), payload }));
  return {
    audit(action) {
      if (!post('ops.control_action', action)) throw new Error(`${sender.waiting()} records wait for Kafka already`);
    },
    noteHealth(payload) {
      if (sender.waiting() < HEALTH_WAITING_MAX) post('ops.service_health', payload);
    },
  };
}
