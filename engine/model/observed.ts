// What the observer shows of the engine's events: the fields of the parts' states that follow from them. Each part adds the others.

import type { FrameCounts } from '../../contracts/control/part-state.ts';
import type { ExecutorState, StrategyState } from '../../contracts/control/trading-state.ts';

export type ObservedViews = {
  ingest(): {
    /** Of the frames received the connection knows. */
    readonly frames: Omit<FrameCounts, 'received'>;
    readonly last_quote_at: string | null;
    readonly published: Record<string, number>;
  };
  strategy(): Pick<
    StrategyState,
    | 'decisions'
    | 'accepted'
    | 'rejected_by_reason'
    | 'latest_decision'
    | 'latest_rejected'
    | 'recent_decisions'
    | 'latest_price_used'
    | 'latest_inventory_used'
  >;
  executor(): Pick<
    ExecutorState,
    | 'last_command'
    | 'last_request'
    | 'last_venue_response'
    | 'last_error'
    | 'recent_attempts'
    | 'completed'
    | 'results_by_state'
    | 'errors_by_code'
    | 'answer_latency'
  >;
};
