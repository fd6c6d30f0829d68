// From what the rules find to alerts that are raised and cleared. Pure: time and ids come in, transitions come out. Of one alert,
// identified by code, account and subject, they alternate: raised, perhaps again with another severity or reason, cleared.
//
// A gap between two evaluations (a pause, a restart) counts as what was found at both of its ends.

import { type AlertCode, severityOf } from '../../../contracts/codes/alerts.ts';
import { type Moment, msSince } from '../moment.ts';
import type { Condition, Found, Rule, Windows } from '../rules/rule.ts';
import { type Alert, keyOf, type Raised, type Transition } from './alert.ts';
import { clearedRecord, raisedRecord } from './alert-record.ts';

/** Subjects of a rule at a time: more alerts say nothing that the first of them do not. */
export const SUBJECTS_MAX = 128;
/** Another reason within an episode is published no more often. */
export const REPEAT_MS = 60_000;
/** Of a day, for /alerts. */
export const CLEARED_MAX = 100;

export type RuleStatus = {
  readonly evaluatedAtMs: number | null;
  /** `no_data`: of no subject anything is known. */
  readonly outcome: 'not_evaluated' | 'evaluated' | 'no_data' | 'failed';
};

export type BookOptions = {
  readonly accountId: string;
  readonly rules: readonly Rule[];
  readonly windows: Windows;
  readonly newId: () => string;
};

export class AlertBook {
  readonly #options: BookOptions;
  readonly #alerts = new Map<string, Alert>();
  #cleared: Transition[] = [];
  readonly #status = new Map<AlertCode, RuleStatus>();
  #dropped = 0;
  #isChanged = false;

  /** @param alerts of before, by key; @param cleared the newest last */
  constructor(options: BookOptions, alerts: readonly Alert[] = [], cleared: readonly Transition[] = []) {
    this.#options = options;
    for (const alert of alerts) this.#alerts.set(this.#keyOf(alert), alert);
    this.#cleared = cleared.slice(-CLEARED_MAX);
  }

  /** Takes over what was raised before, where nothing is known of it. */
  adopt(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const key = this.#keyOf(alert);
      if (this.#alerts.has(key)) continue;
      this.#alerts.set(key, alert);
      this.#isChanged = true;
    }
  }

