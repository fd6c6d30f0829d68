// One run of the simulation: a machine, a world, an engine, faults and a model, all from one seed; then some minutes of calm, in which
// everything that was signed comes to its end, and the last judgement.

import { BTC, EURE } from '../../contracts/assets.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import type { Engine } from '../../engine/engine.ts';
import { startNearRpcSim } from '../sim/near-rpc/server.ts';
import { startWorld, type World } from '../sim/world.ts';
import { startMarket } from './around/market.ts';
import { startOperator } from './around/operator.ts';
import { createTraffic, startTraffic, type Traffic } from './around/traffic.ts';
import { startTreasury } from './around/treasury.ts';
import { truthOf } from './chain-truth.ts';
import { startFaults } from './faults/plan.ts';
import { journalReader } from './journal-reader.ts';
import { Life } from './life.ts';
import { type Machine, startMachine } from './machine/machine.ts';
import { randomOf } from './machine/random.ts';
import type { Finding } from './model/findings.ts';
import { Model } from './model/model.ts';
import { drawSetting, PARTNERS, type Setting } from './setting.ts';
import type { Sim } from './sim.ts';
import { createTaps } from './taps.ts';

export type RunOptions = {
  readonly seed: string;
  readonly minutes: number;
  /** Requests a minute. */
  readonly pace: number;
  /** Settings of the engine that are not drawn. */
  readonly env?: Readonly<Record<string, string>>;
  /** No faults: what the engine does in peace. */
  readonly isPeaceful?: boolean;
  /** A bug that is put in on purpose. */
  readonly disturb?: (engine: Engine) => void;
};

export type RunReport = {
  readonly seed: string;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
  /** How often each rule was tested. */
  readonly judged: Readonly<Record<string, number>>;
  /** Of all that left the engine and all that reached Kafka, in order. */
  readonly digest: string;
  readonly asked: number;
  readonly answers: number;
  readonly settled: number;
  readonly starts: number;
  readonly events: number;
  readonly simulatedMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly transitions: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
  /** Lines of the log that say that something is wrong, by event. */
  readonly lines: Readonly<Record<string, number>>;
};

const MINUTE_US = 60_000_000;
/** Longest life of a quote, blocks, polls and resolutions behind it. */
const CALM_MINUTES = 6;
const END_MINUTES = 2;
const LIVE_LINES = /^(?:turn_faulted|frame_faulted|control_fault|process_faulted|lanes_failed)$/;

export function simulate(options: RunOptions): RunReport {
  const { seed, minutes } = options;
  const partitions = Object.fromEntries(TOPICS.map(({ name, partitions: count }) => [name, count]));
  const machine = startMachine(seed, partitions);
  const { schedule } = machine;
  const begunUs = schedule.nowUs;
  const drawn = drawSetting(randomOf(`${seed} setting`));
  const setting: Setting = { ...drawn, env: { ...drawn.env, ...options.env } };
  const world = worldOf(machine, setting);
  const others = Array.from({ length: setting.nodes - 1 }, () => startNearRpcSim({ chain: world.chain }));
  const nodes = [world.near, ...others];
  const trouble: Sim['trouble'] = new Map();
  const model = modelOf({ machine, setting, world, trouble });
  const faults = new Map<string, number>();
  const sim: Sim = {
    seed,
    machine,
    world,
    nodes,
    setting,
    model,
    random: (name) => randomOf(`${seed} ${name}`),
    host: null,
    readingUs: 2,
    later: (ms, run) => void schedule.after(ms * 1000, run, schedule.world),
    fired: (fault) => void faults.set(fault, (faults.get(fault) ?? 0) + 1),
    trouble,
    isCalm: false,
  };
  const lines = new Map<string, number>();
  const life = new Life({
    sim,
    onLine({ level, event, text }) {
      if (level === 'warn' || level === 'error') lines.set(event, (lines.get(event) ?? 0) + 1);
      judgeLine(model, event, text);
    },
    onBuilt: (engine) => options.disturb?.(engine),
  });
  schedule.uncaught = (error, owner) => {
    if (owner === schedule.world) throw error;
    // Of a process that was killed within the turn: nothing after the kill has happened.
    if (!owner.alive) return;
    model.findings.add('no exception leaves a turn', String(error instanceof Error ? error.stack : error));
  };
  const taps = createTaps(sim, life);
  const traffic = startAround(sim, life, options);

  schedule.runUntil(begunUs + minutes * MINUTE_US);
  sim.isCalm = true;
  schedule.runUntil(schedule.nowUs + CALM_MINUTES * MINUTE_US);
  atRest(sim);
  life.end();
  life.drain();
  schedule.runUntil(schedule.nowUs + END_MINUTES * MINUTE_US);
  model.findings.hold('the engine ends in peace', life.hasEnded, () => 'no end within two minutes of calm');
  model.ending.ended();

  return {
    seed,
    findings: model.findings.kept,
    counts: model.findings.counts(),
    judged: model.findings.judged(),
    digest: taps.digest(),
    asked: traffic.asked(),
    answers: model.count,
    settled: world.relay.counts().settled,
    starts: life.starts,
    events: schedule.count,
    simulatedMs: (schedule.nowUs - begunUs) / 1000,
    faults: Object.fromEntries(faults),
    reasons: Object.fromEntries(model.records.reasons),
    transitions: Object.fromEntries(model.records.transitions),
    codes: Object.fromEntries(model.records.codes),
    lines: Object.fromEntries(lines),
  };
}

