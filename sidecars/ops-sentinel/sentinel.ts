// Evaluates the rules on a timer and hands on what follows: first to disk, then to Kafka, Alertmanager and the webhook. While it is
// paused it evaluates nothing, so that nothing is raised or cleared; it goes on reading, and the first evaluation after the pause
// catches up.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import { adoptedFrom } from './alerts/adopted.ts';
import type { Transition } from './alerts/alert.ts';
import { AlertBook } from './alerts/alert-book.ts';
import type { StateFile } from './alerts/state-file.ts';
import { Outbox } from './delivery/outbox.ts';
import { createKnown, type Known } from './known/known.ts';
import { READ_TOPICS, type ReadTopic, type Refusal, readRecord } from './known/record.ts';
import { type Moment, momentOf } from './moment.ts';
import { evaluateRules } from './rules/evaluate.ts';
import type { Rule, Windows } from './rules/rule.ts';

export type SentinelOptions = {
  readonly accountId: string;
  /** Of this process, as its own reports of health have it. */
  readonly instanceId: string;
  readonly windows: Windows;
  readonly rules: readonly Rule[];
  readonly hasWebhook: boolean;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly stateFile: StateFile;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Whether everything that Kafka has was read. */
  readonly isAtEnd: () => boolean;
  /** Called at each tick. @param isNews whether there are records that there were not before */
  readonly onTick: (isNews: boolean) => void;
};

export type TopicCount = { readonly outcomes: Map<string, number>; lastReadAtMs: number };

/** Between two evaluations: far less than any window, and little work. */
export const EVALUATE_MS = 1000;
/** A start, or another reader, takes a moment to read what there is: nothing that was found before is given up for that. */
const PATIENCE_MS = 15_000;

export class Sentinel {
  readonly #options: SentinelOptions;
  readonly known: Known;
  readonly book: AlertBook;
  readonly outbox: Outbox;
  /** By topic, since the start. */
  readonly counts = new Map<ReadTopic, TopicCount>();
  /** Nothing was kept: what the topic says is raised is taken over before the first evaluation. */
  #mustAdopt: boolean;
  #tickedUs: number | null = null;
  #evaluatedUs: number | null = null;
  #evaluatedAtMs: number | null = null;
  #transitions = { raised: 0, cleared: 0 };
  readonly #startedUs: number;
  #others: readonly string[] = [];
  paused = false;
  draining = false;

  constructor(options: SentinelOptions) {
    this.#options = options;
    const { accountId, rules, windows, newId, clock, stateFile, hasWebhook } = options;
    this.#startedUs = clock.elapsedUs();
    const kept = stateFile.load();
    this.#mustAdopt = kept === null || !kept.isWhole;
    this.known = createKnown(clock.elapsedUs());
    this.book = new AlertBook({ accountId, rules, windows, newId }, kept?.alerts, kept?.cleared);
    this.outbox = new Outbox(kept?.unsent ?? [], hasWebhook);
  }

