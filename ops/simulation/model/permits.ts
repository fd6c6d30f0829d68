// What operators have permitted, as the model has it from their calls alone: nothing may be signed without.

import type { Findings } from './findings.ts';

export type Permits = {
  strategyArmed: boolean;
  executorArmed: boolean;
  /** Ends of the armings, true time; null: none. */
  strategyUntilUs: number | null;
  executorUntilUs: number | null;
  /** When an operator last armed the executor. */
  executorArmedUs: number;
  strategyPaused: boolean;
  executorPaused: boolean;
  ingestPaused: boolean;
  referencePaused: boolean;
  referenceResumedUs: number;
  inventoryPaused: boolean;
  shadow: boolean;
  draining: boolean;
  minEdgePct: number;
  maxNotionalEur: number;
};

/** After a start: nothing is armed, everything else is as configured. */
export const permitsAtStart = (configured: Pick<Permits, 'minEdgePct' | 'maxNotionalEur' | 'shadow'>): Permits => ({
  strategyArmed: false,
  executorArmed: false,
  strategyUntilUs: null,
  executorUntilUs: null,
  executorArmedUs: Number.NEGATIVE_INFINITY,
  strategyPaused: false,
  executorPaused: false,
  ingestPaused: false,
  referencePaused: false,
  referenceResumedUs: Number.NEGATIVE_INFINITY,
  inventoryPaused: false,
  draining: false,
  ...configured,
});

/** A timer that ends an arming may run a moment late, when the process was held up. */
const LATE_US = 1_000;

/** Why nothing may be signed now; null: it may. */
export function forbidden(permits: Permits, nowUs: number): string | null {
  const isOver = (untilUs: number | null): boolean => untilUs !== null && nowUs > untilUs + LATE_US;
  if (!permits.strategyArmed) return 'the strategy is not armed';
  if (!permits.executorArmed) return 'the executor is not armed';
  if (isOver(permits.strategyUntilUs) || isOver(permits.executorUntilUs)) return 'the arming has ended';
  if (permits.strategyPaused) return 'the strategy is paused';
  if (permits.executorPaused) return 'the executor is paused';
  if (permits.ingestPaused) return 'the ingest is paused';
  if (permits.referencePaused) return 'the reference is paused';
  if (permits.shadow) return 'it is in shadow mode';
  if (permits.draining) return 'the process is ending';
  return null;
}

/** A call of the control API, and whether it was answered with success. */
export type Called = {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly isOk: boolean;
  /** The answer says that quotes are not withdrawn. */
  readonly isPullRefused: boolean;
};

type Fields = Readonly<Record<string, unknown>>;

/** A call that asks for live quotes to be withdrawn. */
export const withdraws = (path: string, body: unknown): boolean =>
  path === '/executor/pull' || ((body ?? {}) as Fields)['pull'] === true;

/** Which of the quotes that a call was for it has withdrawn; `some`: those before the one that could not be put on record, if any. */
export function withdrawnBy({ path, body, isOk, isPullRefused }: Called): 'none' | 'some' | 'all' {
  if (!withdraws(path, body)) return 'none';
  return isOk && !isPullRefused ? 'all' : 'some';
}

/** A lost journal may have quotes that still settle: for ten minutes after its birth somebody has to vouch that there are none. */
const YOUNG_US = 600_000_000;

export function judgeArming(findings: Findings, { path, body, isOk }: Called, ageUs: number): void {
  const isVouchedFor = ((body ?? {}) as Fields)['fresh_account'] === true;
  if (path !== '/executor/arm' || isVouchedFor || ageUs >= YOUNG_US) return;
  findings.hold('a young journal is not armed unless somebody vouches for it', !isOk, () => `${ageUs / 1e6} s`);
}

/** A call that was answered with success. */
export function permit(permits: Permits, { path, body }: Called, nowUs: number): void {
  const [, part = '', act = ''] = path.split('/');
  const fields = (body ?? {}) as Fields;
  if (act === 'arm') {
    const minutes = fields['for_minutes'];
    const untilUs = typeof minutes === 'number' ? nowUs + minutes * 60_000_000 : null;
    if (part === 'strategy') Object.assign(permits, { strategyArmed: true, strategyUntilUs: untilUs });
    else Object.assign(permits, { executorArmed: true, executorUntilUs: untilUs, executorArmedUs: nowUs });
  } else if (act === 'disarm') {
    if (part === 'strategy') permits.strategyArmed = false;
    else permits.executorArmed = false;
  } else if (act === 'pause' || act === 'resume') {
    Object.assign(permits, { [`${part}Paused`]: act === 'pause' });
    if (part === 'reference') permits.referenceResumedUs = nowUs;
  } else if (act === 'mode') {
    permits.shadow = fields['mode'] === 'shadow';
  } else if (act === 'threshold') {
    permits.minEdgePct = Number(fields['min_edge_pct']);
  } else if (act === 'limits') {
    permits.maxNotionalEur = Number(fields['max_notional_eur'] ?? permits.maxNotionalEur);
  }
}
