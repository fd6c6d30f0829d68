// The life of the engine's process: its starts, the ways in which it ends, and what a restart has to have kept.

import type { Engine } from '../../engine/engine.ts';
import { historyReport } from './around/history-writer.ts';
import { type CallResult, type Host, type HostOptions, type LogLine, startHost } from './host.ts';
import type { Random } from './machine/random.ts';
import type { Owner } from './machine/schedule.ts';
import type { Sim } from './sim.ts';

/** What the history-writer says of itself. */
export type HistoryMood = 'writes' | 'not_writing' | 'lags' | 'silent';

export type LifeOptions = {
  readonly sim: Sim;
  readonly onLine: (line: LogLine) => void;
  readonly onBuilt: (engine: Engine) => void;
};

const HISTORY_EVERY_MS = 5_000;
const DRAIN_LIMIT_MS = 10_000;

/** A state of the book as text that can be compared, whatever the order of its fields. */
const textOf = (book: object): string => JSON.stringify(book, plain);

/** What a restart has to find again: the ledger, and what the circuit breaker has counted. */
function kept({ parts }: Engine): object {
  const { exposure } = parts.breaker;
  const breaker = {
    dayE18: exposure.day.sum(parts.clock.nowMs()),
    openE18: exposure.openE18,
    uncertainE18: exposure.uncertainE18,
  };
  return { ...parts.book.snapshot(), breaker };
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export class Life {
  readonly #options: LifeOptions;
  readonly #random: Random;
  /** The process that runs; null: none. */
  #current: Owner | null = null;
  #starts = 0;
  #wallOffsetUs = 0;
  #killIn: { outputs: number; readonly powerCut: boolean } | null = null;
  #killAtNext: number | null = null;
  #killAtSend: 'before' | 'after' | null = null;
  #keptBefore: string | null = null;
  /** The machine went, and nothing has started on what it left. */
  #isLossy = false;
  #isEnding = false;
  #hasEnded = false;
  #mood: HistoryMood = 'writes';

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#random = options.sim.random('life');
    this.#report();
  }

  get starts(): number {
    return this.#starts;
  }

  /** It has ended in peace, after `end`. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  start(): void {
    const { sim } = this.#options;
    const { schedule, disk } = sim.machine;
    this.#starts += 1;
    const owner = schedule.process(`engine ${this.#starts}`);
    owner.wallOffsetUs = this.#wallOffsetUs;
    sim.model.started();
    if (this.#killAtNext !== null) this.#killIn = { outputs: this.#killAtNext, powerCut: false };
    this.#killAtNext = null;
    this.#current = owner;
    schedule.as(owner, () => {
      try {
        const host = this.#host(owner);
        if (!owner.alive) return;
        sim.host = host;
        // Now that the torn end of the journal is cut off.
        sim.model.recovered(this.#isLossy);
        this.#isLossy = false;
        sim.model.findings.tested('an engine starts on what the one before left');
      } catch (error) {
        if (!owner.alive) return;
        if (disk.fault === null) sim.model.findings.add('an engine starts on what the one before left', String(error));
        this.#gone(owner, false);
      }
    });
  }

  /** kill -9; with a power cut what was not synced is lost. A new start follows. */
  kill(powerCut: boolean): void {
    const { host } = this.#options.sim;
    const current = this.#current;
    if (current === null) return;
    // What is in memory and was written is on the disk, unless the machine goes.
    if (host !== null && !powerCut && host.engine.parts.journal.failure === null)
      this.#keptBefore = textOf(kept(host.engine));
    this.#gone(current, powerCut);
  }

  /** kill -9 before so many more writes or sends, within a turn. */
  killAtOutput(outputs: number, powerCut: boolean): void {
    if (this.#current !== null) this.#killIn = { outputs, powerCut };
  }

  /** kill -9 at the next answer: before it leaves, or when it has left and nothing of that is written. */
  killAtSend(when: 'before' | 'after'): void {
    if (this.#current !== null) this.#killAtSend = when;
  }

  /** An answer of a process is about to leave; false: it was killed before. @param leave what it leaves by */
  answerOf(owner: Owner, leave: () => void): boolean {
    const when = owner === this.#current ? this.#killAtSend : null;
    if (when !== 'before') leave();
    if (when === null) return true;
    this.#killAtSend = null;
    owner.alive = false;
    this.#options.sim.later(0, () => this.#gone(owner, false));
    return when === 'after';
  }

  /** The same, counted from the next start on. */
  killAtNextStart(outputs: number): void {
    this.#killAtNext = outputs;
  }

  /** SIGTERM; a new start follows. */
  drain(): void {
    const { sim } = this.#options;
    const { host, model, machine } = sim;
    if (host === null || !host.isStarted() || model.permits.draining) return;
    model.permits.draining = true;
    machine.schedule.as(host.owner, () => {
      void host.drain(DRAIN_LIMIT_MS).then((problem) => {
        if (!host.owner.alive) return;
        const isDiskWell = machine.disk.fault === null && host.engine.parts.journal.failure === null;
        model.findings.hold('a drain closes the journal', problem === null || !isDiskWell, () => String(problem));
        // That the run has ended is the one thing that its last record adds.
        const isAtRest = this.#isEnding && problem === null;
        model.findings.hold(
          'at the end Kafka has every record',
          !isAtRest || host.outboxLeft() === 0,
          () => `${host.outboxLeft()} left`,
        );
        if (problem === null) this.#keptBefore = textOf({ ...kept(host.engine), running: false });
        sim.later(1, () => {
          if (host.owner.alive) this.#gone(host.owner, false);
        });
      });
    });
  }

  /** A call of the control API, if an engine runs; it may end before it answers. */
  call(method: string, path: string, body: unknown, onResult: (result: CallResult) => void = () => {}): void {
    const { host, model, machine } = this.#options.sim;
    if (host === null || !host.isStarted()) return;
    machine.schedule.as(host.owner, () => {
      void host.call(method, path, body).then((result) => {
        // Killed within the call: nobody hears what it says, and some of what it was asked for may be done.
        if (!host.owner.alive) {
          model.unanswered(path, body);
          return;
        }
        model.called({ method, path, body, isOk: result.ok, isPullRefused: result.ok && result.isPullRefused });
        onResult(result);
      });
    });
  }

  holdUp(ms: number): void {
    if (this.#current !== null) this.#current.heldUntilUs = this.#options.sim.machine.schedule.nowUs + ms * 1000;
  }

  /** The wall clock of the machine is ahead by so much. */
  setWall(offsetMs: number): void {
    this.#wallOffsetUs = offsetMs * 1000;
    if (this.#current !== null) this.#current.wallOffsetUs = this.#wallOffsetUs;
  }

  history(mood: HistoryMood): void {
    this.#mood = mood;
  }

  /** A write or a send of a process; false: it was killed before. */
  output(owner: Owner): boolean {
    if (!owner.alive) return false;
    const killIn = this.#killIn;
    if (owner !== this.#current || killIn === null) return true;
    killIn.outputs -= 1;
    if (killIn.outputs > 0) return true;
    this.#killIn = null;
    owner.alive = false;
    this.#options.sim.later(0, () => this.#gone(owner, killIn.powerCut));
    return false;
  }

  /** No new start follows. */
  end(): void {
    this.#isEnding = true;
  }

  #host(owner: Owner): Host {
    const { sim, onLine, onBuilt } = this.#options;
    const { machine, seed, setting, world, nodes } = sim;
    const urls = { ...world.urls, NEAR_RPC_URL: nodes.map(({ url }) => url).join(',') };
    const options: HostOptions = {
      machine,
      env: { ...urls, ...setting.env },
      run: this.#starts,
      seed,
      onLine,
      onBuilt: (engine) => {
        this.#compare(engine);
        onBuilt(engine);
      },
      onStartFailed: () => {
        sim.later(1, () => {
          if (owner.alive) this.#gone(owner, false);
        });
      },
    };
    return startHost(options, owner, () => sim.readingUs);
  }

  #compare(engine: Engine): void {
    const before = this.#keptBefore;
    this.#keptBefore = null;
    if (before === null) return;
    const after = textOf(kept(engine));
    const { findings } = this.#options.sim.model;
    findings.hold('the books after a restart are those before', before === after, () => difference(before, after));
  }

  /** The process is gone: a new one follows. */
  #gone(owner: Owner, powerCut: boolean): void {
    const { sim } = this.#options;
    sim.machine.kill(owner);
    sim.model.gone();
    sim.host = null;
    this.#current = null;
    this.#killIn = null;
    this.#killAtSend = null;
    if (powerCut) {
      sim.machine.disk.powerCut();
      this.#isLossy = true;
    }
    if (this.#isEnding) {
      this.#hasEnded = true;
      return;
    }
    sim.later(this.#random.between(200, 8_000), () => {
      this.start();
    });
  }

  #report(): void {
    const { sim } = this.#options;
    if (this.#mood !== 'silent') historyReport(sim, this.#mood);
    sim.later(HISTORY_EVERY_MS, () => this.#report());
  }
}

/** Where two texts part. */
function difference(before: string, after: string): string {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 120);
  return `before: ...${around(before)}... after: ...${around(after)}...`;
}
