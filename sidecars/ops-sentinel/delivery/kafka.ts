// Hands transitions to Kafka, each under the id that is on disk already, in their order.

import { RecordRefused, type RecordSender } from '../../../contracts/runtime/kafka/record-sender.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { SidecarBase } from '../../../contracts/runtime/process/sidecar/program.ts';
import type { Outbox } from './outbox.ts';

export type KafkaDeliveryOptions = Pick<SidecarBase, 'render'> & {
  readonly sender: Pick<RecordSender, 'send'>;
  readonly outbox: Outbox;
  readonly log: Pick<Log, 'error'>;
};

/** @returns hands over what waits and was not handed over yet */
export function createKafkaDelivery({ sender, render, outbox, log }: KafkaDeliveryOptions): () => void {
  const underWay = new Set<string>();
  return () => {
    for (const { eventId, atMs, payload } of outbox.waitingFor('kafka')) {
      if (underWay.has(eventId)) continue;
      underWay.add(eventId);
      sender
        .send('ops.alert', payload.alert_key, render({ topic: 'ops.alert', eventId, atMs, payload }))
        .then(() => outbox.done(eventId, 'kafka'))
        .catch((failure: unknown) => {
          // Kafka would refuse it again. At a closed sender it stays in the file for the next start.
          if (!(failure instanceof RecordRefused)) return;
          log.error('alert_not_published', { alert_key: payload.alert_key, event_id: eventId, failure });
          outbox.done(eventId, 'kafka');
        })
        .finally(() => underWay.delete(eventId));
    }
  };
}
