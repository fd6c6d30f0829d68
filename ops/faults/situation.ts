// One situation: trading goes on, a fault comes, trading stops within its limit and the engine says why, no wrong answer
// leaves, the fault goes, trading goes on again: by itself where that is safe, else after the call that is named.

import { waitFor } from '../testing/wait.ts';
import type { JudgeLimits } from './judge.ts';
import type { MachineFaults } from './shim.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { type AskedQuote, type Ground, type Proxies, startTrading, stateDirOf, type Trading } from './trading.ts';

export type Stage = Trading & {
  /** Of the engine's machine; @throws Error when the situation does not need them */
  machine(faults: Partial<MachineFaults>): void;
  /** That the engine's state lies on; @throws Error when the situation does not need one */
  disk(): SmallDisk;
};

type Act = (stage: Stage) => void | Promise<void>;

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
  readonly fault: Act;
  /** `must`: trading stops within the limit. `may`: it stops or goes on. `never`: it goes on. */
  readonly stops: 'must' | 'may' | 'never';
  readonly stopsWithinMs?: number;
  /** Each list needs at least one of its codes said; an empty one nothing. */
  readonly rejections: readonly string[];
  /** Each is a beginning of `part.reason`. */
  readonly health: readonly string[];
  /** How long the fault stays after trading has stopped. */
  readonly holdMs: number;
  /** Once trading has stopped, what makes it worse. */
  readonly meanwhile?: Act;
  /** null: the situation ends there. */
  readonly end: Act | null;
  /** The named call after which trading may go on, when it must not by itself. */
  readonly call?: { readonly name: string; readonly make: Act };
  readonly resumesWithinMs?: number;
  /** Once it goes on, it has to for so long. */
  readonly staysMs?: number;
  /** Of the judge from the fault on. */
  readonly judge?: Partial<JudgeLimits>;
  /** Of the judge once trading has stopped; those of `judge` until then. */
  readonly judgeStopped?: Partial<JudgeLimits>;
};

export type Outcome = {
  readonly name: string;
  /** Null: it did not stop. */
  readonly stoppedAfterMs: number | null;
  readonly said: readonly string[];
  readonly wrong: number;
  /** Null: it did not, or was not asked to. */
  readonly resumedAfterMs: number | null;
  /** What does not hold; empty when all does. */
  readonly violations: readonly string[];
};

export type RunOptions = {
  readonly ground: Ground;
  readonly machine: { readonly env: Readonly<Record<string, string>>; set: Stage['machine'] } | null;
  readonly ratePerS: number;
  readonly seed: number;
};

/** An answer takes no longer on a busy machine; what is younger is not counted as unanswered. */
const ANSWER_MS = 1_000;
/** Trading stands when so long nothing that was asked was answered. */
const QUIET_MS = 1_500;
/** Trading goes on when so many in a row were answered. */
const GOING = 10;
const START_LIMIT_MS = 60_000;
/** Added to every limit: other processes may be busy. */
const SLACK_MS = 3_000;
/** Without its call trading must not go on for so long. */
const UNCALLED_MS = 2_500;
const RESUME_LIMIT_MS = 20_000;
const ANSWERED_PCT_MIN = 90;
/** Longer than an answer takes, so that something can be counted. */
const STAYS_MS = 2_000;

