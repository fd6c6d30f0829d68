// What /state shows of the way to Kafka.

import type { BusState } from '../../contracts/control/engine-state.ts';
import type { OwnState } from '../../contracts/control/part-state.ts';
import type { KafkaLinkState } from './link/kafka-link.ts';
import type { PublisherState } from './publisher-types.ts';
import { republishView } from './republish/view.ts';

export function busState(state: PublisherState, link: KafkaLinkState): OwnState<BusState> {
  return {
    kafka: {
      status: link.status,
      for_ms: link.forMs,
      clients_replaced: link.replaced,
      last_replaced_for: link.lastReplacedFor,
    },
    attached: state.attached,
    watermark: state.watermark,
    in_flight: state.inFlight,
    lag_records: state.lagRecords,
    lag_ms: state.lagMs,
    delivered: state.delivered,
    dead_lettered: state.deadLettered,
    retried: state.retried,
    waiting: state.waiting === null ? null : { on: state.waiting.on, for_ms: state.waiting.forMs },
    blocked_topics: state.blocked.map(({ topic, forMs, problem, fix, watermark }) => ({
      topic,
      for_ms: forMs,
      code: problem.code,
      problem: problem.detail,
      fix,
      watermark,
    })),
    ...republishView(state),
    trouble: state.trouble,
  };
}