  /** What follows from an evaluation of all rules, in the order of the rules. */
  evaluate(findings: ReadonlyMap<Rule, Found | 'failed'>, now: Moment): Transition[] {
    const transitions = this.#clearUnruled(now);
    for (const rule of this.#options.rules) {
      const found = findings.get(rule) ?? 'failed';
      const outcome = found === 'failed' ? 'failed' : found.unknown === 'all' ? 'no_data' : 'evaluated';
      this.#status.set(rule.code, { evaluatedAtMs: now.nowMs, outcome });
      const known = found === 'failed' ? ({ holds: [], unknown: 'all' } as const) : found;
      transitions.push(...this.#apply(rule, known, now));
    }
    return transitions;
  }

  /** Those that are raised, and those that wait for their pending time. */
  alerts(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  /** Transitions that ended an episode, the newest last. */
  cleared(): readonly Transition[] {
    return this.#cleared;
  }

  status(code: AlertCode): RuleStatus {
    return this.#status.get(code) ?? { evaluatedAtMs: null, outcome: 'not_evaluated' };
  }

  /** Codes of rules that failed at their last evaluation: errors of this program. */
  failing(): readonly AlertCode[] {
    return [...this.#status].flatMap(([code, { outcome }]) => (outcome === 'failed' ? [code] : []));
  }

  /** Conditions that were passed over because their rule has too many. */
  dropped(): number {
    return this.#dropped;
  }

  /** Whether anything that outlives a restart has changed since the last call. */
  takeChanged(): boolean {
    const changed = this.#isChanged;
    this.#isChanged = false;
    return changed;
  }

  #keyOf({ code, condition }: Alert): string {
    return keyOf(code, this.#options.accountId, condition.subject);
  }

  #set(alert: Alert, before: Alert | undefined): void {
    if (before?.phase !== alert.phase || before.raised !== alert.raised) this.#isChanged = true;
    this.#alerts.set(this.#keyOf(alert), alert);
  }

  #apply(rule: Rule, found: Found, now: Moment): Transition[] {
    const transitions: Transition[] = [];
    const holding = new Set<string>();
    let subjects = this.alerts().filter(({ code }) => code === rule.code).length;
    for (const condition of found.holds) {
      const key = keyOf(rule.code, this.#options.accountId, condition.subject);
      if (holding.has(key)) continue;
      const before = this.#alerts.get(key);
      if (before === undefined && subjects >= SUBJECTS_MAX) {
        this.#dropped++;
        continue;
      }
      if (before === undefined) subjects++;
      holding.add(key);
      transitions.push(...this.#hold(rule, condition, before, now));
    }
    for (const alert of this.alerts()) {
      if (alert.code !== rule.code || holding.has(this.#keyOf(alert))) continue;
      const isUnknown =
        found.unknown === 'all' || (found.unknown !== 'none' && found.unknown.has(alert.condition.subject));
      transitions.push(...(isUnknown ? this.#doubt(alert, now) : this.#recover(rule, alert, now)));
    }
    return transitions;
  }

  /** The condition holds. */
  #hold(rule: Rule, condition: Condition, before: Alert | undefined, now: Moment): Transition[] {
    const { nowMs, nowUs } = now;
    const reason = rule.reason(condition.details);
    const seen = { code: rule.code, condition, reason, evaluatedAtMs: nowMs, isUnknown: false };
    if (before?.raised != null) {
      const phase = { phase: 'raised', sinceUs: before.phase === 'raised' ? before.sinceUs : nowUs } as const;
      return this.#raiseAgain({ ...before, ...seen, ...phase }, before.raised, before, now);
    }
    const pending: Alert = {
      ...{ ...seen, phase: 'pending', raised: null },
      sinceUs: before?.sinceUs ?? nowUs,
      conditionSinceMs: before?.conditionSinceMs ?? nowMs,
    };
    if (msSince(pending.sinceUs, now) < rule.pendingMs(this.#options.windows)) {
      this.#set(pending, before);
      return [];
    }
    const raised: Raised = { firstAtMs: nowMs, atMs: nowMs, atUs: nowUs, ...wordsOf(pending) };
    const alert: Alert = { ...pending, phase: 'raised', sinceUs: nowUs, raised };
    this.#set(alert, before);
    return [this.#transition(alert, raised, nowMs, raisedRecord)];
  }

  /** A further record of the episode, if it says something new. */
  #raiseAgain(alert: Alert, last: Raised, before: Alert, now: Moment): Transition[] {
    const words = wordsOf(alert);
    const isNews = words.severity !== last.severity || words.cause !== last.cause || words.variant !== last.variant;
    if (!isNews || msSince(last.atUs, now) < REPEAT_MS) {
      this.#set(alert, before);
      return [];
    }
    const { nowMs, nowUs } = now;
    const raised: Raised = { firstAtMs: last.firstAtMs, atMs: nowMs, atUs: nowUs, ...words };
    this.#set({ ...alert, raised }, before);
    return [this.#transition(alert, raised, nowMs, raisedRecord)];
  }

  /** It is not known whether the condition holds: what has not been raised begins again, what is raised stays. */
  #doubt(alert: Alert, { nowMs, nowUs }: Moment): Transition[] {
    if (alert.phase === 'pending') {
      this.#remove(alert);
      return [];
    }
    const sinceUs = alert.phase === 'raised' ? alert.sinceUs : nowUs;
    this.#set({ ...alert, phase: 'raised', sinceUs, evaluatedAtMs: nowMs, isUnknown: true }, alert);
    return [];
  }

  /** The condition is absent. */
  #recover(rule: Rule, alert: Alert, now: Moment): Transition[] {
    if (alert.raised === null) {
      this.#remove(alert);
      return [];
    }
    const { nowMs, nowUs } = now;
    const sinceUs = alert.phase === 'recovering' ? alert.sinceUs : nowUs;
    const keepMs = rule.keepMs(this.#options.windows);
    if (msSince(sinceUs, now) < keepMs) {
      this.#set({ ...alert, phase: 'recovering', sinceUs, evaluatedAtMs: nowMs, isUnknown: false }, alert);
      return [];
    }
    return [this.#clear(alert, alert.raised, nowMs, `absent for ${Math.round(keepMs / 1000)} s`)];
  }

  /** Alerts of a rule that this version does not have: nothing would ever clear them. */
  #clearUnruled({ nowMs }: Moment): Transition[] {
    const codes = new Set(this.#options.rules.map(({ code }) => code));
    return this.alerts().flatMap((alert) => {
      if (codes.has(alert.code)) return [];
      if (alert.raised !== null) return [this.#clear(alert, alert.raised, nowMs, 'this version has no such rule')];
      this.#remove(alert);
      return [];
    });
  }

  #clear(alert: Alert, raised: Raised, nowMs: number, why: string): Transition {
    this.#remove(alert);
    const cleared = this.#transition(alert, raised, nowMs, (of) => clearedRecord(of, why));
    this.#cleared = [...this.#cleared, cleared].slice(-CLEARED_MAX);
    return cleared;
  }

  #remove(alert: Alert): void {
    this.#isChanged = true;
    this.#alerts.delete(this.#keyOf(alert));
  }

  #transition(alert: Alert, raised: Raised, nowMs: number, record: typeof raisedRecord): Transition {
    const { accountId, newId } = this.#options;
    const eventId = newId();
    return { eventId, atMs: nowMs, payload: record({ alert, raised, accountId, eventId, nowMs }) };
  }
}

const wordsOf = ({ code, condition }: Alert) => ({
  severity: severityOf(code),
  cause: condition.cause,
  variant: condition.variant,
});
