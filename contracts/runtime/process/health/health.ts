// Health of a process, collected from its parts. Nothing is latched: each check asks every part again. The only memory is since
// when the answer has been the same, and what was published last, so that a change is published at once.
//
// `reasons` say why a part cannot do its job (codes); `notes` are healthy but worth reporting: disarmed, paused, silent pair.

import { isoTime } from '../../../time.ts';
import type { ServiceName } from '../../../topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../../topics/ops-service-health.ts';
import type { Clock } from '../../clock.ts';

export type PartHealth = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
};

/** Whether a process trades right now, switches and operators included, and what prevents it. */
export type TradingHealth = { readonly trading: boolean; readonly notTrading: readonly string[] };

export type ServiceHealth = {
  readonly healthy: boolean;
  /** `part.code`, in the order of the parts. */
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly sinceMs: number;
  /** null: a process that does not trade. */
  readonly trading: TradingHealth | null;
  readonly parts: Readonly<Record<string, PartHealth>>;
};

/** What the history-writer adds to its record; null in every other process. */
export type WritingState = { readonly writing: boolean | null; readonly lagMs: number | null };

export type HealthOptions = {
  readonly service: ServiceName;
  readonly instanceId: string;
  readonly version: string;
  readonly timers: Pick<Clock, 'nowMs' | 'elapsedUs' | 'every'>;
  /** One check a part; a check that throws makes its part unhealthy with `check_failed`. */
  readonly parts: Readonly<Record<string, () => PartHealth>>;
  readonly writing?: (() => WritingState) | undefined;
  readonly trading?: (() => TradingHealth) | undefined;
  /** Notes of the control API, which is no part of what the process does. */
  readonly controlNotes?: (() => readonly string[]) | undefined;
  /** The check of a part, or that of `trading` or `writing`, throws and did not before. */
  readonly onFailed?: ((part: string, error: unknown) => void) | undefined;
  /** Runs a check: what several parts ask may be asked once for all of it. */
  readonly asOne?: (<T>(check: () => T) => T) | undefined;
};

export type Health = {
  now(): ServiceHealth;
  payload(): OpsServiceHealth;
  /** Publishes at each change, checked every CHECK_MS, and every REPEAT_MS; the result stops it. */
  report(publish: (payload: OpsServiceHealth) => void): () => void;
};

const CHECK_MS = 250;
const REPEAT_MS = 5000;

export const HEALTHY: PartHealth = { healthy: true, reasons: [], notes: [] };

/** A part is healthy when there is no reason against it. */
export const partHealth = (reasons: readonly string[], notes: readonly string[] = []): PartHealth => ({
  healthy: reasons.length === 0,
  reasons,
  notes,
});

/** Of a part whose check throws. */
export const CHECK_FAILED: PartHealth = partHealth(['check_failed']);
const WRITING_FAILED: WritingState = { writing: false, lagMs: null };
const TRADING_FAILED: TradingHealth = { trading: false, notTrading: ['check_failed'] };

export function createHealth(options: HealthOptions): Health {
  const { timers } = options;
  const startedAtMs = timers.nowMs();
  let sinceMs = startedAtMs;
  let lastAnswer: string | null = null;
  const failing = new Set<string>();

  const orElse = <Answer>(name: string, check: () => Answer, otherwise: Answer): Answer => {
    try {
      const answer = check();
      failing.delete(name);
      return answer;
    } catch (error) {
      if (!failing.has(name)) {
        failing.add(name);
        options.onFailed?.(name, error);
      }
      return otherwise;
    }
  };

  const now = (): ServiceHealth => (options.asOne === undefined ? check() : options.asOne(check));

  const check = (): ServiceHealth => {
    const parts: Record<string, PartHealth> = {};
    const reasons: string[] = [];
    const notes: string[] = [];
    for (const [name, check] of Object.entries(options.parts)) {
      const part = orElse(name, check, CHECK_FAILED);
      parts[name] = part;
      for (const reason of part.reasons) reasons.push(`${name}.${reason}`);
      for (const note of part.notes) notes.push(`${name}.${note}`);
    }
    for (const note of options.controlNotes?.() ?? []) notes.push(`control.${note}`);
    const healthy = Object.values(parts).every((part) => part.healthy);
    const answer = `${healthy} ${reasons.join(' ')}`;
    if (lastAnswer !== null && lastAnswer !== answer) sinceMs = timers.nowMs();
    lastAnswer = answer;
    const trading = orElse('trading', () => options.trading?.() ?? null, TRADING_FAILED);
    return { healthy, reasons, notes, sinceMs, trading, parts };
  };

  const payload = (): OpsServiceHealth => {
    const health = now();
    const state = orElse('writing', () => options.writing?.() ?? { writing: null, lagMs: null }, WRITING_FAILED);
    return {
      service: options.service,
      instance_id: options.instanceId,
      healthy: health.healthy,
      reasons: [...health.reasons],
      notes: [...health.notes],
      since: isoTime(health.sinceMs),
      started_at: isoTime(startedAtMs),
      at: isoTime(timers.nowMs()),
      version: options.version,
      writing: state.writing,
      lag_ms: state.lagMs,
      parts: Object.fromEntries(
        Object.entries(health.parts).map(([name, part]) => [
          name,
          { healthy: part.healthy, reasons: [...part.reasons] },
        ]),
      ),
    };
  };

  return {
    now,
    payload,
    report(publish) {
      let published: string | null = null;
      let publishedAtUs = 0;
      const publishChange = (): void => {
        const next = payload();
        const current = JSON.stringify([next.healthy, next.reasons, next.notes, next.writing]);
        const nowUs = timers.elapsedUs();
        if (current === published && nowUs - publishedAtUs < REPEAT_MS * 1000) return;
        published = current;
        publishedAtUs = nowUs;
        publish(next);
      };
      publishChange();
      return timers.every(CHECK_MS, publishChange);
    },
  };
}