  /** @param topic without the prefix that tests have */
  take(topic: string, { value, offset }: Pick<ConsumedRecord, 'value' | 'offset'>): void {
    const name = READ_TOPICS.find((each) => each === topic);
    if (name === undefined) return;
    const now = momentOf(this.#options.clock);
    this.known.sight.read(now.nowUs);
    const read = readRecord(name, value, { accountId: this.#options.accountId, now });
    const outcome = read.ok ? 'taken' : read.refusal;
    if (read.ok) this.known.take(name, read.heard);
    if (this.#count(name, outcome, now.nowMs) === 1 && outcome !== 'taken' && outcome !== 'other_account')
      this.#options.log.warn('record_refused', { topic: name, offset, reason: outcome });
  }

  /** The reader begins again: until it has caught up nothing is known for certain. */
  lost(): void {
    this.known.sight.lost();
  }

  /** To be called every EVALUATE_MS. */
  tick(): void {
    const { clock, rules, windows, isAtEnd } = this.#options;
    const now = momentOf(clock);
    this.#tickedUs = now.nowUs;
    const { sight } = this.known;
    if (isAtEnd()) sight.atEnd(now.nowUs);
    this.#noteOthers(now);
    const blindMs = sight.blindMs(now.nowUs);
    const isPatient = blindMs !== null && blindMs <= PATIENCE_MS;
    let isNews = false;
    if (!this.paused && !this.draining && !isPatient) {
      this.#adopt();
      const findings = evaluateRules(rules, this.known, { now, windows });
      const transitions = this.book.evaluate(findings, now);
      this.#evaluatedUs = now.nowUs;
      this.#evaluatedAtMs = now.nowMs;
      this.outbox.add(transitions);
      isNews = transitions.length > 0;
      for (const transition of transitions) this.#report(transition);
    }
    this.save();
    this.#options.onTick(isNews);
  }

  /** Writes what has changed. */
  save(): void {
    // Both are asked: each forgets that it was.
    const [isBookChanged, isOutboxChanged] = [this.book.takeChanged(), this.outbox.takeChanged()];
    if (!isBookChanged && !isOutboxChanged && this.#options.stateFile.problem() === null) return;
    const { book, outbox } = this;
    const isWhole = !this.#mustAdopt;
    this.#options.stateFile.save({ isWhole, alerts: book.alerts(), cleared: book.cleared(), unsent: outbox.all() });
  }

  pause(): void {
    this.paused = true;
  }

  /** Evaluates at once. */
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.tick();
  }

  /** Null: not yet since the start. */
  evaluatedAtMs(): number | null {
    return this.#evaluatedAtMs;
  }

  /** Since the last evaluation; null: none yet. */
  evaluatedForMs(): number | null {
    return this.#forMs(this.#evaluatedUs);
  }

  /** Since it was last asked to evaluate; null: not yet. */
  tickedForMs(): number | null {
    return this.#forMs(this.#tickedUs);
  }

  #forMs(sinceUs: number | null): number | null {
    return sinceUs === null ? null : (this.#options.clock.elapsedUs() - sinceUs) / 1000;
  }

  transitions(): { readonly raised: number; readonly cleared: number } {
    return this.#transitions;
  }

  /** Instances of other ops-sentinels of this account that run now: each of them raises and clears every alert as well. */
  others(): readonly string[] {
    return this.#others;
  }

  /** The last reports of a process before this one are of before its start. */
  #noteOthers(now: Moment): void {
    const { instanceId, log } = this.#options;
    const others = this.known.processes
      .running('ops-sentinel', now)
      .filter(({ payload, asOfUs }) => payload.instance_id !== instanceId && asOfUs > this.#startedUs)
      .map(({ payload }) => payload.instance_id.slice(0, 128))
      .sort();
    if (others.join() === this.#others.join()) return;
    this.#others = others;
    if (others.length === 0) log.info('only_sentinel_again', {});
    else
      log.error('other_sentinel', {
        instances: others,
        detail: 'another ops-sentinel of this account runs, and each alert is raised by both: stop one of them',
      });
  }

  #adopt(): void {
    const { clock } = this.#options;
    const now = momentOf(clock);
    if (!this.#mustAdopt || this.known.sight.blindMs(now.nowUs) !== null) return;
    this.#mustAdopt = false;
    const alerts = adoptedFrom(this.known.published.all(now), now);
    this.book.adopt(alerts);
    if (alerts.length > 0) this.#options.log.warn('alerts_adopted', { count: alerts.length });
  }

  #count(topic: ReadTopic, outcome: 'taken' | 'other_account' | Refusal, nowMs: number): number {
    const count = this.counts.get(topic) ?? { outcomes: new Map<string, number>(), lastReadAtMs: nowMs };
    const number = (count.outcomes.get(outcome) ?? 0) + 1;
    count.outcomes.set(outcome, number);
    count.lastReadAtMs = nowMs;
    this.counts.set(topic, count);
    return number;
  }

  #report({ payload, eventId }: Transition): void {
    const { status, alert_code, subject, severity, reason, correlation_ids, runbook } = payload;
    this.#transitions = { ...this.#transitions, [status]: this.#transitions[status] + 1 };
    const fields = { alert_code, subject, severity, reason, runbook, event_id: eventId, ...correlation_ids };
    if (status === 'raised' && severity !== 'info') this.#options.log.warn('alert_raised', fields);
    else this.#options.log.info(`alert_${status}`, fields);
  }
}