export async function runSituation(situation: Situation, options: RunOptions): Promise<Outcome> {
  const { machine, ground, ratePerS, seed } = options;
  const usesMachine = situation.needsMachine === true && machine !== null;
  if (usesMachine) machine.set({});
  const disk = situation.needsDisk === true ? await mountSmallDisk(stateDirOf(ground, situation.name)) : null;
  const trading = await startTrading({
    ground,
    name: situation.name,
    ratePerS,
    seed,
    engineEnv: { ...(usesMachine ? machine.env : {}), ...situation.engineEnv },
    clockShiftMs: situation.clockShiftMs ?? 0,
    rpcEndpoints: situation.rpcEndpoints ?? 1,
    ...(situation.balances === undefined ? {} : { balances: situation.balances }),
    untilFit: startsWell(situation),
    ...(situation.fromStart === undefined ? {} : { before: situation.fromStart }),
  }).catch(async (error: unknown) => {
    await disk?.unmount();
    throw error;
  });
  const stage: Stage = {
    ...trading,
    machine(faults) {
      if (!usesMachine) throw new Error(`${situation.name} does not say that it needs the machine's faults`);
      machine.set(faults);
    },
    disk() {
      if (disk === null) throw new Error(`${situation.name} does not say that it needs a disk`);
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
  if (startsWell(situation)) await untilGoing(stage, performance.now(), START_LIMIT_MS, 'at the start');

  await stage.sayings.mark();
  stage.judgeBy(situation.judge ?? {});
  const faultMs = performance.now();
  await situation.fault(stage);
  const stopped = await afterFault(situation, stage, faultMs);
  if (stopped) hold(await saysTrading(stage, false), 'it says that it trades');
  // Where it has to stop it has to say why before the fault ends; a pause of the process it can name only afterwards.
  const saidInTime = situation.stops === 'must' ? await saidBy(stage) : null;
  const endMs = performance.now();
  const stoppedAfterMs = stoppedAfter(stage.asked, faultMs, endMs);
  if (situation.stops === 'must') {
    const withinMs = (situation.stopsWithinMs ?? 0) + SLACK_MS;
    hold(stopped && stoppedAfterMs !== null && stoppedAfterMs <= withinMs, `trading goes on after ${withinMs} ms`);
  }
  if (situation.stops === 'never') {
    const pct = answeredPct(stage.asked, faultMs, endMs - ANSWER_MS);
    hold(pct >= ANSWERED_PCT_MIN, `only ${pct} % of the quotes were answered, ${ANSWERED_PCT_MIN} % must be`);
  }

  let resumedAfterMs: number | null = null;
  if (situation.end !== null) {
    const resumed = await afterEnd(situation, stage);
    resumedAfterMs = resumed.afterMs;
    violations.push(...resumed.violations);
    if (resumedAfterMs !== null) hold(await saysTrading(stage, true), 'it trades and says that it does not');
  }
  const { rejections, health } = saidInTime ?? (await saidBy(stage));
  hold(
    situation.rejections.length === 0 || situation.rejections.some((code) => rejections.includes(code)),
    `no rejection says ${situation.rejections.join(' or ')}; said: ${rejections.join(', ') || 'none'}`,
  );
  hold(
    situation.health.length === 0 || situation.health.some((begin) => health.some((code) => code.startsWith(begin))),
    `health does not say ${situation.health.join(' or ')}; said: ${health.join(', ') || 'none'}`,
  );
  const { count, first } = stage.wrong();
  hold(count === 0, `${count} wrong answers: ${first.join('; ')}`);
  const said = [...rejections, ...health];
  return { name: situation.name, stoppedAfterMs, said, wrong: count, resumedAfterMs, violations };
}

/** Waits until trading stands or its limit is over, then as long as the fault stays. Whether it stood. */
async function afterFault(situation: Situation, stage: Stage, faultMs: number): Promise<boolean> {
  const limitMs = (situation.stopsWithinMs ?? 0) + SLACK_MS + QUIET_MS + ANSWER_MS;
  const stopped =
    situation.stops === 'must' &&
    (await waitFor(() => stands(stage.asked, faultMs), { what: 'trading to stop', limitMs }).catch(() => false));
  stage.judgeBy({ ...situation.judge, ...situation.judgeStopped });
  await situation.meanwhile?.(stage);
  await Bun.sleep(situation.holdMs);
  return stopped;
}

async function afterEnd(
  situation: Situation,
  stage: Stage,
): Promise<{ readonly afterMs: number | null; readonly violations: readonly string[] }> {
  const { end, call } = situation;
  const limitMs = (situation.resumesWithinMs ?? RESUME_LIMIT_MS) + SLACK_MS;
  let fromMs = performance.now();
  await end?.(stage);
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
    await untilGoing(stage, fromMs, limitMs, call === undefined ? 'by itself' : `after ${call.name}`);
    const afterMs = Math.round(firstAnswered(stage.asked, fromMs) - fromMs);
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

type Said = { readonly rejections: readonly string[]; readonly health: readonly string[] };

async function saidBy({ sayings }: Stage): Promise<Said> {
  await sayings.read();
  return { rejections: sayings.rejections(), health: sayings.health() };
}

/** A moment's answer may be of the moment before. */
async function saysTrading(stage: Stage, trading: boolean): Promise<boolean> {
  const says = async (): Promise<boolean> => (await stage.sayings.read())?.trading === trading;
  return await waitFor(says, { what: 'the engine to say so', limitMs: SLACK_MS }).catch(() => false);
}

async function untilGoing(stage: Stage, fromMs: number, limitMs: number, how: string): Promise<void> {
  const isGoing = (): boolean => {
    const settled = stage.asked.filter(
      ({ askedMs, answeredMs }) =>
        askedMs >= fromMs && (answeredMs !== null || askedMs < performance.now() - ANSWER_MS),
    );
    return settled.length >= GOING && settled.slice(-GOING).every(({ answeredMs }) => answeredMs !== null);
  };
  await waitFor(isGoing, { what: `trading to go on ${how}`, limitMs }).catch((error: unknown) => {
    const said = [...stage.sayings.rejections(), ...stage.sayings.healthNow()].join(', ');
    throw new Error(`${error instanceof Error ? error.message : String(error)}; the engine says: ${said || 'nothing'}`);
  });
}

const isIn = ({ askedMs }: AskedQuote, fromMs: number, toMs: number): boolean => askedMs >= fromMs && askedMs < toMs;

/** Whether nothing of the last while got an answer, right or not. */
function stands(asked: readonly AskedQuote[], faultMs: number): boolean {
  const toMs = performance.now() - ANSWER_MS;
  const fromMs = Math.max(faultMs, toMs - QUIET_MS);
  if (toMs - fromMs < QUIET_MS) return false;
  const recent = asked.filter((quote) => isIn(quote, fromMs, toMs));
  return recent.length > 0 && recent.every(({ repliedMs }) => repliedMs === null);
}

/** From the fault to the last quote that was answered before the end; null when that is the end itself. */
function stoppedAfter(asked: readonly AskedQuote[], faultMs: number, endMs: number): number | null {
  const last = asked.findLast((quote) => isIn(quote, faultMs, endMs) && quote.repliedMs !== null);
  if (last === undefined) return 0;
  return endMs - last.askedMs < QUIET_MS ? null : Math.round(last.askedMs - faultMs);
}

function answeredPct(asked: readonly AskedQuote[], fromMs: number, toMs: number): number {
  const quotes = asked.filter((quote) => isIn(quote, fromMs, toMs));
  const answered = quotes.filter(({ answeredMs }) => answeredMs !== null).length;
  return quotes.length === 0 ? 0 : Math.floor((100 * answered) / quotes.length);
}

const firstAnswered = (asked: readonly AskedQuote[], fromMs: number): number =>
  asked.find(({ askedMs, answeredMs }) => askedMs >= fromMs && answeredMs !== null)?.answeredMs ?? Number.NaN;
