// Health of a process, collected from its parts. Nothing is latched: each look asks every part anew. What is remembered is
// only since when the answer is what it is, and what was published last, so that a change is told at once.
//
// `reasons` say why a part cannot do its job (codes); `notes` are healthy but worth saying: disarmed, paused, silent pair.

import { isoTime } from '../../time.ts';
import type { ServiceName } from '../../topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../topics/ops-service-health.ts';
import type { Clock } from '../clock.ts';

export type PartHealth = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
};

/** Whether a process does what it is there for right now, switches and operators included, and what is in the way. */
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
  /** One look a part; a look that throws makes its part unhealthy with `check_failed`. */
  readonly parts: Readonly<Record<string, () => PartHealth>>;
  readonly writing?: () => WritingState;
  readonly trading?: () => TradingHealth;
};

export type Health = {
  now(): ServiceHealth;
  payload(): OpsServiceHealth;
  /** Publishes at each change, looked for every `checkMs`, and every `repeatMs`; the result stops it. */
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

export function createHealth(options: HealthOptions): Health {
  const { timers } = options;
  const startedAtMs = timers.nowMs();
  let sinceMs = startedAtMs;
  let lastAnswer: string | null = null;

  const now = (): ServiceHealth => {
    const parts: Record<string, PartHealth> = {};
    const reasons: string[] = [];
    const notes: string[] = [];
    for (const [name, look] of Object.entries(options.parts)) {
      const part = lookAt(look);
      parts[name] = part;
      for (const reason of part.reasons) reasons.push(`${name}.${reason}`);
      for (const note of part.notes) notes.push(`${name}.${note}`);
    }
    const healthy = Object.values(parts).every((part) => part.healthy);
    const answer = `${healthy} ${reasons.join(' ')}`;
    if (lastAnswer !== null && lastAnswer !== answer) sinceMs = timers.nowMs();
    lastAnswer = answer;
    return { healthy, reasons, notes, sinceMs, trading: tradingNow(options.trading), parts };
  };

  const payload = (): OpsServiceHealth => {
    const health = now();
    const state = options.writing?.() ?? { writing: null, lagMs: null };
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
      const look = (): void => {
        const next = payload();
        const said = JSON.stringify([next.healthy, next.reasons, next.notes, next.writing]);
        const nowUs = timers.elapsedUs();
        if (said === published && nowUs - publishedAtUs < REPEAT_MS * 1000) return;
        published = said;
        publishedAtUs = nowUs;
        publish(next);
      };
      look();
      return timers.every(CHECK_MS, look);
    },
  };
}

function lookAt(look: () => PartHealth): PartHealth {
  try {
    return look();
  } catch {
    return partHealth(['check_failed']);
  }
}

function tradingNow(look: HealthOptions['trading']): TradingHealth | null {
  try {
    return look?.() ?? null;
  } catch {
    return { trading: false, notTrading: ['check_failed'] };
  }
}
