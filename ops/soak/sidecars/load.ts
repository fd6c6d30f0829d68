// The load of a run of kills: records for history all the time, withdrawals that get stuck and are over once the sentinel has said so,
// and deposits on both chains. It knows what of it is unfinished, so that a kill can meet each process at work.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { lastingTimers, machineClock } from '../../../contracts/runtime/clock.ts';
import { renderEnvelope } from '../../../contracts/runtime/kafka/envelope.ts';
import { openRecordSender } from '../../../contracts/runtime/kafka/record-sender.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { NormSwapDemand } from '../../../contracts/topics/norm-swap-demand.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { World } from '../../sim/world.ts';
import type { SeenAlert } from './judge.ts';

export type Load = {
  /** Records of requests, at once. */
  burst(count: number): void;
  /** A withdrawal gets stuck, which is an alert. */
  getStuck(): void;
  /** Somebody pays to one of the deposit addresses. */
  deposit(): void;
  /** Ids of records that Kafka has. */
  readonly acknowledged: ReadonlySet<string>;
  readonly demands: { sent: number; acknowledged: number };
  unacknowledged(): number;
  /** Subjects of all alerts that are caused, and those whose raise has not been seen. */
  readonly episodes: readonly string[];
  unraised(): number;
  readonly deposited: readonly string[];
  /** Nothing more begins; resolves when Kafka has everything and each alert is cleared. */
  finish(): Promise<void>;
  close(): Promise<void>;
};

type LoadOptions = {
  readonly brokers: string;
  readonly accountId: string;
  readonly world: World;
  /** As they are in Kafka. */
  readonly alerts: () => readonly SeenAlert[];
  readonly waitFor: (what: string, condition: () => boolean) => Promise<void>;
};

const TICK_MS = 100;
const DEMANDS_A_TICK = 20;
/** Steady; kills that are to meet work add their own. */
const STUCK_EVERY_TICKS = 15;
const DEPOSIT_EVERY_TICKS = 40;
/** More would be a load on the bridges, and nothing else. */
const STEADY_DEPOSITS_MAX = 20;
const STEADY_EPISODES_MAX = 100;

export function startLoad(options: LoadOptions): Load {
  const { brokers, accountId, world, alerts, waitFor } = options;
  const sender = openRecordSender({
    brokers,
    clientId: 'unrip-soak-load',
    extra: {},
    topicPrefix: '',
    timers: { ...machineClock, ...lastingTimers },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const acknowledged = new Set<string>();
  const demands = { sent: 0, acknowledged: 0 };
  const episodes: string[] = [];
  const ended = new Set<string>();
  const deposited: string[] = [];

  const send = async (topic: TopicName, key: string, payload: unknown): Promise<void> => {
    const eventId = Bun.randomUUIDv7();
    const atMs = Date.now();
    const facts = { topic, eventId, source: 'soak', accountId, observedAtMs: atMs, ingestedAtMs: atMs };
    await sender.send(topic, key, renderEnvelope(facts, payload));
    acknowledged.add(eventId);
  };
  /** At the end of the run nobody waits any more for what Kafka never took. */
  const ignored = (sent: Promise<void>): void => void sent.catch(() => undefined);

  const burst = (count: number): void => {
    for (let each = 0; each < count; each += 1) {
      demands.sent += 1;
      const quoteId = `quote-${demands.sent}`;
      ignored(
        send('norm.swap_demand', quoteId, demandOf(quoteId)).then(() => {
          demands.acknowledged += 1;
        }),
      );
    }
  };
  const getStuck = (): void => {
    const id = `stuck-${episodes.length + 1}-${accountId}`;
    episodes.push(id);
    ignored(send('ops.liquidity_action', id, withdrawalOf(id, accountId, 'stuck')));
  };
  const deposit = (): void => void deposited.push(depositTo(world, deposited.length));
  const endRaised = (): void => {
    const raised = subjectsOf(alerts(), 'raised');
    for (const id of episodes) {
      if (ended.has(id) || !raised.has(id)) continue;
      ended.add(id);
      ignored(send('ops.liquidity_action', id, withdrawalOf(id, accountId, 'completed')));
    }
  };

  let ticks = 0;
  let isFinishing = false;
  const timer = setInterval(() => {
    endRaised();
    if (isFinishing) return;
    ticks += 1;
    burst(DEMANDS_A_TICK);
    if (ticks % STUCK_EVERY_TICKS === 0 && episodes.length < STEADY_EPISODES_MAX) getStuck();
    if (ticks % DEPOSIT_EVERY_TICKS === 0 && deposited.length < STEADY_DEPOSITS_MAX) deposit();
  }, TICK_MS);

  return {
    burst,
    getStuck,
    deposit,
    acknowledged,
    demands,
    unacknowledged: () => sender.waiting(),
    episodes,
    unraised: () => {
      const raised = subjectsOf(alerts(), 'raised');
      return episodes.filter((id) => !raised.has(id)).length;
    },
    deposited,
    async finish() {
      isFinishing = true;
      const areCleared = (): boolean => {
        const cleared = subjectsOf(alerts(), 'cleared');
        return episodes.every((id) => cleared.has(id));
      };
      await waitFor('every alert to be raised and cleared', areCleared);
      await waitFor('Kafka to have every record', () => sender.waiting() === 0);
    },
    async close() {
      clearInterval(timer);
      await sender.close();
    },
  };
}

const subjectsOf = (alerts: readonly SeenAlert[], status: 'raised' | 'cleared'): ReadonlySet<string> =>
  new Set(alerts.flatMap(({ payload }) => (payload.status === status ? [payload.subject] : [])));

/** On either chain in turn, each of another amount; gives the transaction. */
function depositTo(world: World, number: number): string {
  const { txHash } = world.deposit(
    number % 2 === 0
      ? { chain: 'btc:mainnet', amountUnits: 100_000n + BigInt(number) }
      : { chain: 'eth:100', amountUnits: 10n ** 19n + BigInt(number) },
  );
  return txHash;
}

const demandOf = (quoteId: string): NormSwapDemand => ({
  quote_id: quoteId,
  pair: 'BTC/EURe',
  direction: 'BTC->EURe',
  asset_in: BTC.id,
  asset_out: EURE.id,
  amount_in: '4000',
  amount_out: null,
  ttl_ms: 60_000,
  min_wait_ms: null,
  max_wait_ms: null,
  partner_id: 'soak',
  traceparent: null,
  received_at: isoTime(Date.now()),
});

function withdrawalOf(id: string, accountId: string, status: 'stuck' | 'completed'): OpsLiquidityAction {
  const at = isoTime(Date.now());
  const isOver = status === 'completed';
  return {
    liquidity_action_id: id,
    transition_seq: isOver ? 2 : 1,
    account_id: accountId,
    kind: 'withdrawal',
    rebalance: false,
    previous_status: isOver ? 'stuck' : null,
    status,
    reason_code: isOver ? null : 'transfer_late',
    detail: '',
    bridge: 'poa',
    bridge_status: 'PENDING',
    asset_id: BTC.id,
    chain: 'btc:mainnet',
    funding_handle: null,
    external_wallet: null,
    destination: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    amount: '50000',
    credited_amount: isOver ? '48500' : null,
    fee: '1500',
    tx_hash: null,
    near_tx_hash: null,
    intent_hash: null,
    reservation_id: null,
    funding_observation_id: null,
    confirmations: null,
    confirmations_required: null,
    requested_at: at,
    first_seen_at: null,
    credited_at: null,
    completed_at: isOver ? at : null,
    at,
  };
}
