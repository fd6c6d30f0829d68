// Metrics of requests, answers and promises, and of what keeps the engine from making them.

import { by, type Metric, one } from './metric.ts';

export const TRADING_METRICS: readonly Metric[] = [
  {
    kind: 'counter',
    name: 'unrip_frames_received_total',
    help: 'frames received from the relay',
    labels: [],
    read: ({ gauges }) => one(gauges.framesReceived),
  },
  {
    kind: 'counter',
    name: 'unrip_frames_total',
    help: 'frames received from the relay, by kind',
    labels: ['kind'],
    read: ({ counts }) => by('kind', counts.frames.shown()),
  },
  {
    kind: 'counter',
    name: 'unrip_quotes_total',
    help: 'decided quote requests, by outcome and reason',
    labels: ['outcome', 'reason'],
    read: ({ counts }) =>
      counts.reasons.names.map((reason) => ({
        labels: { outcome: reason === 'accepted' ? 'accepted' : 'rejected', reason },
        value: counts.reasons.get(reason),
      })),
  },
  {
    kind: 'counter',
    name: 'unrip_trade_results_total',
    help: 'transitions of attempts, by state and result code',
    labels: ['state', 'code'],
    read: ({ counts }) => counts.results().map(({ state, code, count }) => ({ labels: { state, code }, value: count })),
  },
  {
    kind: 'counter',
    name: 'unrip_frames_dead_total',
    help: 'frames that could not be processed, by reason',
    labels: ['reason'],
    read: ({ counts }) => by('reason', counts.deadLetters.shown()),
  },
  {
    kind: 'counter',
    name: 'unrip_turn_faults_total',
    help: 'events whose processing failed because of a fault in the engine',
    labels: [],
    read: ({ counts }) => one(counts.faults()),
  },
  {
    kind: 'counter',
    name: 'unrip_process_stalls_total',
    help: 'times that the process did not run for longer than allowed',
    labels: [],
    read: ({ gauges }) => one(gauges.stalls),
  },
  {
    kind: 'counter',
    name: 'unrip_replies_evicted_total',
    help: 'answers whose reply is no longer awaited, because too many replies were outstanding',
    labels: [],
    read: ({ gauges }) => one(gauges.repliesEvicted),
  },
  {
    kind: 'counter',
    name: 'unrip_capital_breaches_total',
    help: 'violated capital invariants, such as more promised than credited',
    labels: ['code'],
    read: ({ gauges }) => by('code', gauges.breaches),
  },
  {
    kind: 'counter',
    name: 'unrip_executor_stops_total',
    help: 'times that the executor disarmed itself, by first cause',
    labels: ['code'],
    read: ({ gauges }) => by('code', gauges.stops),
  },
  {
    kind: 'counter',
    name: 'unrip_breaker_trips_total',
    help: 'times that the circuit breaker disarmed strategy and executor',
    labels: ['code'],
    read: ({ gauges }) => by('code', gauges.breakerTrips),
  },
  {
    kind: 'gauge',
    name: 'unrip_breaker_failures_in_row',
    help: 'refused answers and failed settlements in a row',
    labels: [],
    read: ({ gauges }) => one(gauges.breakerFailuresInRow),
  },
  {
    kind: 'gauge',
    name: 'unrip_breaker_filled_ratio',
    help: 'share of the limit of the circuit breaker that is filled, or uncertain',
    labels: ['window'],
    read: ({ gauges }) => gauges.breakerUse.map(({ window, filled }) => ({ labels: { window }, value: filled })),
  },
  {
    kind: 'gauge',
    name: 'unrip_breaker_committed_ratio',
    help: 'the same with what is open: at 1 nothing more is signed',
    labels: ['window'],
    read: ({ gauges }) => gauges.breakerUse.map(({ window, committed }) => ({ labels: { window }, value: committed })),
  },
  {
    kind: 'gauge',
    name: 'unrip_armed',
    help: '1 when armed',
    labels: ['part'],
    read: ({ gauges }) => by('part', gauges.armed),
  },
  {
    kind: 'gauge',
    name: 'unrip_paused',
    help: '1 when paused',
    labels: ['part'],
    read: ({ gauges }) => by('part', gauges.paused),
  },
  {
    kind: 'gauge',
    name: 'unrip_healthy',
    help: '1 when the part can do its job',
    labels: ['part'],
    read: ({ gauges }) => by('part', gauges.healthy),
  },
  {
    kind: 'gauge',
    name: 'unrip_trading',
    help: '1 when a small request received now would be answered',
    labels: [],
    read: ({ gauges }) => one(Number(gauges.trading)),
  },
  {
    kind: 'gauge',
    name: 'unrip_hold',
    help: '1 while this reason keeps the engine from signing',
    labels: ['reason'],
    read: ({ gauges }) => by('reason', gauges.holds),
  },
  {
    kind: 'gauge',
    name: 'unrip_answers_in_flight',
    help: 'answers to which the relay has not replied yet',
    labels: [],
    read: ({ gauges }) => one(gauges.inFlight),
  },
  {
    kind: 'gauge',
    name: 'unrip_quotes_open',
    help: 'quotes that may still settle',
    labels: [],
    read: ({ gauges }) => one(gauges.openQuotes),
  },
  {
    kind: 'gauge',
    name: 'unrip_lane_live_quotes',
    help: 'live quotes of a lane',
    labels: ['asset', 'lane'],
    read: ({ gauges }) =>
      gauges.lanes.map(({ asset, lane, liveQuotes }) => ({ labels: { asset, lane: String(lane) }, value: liveQuotes })),
  },
  {
    kind: 'gauge',
    name: 'unrip_lane_use_ratio',
    help: "share of the lane's ceiling that is reserved for live quotes",
    labels: ['asset', 'lane'],
    read: ({ gauges }) =>
      gauges.lanes.map(({ asset, lane, ceilingUnits, reservedUnits }) => ({
        labels: { asset, lane: String(lane) },
        // Rounded down to a millionth.
        value: ceilingUnits === 0n ? 0 : Number((reservedUnits * 1_000_000n) / ceilingUnits) / 1_000_000,
      })),
  },
];
