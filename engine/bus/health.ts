// Whether records reach Kafka.

import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { noted } from '../lib/noted.ts';
import type { KafkaLinkStatus } from './link/link-status.ts';
import type { PublisherState } from './publisher-types.ts';

/** Records that wait for Kafka longer than this are no longer a hiccup. */
const OUTBOX_LAG_MAX_MS = 30_000;

export type OutboxFigures = Pick<
  PublisherState,
  'lagMs' | 'trouble' | 'isDeadLettering' | 'deadLettered' | 'isPositionKept'
> & {
  readonly waiting: { readonly on: string } | null;
  readonly blocked: readonly { readonly topic: string }[];
  readonly lost: Pick<PublisherState['lost'], 'republishFrom'>;
  readonly republish: { readonly running: object | null };
};

export function busHealth(state: OutboxFigures, status: KafkaLinkStatus): PartHealth {
  const { republishFrom } = state.lost;
  return partHealth(
    [
      ...noted({
        kafka_down: status === 'down',
        kafka_client_lost: status === 'lost',
        outbox_behind: state.lagMs > OUTBOX_LAG_MAX_MS,
        records_refused: state.isDeadLettering,
      }),
      // The topic is part of the code: which one it is decides what has to be done; the fix is in the log and in /state.
      ...state.blocked.map(({ topic }) => `topic_blocked:${topic}`),
    ],
    [
      ...noted({
        kafka_starting: status === 'starting',
        kafka_trouble: state.trouble !== null,
        kafka_queue_full: state.waiting?.on === 'queue_full',
        kafka_lost_records: republishFrom !== null,
        republishing: state.republish.running !== null,
        dead_lettered: state.deadLettered > 0,
        outbox_position_not_kept: !state.isPositionKept,
      }),
      // What the command needs: ./unrip republish --from POSITION.
      ...(republishFrom === null ? [] : [`republish_from:${republishFrom}`]),
    ],
  );
}
