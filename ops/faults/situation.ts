// One situation: the engine trades, a fault begins, trading stops within its limit and the engine gives the reason, no wrong
// answer leaves, the fault ends, trading resumes: by itself where that is safe, else after a named call.

import { waitFor } from '../testing/wait.ts';
import type { EngineSetup } from './engine.ts';
import type { JudgeLimits } from './judge.ts';
import type { MachineFaults } from './shim.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { type Proxies, startTrading, stateDirOf, type Trading } from './trading.ts';
import { ANSWER_MS, answeredPct, hasResumed, isQuiet, QUIET_MS, resumedAfterMs, stoppedAfterMs } from './traffic.ts';

export type Stage = Trading & {
  /** Of the engine's machine; @throws Error when the situation does not need them */
  machine(faults: Partial<MachineFaults>): void;
  /** That the engine's state lies on; @throws Error when the situation does not need one */
  disk(): SmallDisk;
};

type Step = (stage: Stage) => void | Promise<void>;

export type Situation = {
  readonly name: string;
  /** One line for the list. */
  readonly what: string;
  /** Clock and disk of the engine's process are faked: needs a C compiler. */
  readonly needsMachine?: boolean;
  /** The engine's state lies on a small disk: needs root. */
  readonly needsDisk?: boolean;
  readonly engineEnv?: Readonly<Record<string, string>>;
  readonly rpcEndpoints?: 2;
  /** What the account has in the verifier, by asset; plenty when left out. */
  readonly balances?: Readonly<Record<string, bigint>>;
  /** The clock of the engine is off from the start: the time of all simulators, against it. */
  readonly clockShiftMs?: number;
  /** The fault is there before the engine starts, which is not expected to trade then. */
  readonly fromStart?: (proxies: Proxies) => void;
  readonly fault: Step;
  /** `must`: trading stops within the limit. `may`: it stops or goes on. `never`: it goes on. */
  readonly stops: 'must' | 'may' | 'never';
  readonly stopsWithinMs?: number;
  /** At least one of the codes of each list has to be given; an empty list asks for nothing. */
  readonly rejections: readonly string[];
  /** Beginnings of `part.reason`. */
  readonly health: readonly string[];
  /** How long the fault stays after trading has stopped. */
  readonly holdMs: number;
  /** Once trading has stopped, what makes it worse. */
  readonly whileStopped?: Step;
  /** Ends the fault; null: the situation ends with it. */
  readonly lift: Step | null;
  /** The named call after which trading may go on, when it must not by itself. */
  readonly resumeCall?: { readonly name: string; readonly make: Step };
  readonly resumesWithinMs?: number;
  /** How long it has to go on afterwards. */
  readonly staysMs?: number;
  /** Limits of the judge from the fault on. */
  readonly judge?: Partial<JudgeLimits>;
  /** What differs once trading has stopped. */
  readonly judgeStopped?: Partial<JudgeLimits>;
};

export type Outcome = {
  readonly name: string;
  /** Null: it did not stop. */
  readonly stoppedAfterMs: number | null;
  /** Rejections and health, as the engine names them. */
  readonly reasons: readonly string[];
  readonly wrong: number;
  /** Null: it did not, or the fault was not lifted. */
  readonly resumedAfterMs: number | null;
  /** What does not hold; empty when all does. */
  readonly violations: readonly string[];
};

export type RunOptions = {
  readonly setup: EngineSetup;
  readonly machine: { readonly env: Readonly<Record<string, string>>; set: Stage['machine'] } | null;
  readonly ratePerS: number;
  readonly seed: number;
};

const START_LIMIT_MS = 60_000;
/** Added to every limit: other processes may be busy. */
const SLACK_MS = 3_000;
/** Trading must not resume in this time without the call that it needs. */
const UNCALLED_MS = 2_500;
const RESUME_LIMIT_MS = 20_000;
const ANSWERED_PCT_MIN = 90;
/** Longer than an answer takes, so that something can be counted. */
const STAYS_MS = 2_000;

