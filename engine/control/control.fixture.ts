// For tests: an engine as the control routes see it, without an engine.

import { pctE4 } from '../../contracts/amounts.ts';
import { DEFAULT_PAIR } from '../../contracts/assets.ts';
import { type EngineState, PART_NAMES, type PartName } from '../../contracts/control/engine-state.ts';
import type { RepublishView } from '../../contracts/control/republish.ts';
import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import type { AssetId } from '../../contracts/ids.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { HEALTHY } from '../../contracts/runtime/process/health/health.ts';
import { createPairFilter, filterOf } from '../ingest/pair-filter.ts';
import type { ReservationDesk } from '../inventory/reservations/desk.ts';
import { makeLimits } from '../model/fixtures.ts';
import type { ChainAcceptance, RepublishRefusal, RepublishRequest } from '../model/values.ts';
import { createArming } from '../safety/arming.ts';
import type { EngineControl } from './engine-control.ts';
import type { Controls, PartControl, PausableControl } from './part.ts';

/** The routes under test do not look into a part's state: what a part tells is its own. */
function part<State>(name: string, calls: string[]): PausableControl<State> {
  let paused = false;
  return {
    health: () => (paused ? { healthy: true, reasons: [], notes: ['paused'] } : HEALTHY),
    state: () => ({ part: name, paused }) as State,
    isPaused: () => paused,
    startingReasons: [],
    pause: (by) => {
      paused = true;
      calls.push(`${name} paused by ${by}`);
    },
    resume: (by) => {
      paused = false;
      calls.push(`${name} resumed by ${by}`);
    },
  };
}

/** One that is not paused, and of which nobody asks anything. */
const still = <Name extends PartName>(name: Name): PartControl<EngineState[Name]> => ({
  health: () => HEALTHY,
  state: () => ({ part: name }) as unknown as EngineState[Name],
  startingReasons: [],
});

/** One that takes everything, and knows nothing that was reserved before. */
const fakeDesk = (calls: string[]): ReservationDesk => ({
  async reserve({ id, asset, amountUnits, nonce, untilAtMs, by }) {
    calls.push(`${amountUnits} reserved by ${by}`);
    const asked = { id, asset: asset as AssetId, amountUnits, nonce, untilAtMs, askedBy: by, askedAtMs: 0 };
    return { kind: 'taken', before: null, now: { ...asked, takenAtMs: 0, releasedAtMs: null, end: null } };
  },
  async release(id, by) {
    calls.push(`${id} released by ${by}`);
    return { kind: 'refused', why: 'unknown', detail: `no reservation ${id} is on record` };
  },
});

export type FakeControlOptions = {
  configuredTarget?: bigint | null;
  armableInMs?: number;
  refreshFailure?: string | null;
  acceptance?: ChainAcceptance;
  journalFailure?: string;
  pullsAreStopped?: boolean;
  /** Called with each pull; may throw. */
  onPull?: () => void;
  findings?: readonly string[];
  breach?: () => string | null;
  /** What a republish is refused with. */
  republishRefusal?: RepublishRefusal;
};

/** Parts that remember what was done to them. */
export function fakeControl(over: FakeControlOptions = {}) {
  const timers = new ManualClock();
  const startedAtMs = timers.nowMs();
  const calls: string[] = [];
  let limits = makeLimits();
  let draining = false;
  let mode: ExecutorMode = 'live';
  const acceptedBy: string[] = [];
  const republished: RepublishRequest[] = [];
  const republishing: { view: RepublishView } = {
    view: {
      lost_records: { times: 0, last: null, open: [], fix: null },
      republish: { running: null, last: null },
    },
  };
  const control: EngineControl = {
    ...(Object.fromEntries(PART_NAMES.map((name) => [name, still(name)])) as Controls),
    nowMs: () => timers.nowMs(),
    journalFailure: () => over.journalFailure ?? null,
    state: () => ({ service: 'engine' }) as EngineState,
    ingest: { ...part('ingest', calls), pairFilter: createPairFilter(filterOf('pair', DEFAULT_PAIR)) },
    reference: { ...part('reference', calls), refresh: async () => over.refreshFailure ?? null },
    inventory: {
      ...part('inventory', calls),
      refresh: async () => over.refreshFailure ?? null,
      acceptChain(by) {
        calls.push(`chain accepted by ${by}`);
        return over.acceptance ?? { kind: 'accepted' };
      },
      desk: fakeDesk(calls),
      reservations: () => ({ open: [], over: [], open_max: 16 }),
    },
    strategy: {
      ...part('strategy', calls),
      arming: createArming(timers, ({ by }) => calls.push(`strategy switched by ${by}`)),
      limits: () => limits,
      setLimits: (next) => {
        limits = next;
      },
      configuredTargetPctE4:
        over.configuredTarget === undefined || over.configuredTarget === null ? null : pctE4(over.configuredTarget),
    },
    executor: {
      ...part('executor', calls),
      arming: createArming(timers, ({ by }) => calls.push(`executor switched by ${by}`)),
      breach: () => over.breach?.() ?? null,
      openFindings: () => (acceptedBy.length === 0 ? (over.findings ?? []) : []),
      acceptFindings: (by) => void acceptedBy.push(by),
      youngForMs: () => startedAtMs + (over.armableInMs ?? 0) - timers.nowMs(),
      isDraining: () => draining,
      mode: () => mode,
      setMode(next, by) {
        calls.push(`mode ${next} set by ${by}`);
        mode = next;
      },
      pull({ asset, cause, by }) {
        over.onPull?.();
        if (over.pullsAreStopped === true) return null;
        calls.push(`${asset ?? 'all'} pulled by ${by}: ${cause}`);
        return { begun: [{ asset: 'asset', lane: 0, nonce: 'nonce', live_quotes: 3 }], under_way: 1 };
      },
    },
    bus: {
      ...still('bus'),
      republish(request) {
        if (over.republishRefusal !== undefined) return over.republishRefusal;
        republished.push(request);
        const { from, to, topics } = request;
        const range = { from, to: to ?? 100, topics, acknowledged: from - 1, messages: 0, refused: 0 };
        const running = { ...range, begun_at: '2026-01-01T00:00:00.000Z', problem: null, waiting: null };
        republishing.view = { ...republishing.view, republish: { running, last: null } };
        return null;
      },
      cancelRepublish() {
        const { running } = republishing.view.republish;
        if (running === null) return false;
        const { waiting: _waiting, ...range } = running;
        const last = { ...range, outcome: 'cancelled' as const, ended_at: '2026-01-01T00:00:01.000Z' };
        republishing.view = { ...republishing.view, republish: { running: null, last } };
        return true;
      },
      republishView: () => republishing.view,
    },
    drain: (by) => {
      draining = true;
      calls.push(`drained by ${by}`);
    },
  };
  return { control, calls, acceptedBy, republished, republishing, timers, startedAtMs };
}
