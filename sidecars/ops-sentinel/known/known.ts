// What the records say, as the rules ask for it. Folds them in any order, repeats included, to the same; bounded in every part. Pure.

import { RESULT_CODES } from '../../../contracts/reasons.ts';
import type { DlqUnrip } from '../../../contracts/topics/dlq-unrip.ts';
import type { ExecTradeResult } from '../../../contracts/topics/exec-trade-result.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { OpsControlAction } from '../../../contracts/topics/ops-control-action.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { OpsReconciliation } from '../../../contracts/topics/ops-reconciliation.ts';
import type { RefMarketPrice } from '../../../contracts/topics/ref-market-price.ts';
import { TOPICS } from '../../../contracts/topics/registry.ts';
import type { StateIntentInventory } from '../../../contracts/topics/state-intent-inventory.ts';
import type { Moment } from '../moment.ts';
import { Newest } from './newest.ts';
import { Processes } from './processes.ts';
import { Recent } from './recent.ts';
import type { Heard, Payloads, ReadTopic } from './record.ts';
import { Sight } from './sight.ts';

/** More than an account has under way, or findings open, at any time by two orders of magnitude. */
const THINGS_MAX = 1024;
/** Attempts whose outcome is open make room last; those that are over are only kept to recognise what is older. */
const ATTEMPTS_MAX = 4096;
/** One account, one pair: a few more do no harm. */
const FEW = 8;

/**
 * The bridge owes nothing for it, whatever becomes of it: strangers who send dust must neither fill the list of what people look into
 * nor take the room of what is in it.
 */
export const isDust = ({ amount, minimum_amount: minimum }: OpsFundingObservation): boolean =>
  minimum !== null && BigInt(amount) < BigInt(minimum);

const never = (): boolean => false;
const byTime = ({ atMs }: Heard<unknown>): number => atMs;

/** A signed answer that the venue did not take, or that could not be sent. */
const SUBMISSION_FAILED: ReadonlySet<string> = new Set([
  ...['relay_rejected', 'relay_not_connected', 'books_breached', 'inventory_drift', 'signer_unauthorized'],
  'nonce_burned',
]);
/** Statuses of refused calls that say that somebody may not: without token, with a wrong one, with one of too low a role. */
const NOT_ALLOWED: ReadonlySet<number> = new Set([401, 403]);

/** Of a metric that is expected: what is in the way of it; null: it is served. */
export type MetricReading = { readonly host: string; readonly metric: string; readonly problem: string | null };

export type Known = ReturnType<typeof createKnown>;

export function createKnown(nowUs: number) {
  const prices = new Newest<RefMarketPrice>({ max: FEW, order: byTime, isOver: never });
  const inventories = new Newest<StateIntentInventory>({ max: FEW, order: byTime, isOver: never });
  const attempts = new Newest<ExecTradeResult>({
    max: ATTEMPTS_MAX,
    order: ({ payload }) => payload.transition_seq,
    isOver: ({ status }) => status !== 'uncertain',
  });
  const observations = new Newest<OpsFundingObservation>({
    max: THINGS_MAX,
    order: ({ payload }) => payload.observation_seq,
    isOver: (payload) => payload.status === 'credited' || isDust(payload),
  });
  const actions = new Newest<OpsLiquidityAction>({
    max: THINGS_MAX,
    order: ({ payload }) => payload.transition_seq,
    isOver: ({ status, reason_code: reason }) =>
      status === 'credited' || status === 'completed' || status === 'retired' || reason === 'below_minimum',
  });
  const findings = new Newest<OpsReconciliation>({
    max: THINGS_MAX,
    order: ({ payload }) => payload.finding_seq ?? 0,
    isOver: ({ status }) => status !== 'found',
  });
  const runs = new Newest<OpsReconciliation>({ max: FEW, order: byTime, isOver: never });
  /** As published by this process or the one before it. */
  const published = new Newest<OpsAlert>({
    max: THINGS_MAX,
    order: byTime,
    isOver: ({ status }) => status === 'cleared',
  });
  const failures = new Recent<ExecTradeResult>();
  const saltLosses = new Recent<ExecTradeResult>();
  const deadLetters = new Recent<DlqUnrip>();
  const refusals = new Recent<OpsControlAction>();
  const processes = new Processes();
  const sight = new Sight(nowUs);
  const metrics: MetricReading[] = [];

  const takers: { readonly [Topic in ReadTopic]: (heard: Heard<Payloads[Topic]>) => void } = {
    'ref.market_price': (heard) => prices.take(heard.payload.pair, heard),
    'state.intent_inventory': (heard) => inventories.take(heard.payload.account_id, heard),
    'exec.trade_result'(heard) {
      const { command_id: id, status, result_code: code } = heard.payload;
      attempts.take(id, heard);
      if (status === 'failed' || SUBMISSION_FAILED.has(code)) failures.take(known(RESULT_CODES, code), heard);
      if (code === 'salt_invalidated') saltLosses.take('', heard);
    },
    'ops.control_action'(heard) {
      const { outcome, http_status: status, service } = heard.payload;
      if (outcome === 'refused' && NOT_ALLOWED.has(status)) refusals.take(service, heard);
    },
    'ops.service_health': (heard) => processes.take(heard),
    'ops.liquidity_action': (heard) =>
      actions.take(`${heard.payload.kind} ${heard.payload.liquidity_action_id}`, heard),
    'ops.funding_observation': (heard) => observations.take(heard.payload.funding_observation_id, heard),
    'ops.alert': (heard) => published.take(heard.payload.alert_key, heard),
    'ops.reconciliation'(heard) {
      const { kind, finding_id: id } = heard.payload;
      if (kind === 'run') runs.take('', heard);
      else if (id !== null) findings.take(id, heard);
    },
    'dlq.unrip': (heard) => deadLetters.take(originOf(heard.payload.origin), heard),
  };

  return {
    ...{ observations, actions, findings, published, processes, sight },
    ...{ failures, saltLosses, deadLetters, refusals },
    /** Which expected metrics are served, as of the last readings. */
    metrics: (): readonly MetricReading[] => metrics,
    metricsRead(readings: readonly MetricReading[]): void {
      metrics.splice(0, metrics.length, ...readings);
    },
    take<Topic extends ReadTopic>(topic: Topic, heard: Heard<Payloads[Topic]>): void {
      takers[topic](heard);
    },
    price: (now: Moment) => newestOf(prices, now),
    inventory: (now: Moment) => newestOf(inventories, now),
    run: (now: Moment) => newestOf(runs, now),
    /** Attempts whose newest transition says that the outcome is unknown, the oldest first. */
    uncertain: (now: Moment): readonly Heard<ExecTradeResult>[] =>
      [...attempts.all(now)]
        .flatMap(([, heard]) => (heard.payload.status === 'uncertain' ? [heard] : []))
        .sort((left, right) => left.asOfUs - right.asOfUs),
    /** Things of which something was under way and which had to make room: what is known is not all. */
    dropped: (): number =>
      [attempts, observations, actions, findings].reduce((sum, newest) => sum + newest.dropped(), 0),
  };
}

function newestOf<Payload>(newest: Newest<Payload>, now: Moment): Heard<Payload> | null {
  let found: Heard<Payload> | null = null;
  for (const [, heard] of newest.all(now)) if (found === null || heard.atMs > found.atMs) found = heard;
  return found;
}

/** A subject of a closed list; what a newer version may have is one more. */
const known = (codes: readonly string[], code: string): string => (codes.includes(code) ? code : 'other');

const ORIGINS = ['relay', ...TOPICS.map(({ name }) => name)];
const originOf = (origin: string): string => known(ORIGINS, origin);