export async function runSituation(situation: Situation, options: RunOptions): Promise<Outcome> {
  const { machine, setup, ratePerS, seed } = options;
  const usesMachine = situation.needsMachine === true && machine !== null;
  if (usesMachine) machine.set({});
  const disk = situation.needsDisk === true ? await mountSmallDisk(stateDirOf(setup, situation.name)) : null;
  const trading = await startTrading({
    setup,
    name: situation.name,
    ratePerS,
    seed,
    engineEnv: { ...(usesMachine ? machine.env : {}), ...situation.engineEnv },
    clockShiftMs: situation.clockShiftMs ?? 0,
    rpcEndpoints: situation.rpcEndpoints ?? 1,
    ...(situation.balances === undefined ? {} : { balances: situation.balances }),
    waitForReady: startsWell(situation),
    ...(situation.fromStart === undefined ? {} : { before: situation.fromStart }),
  }).catch(async (error: unknown) => {
    await disk?.unmount();
    throw error;
  });
  const stage: Stage = {
    ...trading,
    machine(faults) {
      if (!usesMachine) throw new Error(`${situation.name} does not declare needsMachine`);
      machine.set(faults);
    },
    disk() {
      if (disk === null) throw new Error(`${situation.name} does not declare needsDisk`);
      return disk;
    },
  };
  try {
    return await play(situation, stage);
  } finally {
    if (usesMachine) machine.set({});
    disk?.free();
    await stage.close();
    await disk?.unmount();
  }
}

const startsWell = ({ clockShiftMs, fromStart }: Situation): boolean =>
  clockShiftMs === undefined && fromStart === undefined;

async function play(situation: Situation, stage: Stage): Promise<Outcome> {
  const violations: string[] = [];
  const hold = (ok: boolean, what: string): void => {
    if (!ok) violations.push(what);
  };
  if (startsWell(situation))
    await untilGoing(stage, { fromMs: performance.now(), limitMs: START_LIMIT_MS, how: 'at the start' });

  // What a fault that was there before has done so far counts as well.
  if (startsWell(situation)) await stage.engine.monitor.mark();
  stage.judgeBy(situation.judge ?? {});
  const faultMs = performance.now();
  await situation.fault(stage);
  const stopped = await untilStopped(situation, stage, faultMs);
  if (stopped) hold(await reportsTrading(stage, false), 'it reports that it trades');
  // An engine that has to stop has to give the reason before the fault ends; a pause of its process it can name only afterwards.
  const reasonsInTime = situation.stops === 'must' ? await reasonsOf(stage) : null;
  const liftMs = performance.now();
  const stoppedMs = stoppedAfterMs(stage.asked, faultMs, liftMs);
  if (situation.stops === 'must') {
    const withinMs = (situation.stopsWithinMs ?? 0) + SLACK_MS;
    hold(stopped && stoppedMs !== null && stoppedMs <= withinMs, `trading goes on after ${withinMs} ms`);
  }
  if (situation.stops === 'never') {
    const pct = answeredPct(stage.asked, faultMs, liftMs - ANSWER_MS);
    hold(pct >= ANSWERED_PCT_MIN, `only ${pct} % of the quotes were answered, ${ANSWERED_PCT_MIN} % must be`);
  }

  let resumedMs: number | null = null;
  if (situation.lift !== null) {
    const resumed = await untilResumed(situation, stage);
    resumedMs = resumed.afterMs;
    violations.push(...resumed.violations);
    if (resumedMs !== null) hold(await reportsTrading(stage, true), 'it trades and reports that it does not');
  }
  const { rejections, health } = reasonsInTime ?? (await reasonsOf(stage));
  hold(
    situation.rejections.length === 0 || situation.rejections.some((code) => rejections.includes(code)),
    `no rejection with ${situation.rejections.join(' or ')}; given: ${rejections.join(', ') || 'none'}`,
  );
  hold(
    situation.health.length === 0 || situation.health.some((begin) => health.some((code) => code.startsWith(begin))),
    `health without ${situation.health.join(' or ')}; given: ${health.join(', ') || 'none'}`,
  );
  const { count, first } = stage.wrong();
  hold(count === 0, `${count} wrong answers: ${first.join('; ')}`);
  return {
    name: situation.name,
    stoppedAfterMs: stoppedMs,
    reasons: [...rejections, ...health],
    wrong: count,
    resumedAfterMs: resumedMs,
    violations,
  };
}

