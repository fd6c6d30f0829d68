// What reached Kafka, held against what left: each record once, each trade with its whole chain of states, each settlement in one
// record alone.

import type { Findings } from './findings.ts';
import { isEnd, mayFollow } from './lifecycle.ts';

type Step = { readonly eventId: string; readonly from: string; readonly to: string; readonly code: string };

/** Of one quote. */
export type Trade = {
  decisions: { readonly eventId: string; readonly accepted: boolean; readonly reason: string }[];
  commands: number;
  readonly steps: Map<number, Step>;
  /** What it pays in EUR times 10^18, by the decision. */
  paidEurE18: bigint;
};

type Envelope = { readonly event_id: string; readonly payload: Readonly<Record<string, unknown>> };

type RecordsOptions = {
  /** Called for each step of a trade, once. */
  readonly onStep: (quoteId: string, to: string, code: string) => void;
  /** Called for each decision that was accepted, once. */
  readonly onAccepted: (quoteId: string, paidEur: number) => void;
};

/** Records are sent again after a restart: the newest of them, as many as an outage holds back. */
const EVENTS_KEPT = 400_000;

export class Records {
  readonly trades = new Map<string, Trade>();
  readonly counts = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  readonly transitions = new Map<string, number>();
  readonly codes = new Map<string, number>();
  /** Sums of the changes of balances that results stand for, by asset. */
  readonly settled = new Map<string, bigint>();
  readonly #events = new Map<string, string>();
  readonly #findings: Findings;
  readonly #options: RecordsOptions;

  constructor(findings: Findings, options: RecordsOptions) {
    this.#findings = findings;
    this.#options = options;
  }

  take(topic: string, value: string | null): void {
    if (value === null) return;
    count(this.counts, topic);
    const envelope: Envelope = JSON.parse(value);
    const { event_id: eventId, payload } = envelope;
    if (typeof eventId !== 'string') return;
    const known = this.#events.get(eventId);
    if (known !== undefined) {
      this.#findings.hold(
        'a record that is sent again is the same',
        known === digest(value),
        () => `${topic} ${eventId}`,
      );
      return;
    }
    this.#remember(eventId, digest(value));
    if (topic === 'decision.trade_decision') this.#decision(eventId, payload);
    else if (topic === 'cmd.execute_trade') this.#of(payload).commands += 1;
    else if (topic === 'exec.trade_result') this.#result(eventId, payload);
  }

  of(quoteId: string): Trade | undefined {
    return this.trades.get(quoteId);
  }

  /** Newest state on record; null: none. */
  stateOf(quoteId: string): string | null {
    const steps = this.trades.get(quoteId)?.steps;
    if (steps === undefined || steps.size === 0) return null;
    return steps.get(Math.max(...steps.keys()))?.to ?? null;
  }

  /** What is wrong with the chain of an answer whose quote is over; null: nothing. */
  faultOf(quoteId: string): string | null {
    const trade = this.trades.get(quoteId);
    if (trade === undefined) return 'nothing of it is on record';
    if (!trade.decisions.some(({ accepted }) => accepted)) return 'no accepted decision is on record';
    if (trade.commands !== 1) return `${trade.commands} commands are on record`;
    let state = 'proposed';
    for (let seq = 1; seq <= trade.steps.size; seq += 1) {
      const step = trade.steps.get(seq);
      if (step === undefined) return `step ${seq} of ${trade.steps.size} is missing`;
      if (step.from !== state) return `step ${seq} goes on from ${step.from}, not from ${state}`;
      state = step.to;
    }
    if (state === 'uncertain' && [...trade.steps.values()].at(-1)?.code === 'unattributed') return null;
    return isEnd(state) ? null : `it ends as ${state}`;
  }

  #decision(eventId: string, payload: Envelope['payload']): void {
    const trade = this.#of(payload);
    const reason = String(payload['decision_reason']);
    count(this.reasons, reason);
    const accepted = payload['decision'] === 'accepted';
    trade.decisions.push({ eventId, reason, accepted });
    if (!accepted) return;
    trade.paidEurE18 = scaledE18(String(payload['paid_eur']));
    this.#options.onAccepted(String(payload['quote_id']), Number(payload['paid_eur']));
  }

  #result(eventId: string, payload: Envelope['payload']): void {
    const trade = this.#of(payload);
    const seq = Number(payload['transition_seq']);
    const [from, to, code] = [payload['previous_status'], payload['status'], payload['result_code']].map(String) as [
      string,
      string,
      string,
    ];
    count(this.transitions, `${from} ${to}`);
    count(this.codes, code);
    this.#findings.hold(
      'a step is one that the life of a trade has',
      mayFollow(from, to),
      () => `${payload['quote_id']}: ${from} to ${to}`,
    );
    this.#findings.hold(
      'a step is on record once',
      !trade.steps.has(seq),
      () => `${payload['quote_id']}: step ${seq} is ${trade.steps.get(seq)?.to} and ${to}`,
    );
    this.#findings.hold(
      'the steps of a trade arrive in order',
      seq === trade.steps.size + 1,
      () => `${payload['quote_id']}: step ${seq} after ${trade.steps.size}`,
    );
    trade.steps.set(seq, { eventId, from, to, code });
    this.#options.onStep(String(payload['quote_id']), to, code);
    const settlement = payload['settlement'] as { readonly balance_change?: Record<string, string> } | null;
    for (const [asset, units] of Object.entries(settlement?.balance_change ?? {}))
      this.settled.set(asset, (this.settled.get(asset) ?? 0n) + BigInt(units));
  }

  #of(payload: Envelope['payload']): Trade {
    const quoteId = String(payload['quote_id']);
    const known = this.trades.get(quoteId);
    if (known !== undefined) return known;
    const trade: Trade = { decisions: [], commands: 0, steps: new Map(), paidEurE18: 0n };
    this.trades.set(quoteId, trade);
    return trade;
  }

  #remember(eventId: string, value: string): void {
    this.#events.set(eventId, value);
    if (this.#events.size <= EVENTS_KEPT) return;
    for (const oldest of this.#events.keys()) {
      this.#events.delete(oldest);
      return;
    }
  }
}

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

/** A decimal number times 10^18. */
function scaledE18(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.padEnd(18, '0').slice(0, 18)}`);
}

const digest = (value: string): string => String(Bun.hash(value));