/** The engine, and everybody around it. */
function startAround(sim: Sim, life: Life, { pace, isPeaceful }: RunOptions): Traffic {
  const traffic = createTraffic(sim);
  const market = startMarket(sim);
  lookEverySecond(sim);
  life.start();
  startOperator(sim, life);
  startTreasury(sim, life);
  startTraffic(sim, traffic, pace);
  if (isPeaceful !== true)
    startFaults({ sim, life, market, traffic, random: sim.random('faults') }, (fault) => sim.fired(fault));
  return traffic;
}

function judgeLine(model: Model, event: string, text: string): void {
  const { findings } = model;
  model.logged(event, text);
  // What cannot be journalled ends in the failure of the journal, which is looked at by itself.
  const isOfDisk = text.includes('JournalFailed');
  if (LIVE_LINES.test(event) && !isOfDisk) findings.add('no turn fails', text.slice(0, 1_000));
  if (event === 'capital_breached' && text.includes('"code":"record_misfit"'))
    findings.add('no record contradicts those before it', text.slice(0, 1_000));
}

function lookEverySecond(sim: Sim): void {
  sim.model.look();
  sim.later(1_000, () => lookEverySecond(sim));
}

/** Nothing is open any more: the ledger knows the chain's balances, and the breaker what was filled. */
function atRest({ host, model, machine, world, setting }: Sim): void {
  model.findings.hold('the engine runs after minutes of calm', host !== null, () => 'it does not');
  if (host === null) return;
  const { book, breaker } = host.engine.parts;
  const { exposure } = breaker;
  model.ending.countedAtRest(exposure.day.sum(machine.schedule.nowMs), exposure.uncertainE18);
  model.findings.hold('no quote is open at rest', book.counts().open === 0, () => `${book.counts().open}`);
  for (const asset of [BTC.id, EURE.id]) {
    const known = book.capital(asset)?.creditedUnits ?? null;
    const truth = truthOf(world.chain, setting.accountId, setting.publicKey).newest().balance(asset);
    model.findings.hold(
      'the ledger has the balance of the chain at rest',
      known === truth,
      () => `${asset}: ${known} of ${truth}`,
    );
  }
}

function worldOf(machine: Machine, setting: Setting): World {
  const { schedule } = machine;
  const clock = {
    nowMs: () => schedule.nowMs,
    after: (ms: number, run: () => void) => schedule.after(ms * 1000, run, schedule.world),
  };
  const { accountId, publicKey, balances, relayToken } = setting;
  return startWorld({
    account: { accountId, publicKey },
    balances,
    clock,
    stirMs: 1_500,
    ...(relayToken === null ? {} : { relayToken }),
  });
}

type Parts = Pick<Sim, 'machine' | 'setting' | 'world' | 'trouble'>;

function modelOf({ machine, setting, world, trouble }: Parts): Model {
  const { accountId, publicKey, env } = setting;
  const { schedule } = machine;
  const number = (name: string, otherwise: number): number => Number(env[name] ?? otherwise);
  return new Model({
    accountId,
    publicKey,
    btc: BTC.id,
    eure: EURE.id,
    chain: truthOf(world.chain, accountId, publicKey),
    nowUs: () => schedule.nowUs,
    turnBeganUs: () => schedule.eventUs,
    journal: journalReader(machine.disk),
    quietUs: (...parts) => {
      const untilUs = Math.max(...parts.map((part) => trouble.get(part) ?? Number.NEGATIVE_INFINITY));
      return Math.max(0, schedule.nowUs - untilUs);
    },
    limits: {
      krakenMaxAgeMs: 3_000,
      coingeckoMaxAgeMs: 180_000,
      inventoryMaxAgeMs: 15_000,
      quoteLifetimeMaxMs: 75_000,
      quotesLiveMax: number('QUOTES_LIVE_MAX', 200_000),
      syncLagMaxMs: number('JOURNAL_MAX_SYNC_LAG_MS', 250),
      minuteEur: number('MAX_FILLED_EUR_PER_MIN', 15),
      dayEur: number('MAX_FILLED_EUR_PER_DAY', 50),
      failuresInRow: number('MAX_CONSECUTIVE_FAILURES', 5),
      pullDistancePct: number('PULL_DISTANCE_PCT', 1),
      minEdgePct: 2,
      maxNotionalEur: number('STRATEGY_MAX_NOTIONAL_EUR', 5),
      shadow: false,
      isStrict: env['PERSISTENCE_POLICY'] === 'strict',
      isPar: env['EURE_EUR_BASIS'] !== 'coingecko',
      partners: env['RELAY_PARTNERS'] === undefined ? [] : PARTNERS,
    },
  });
}