/** Waits until trading has stopped or its limit is over, then as long as the fault stays. @returns whether it stopped */
async function untilStopped(situation: Situation, stage: Stage, faultMs: number): Promise<boolean> {
  const limitMs = (situation.stopsWithinMs ?? 0) + SLACK_MS + QUIET_MS + ANSWER_MS;
  const stopped =
    situation.stops === 'must' &&
    (await waitFor(() => isQuiet(stage.asked, faultMs, performance.now()), { what: 'trading to stop', limitMs }).catch(
      () => false,
    ));
  stage.judgeBy({ ...situation.judge, ...situation.judgeStopped });
  await situation.whileStopped?.(stage);
  await Bun.sleep(situation.holdMs);
  return stopped;
}

/** Lifts the fault, makes the call where one is needed, and waits until trading goes on. */
async function untilResumed(
  situation: Situation,
  stage: Stage,
): Promise<{ readonly afterMs: number | null; readonly violations: readonly string[] }> {
  const { lift, resumeCall: call } = situation;
  const limitMs = (situation.resumesWithinMs ?? RESUME_LIMIT_MS) + SLACK_MS;
  let fromMs = performance.now();
  await lift?.(stage);
  const violations: string[] = [];
  if (call !== undefined) {
    await Bun.sleep(UNCALLED_MS);
    if (answeredPct(stage.asked, fromMs, performance.now()) > 0) {
      violations.push(`trading went on without ${call.name}`);
    }
    fromMs = performance.now();
    await call.make(stage);
  }
  try {
    await untilGoing(stage, { fromMs, limitMs, how: call === undefined ? 'by itself' : `after ${call.name}` });
    const afterMs = resumedAfterMs(stage.asked, fromMs);
    const goingFromMs = performance.now();
    await Bun.sleep(situation.staysMs ?? STAYS_MS);
    const pct = answeredPct(stage.asked, goingFromMs, performance.now() - ANSWER_MS);
    if (pct < ANSWERED_PCT_MIN) violations.push(`trading went on and stopped again: ${pct} % answered`);
    return { afterMs, violations };
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
    return { afterMs: null, violations };
  }
}

type Reasons = { readonly rejections: readonly string[]; readonly health: readonly string[] };

async function reasonsOf({ engine: { monitor } }: Stage): Promise<Reasons> {
  await monitor.read();
  return { rejections: monitor.rejections(), health: monitor.health() };
}

/** Within a moment, since a report may still be of the state before. */
async function reportsTrading(stage: Stage, trading: boolean): Promise<boolean> {
  const reports = async (): Promise<boolean> => (await stage.engine.monitor.read())?.trading === trading;
  return await waitFor(reports, { what: 'the engine to report it', limitMs: SLACK_MS }).catch(() => false);
}

type Resumption = { readonly fromMs: number; readonly limitMs: number; readonly how: string };

async function untilGoing(stage: Stage, { fromMs, limitMs, how }: Resumption): Promise<void> {
  const isGoing = (): boolean => hasResumed(stage.asked, fromMs, performance.now());
  await waitFor(isGoing, { what: `trading to go on ${how}`, limitMs }).catch((error: unknown) => {
    const reasons =
      [...stage.engine.monitor.rejections(), ...stage.engine.monitor.currentHealth()].join(', ') || 'none';
    throw new Error(`${error instanceof Error ? error.message : String(error)}; reasons that it gives: ${reasons}`);
  });
}
