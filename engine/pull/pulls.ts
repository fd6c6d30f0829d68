// The pull part: begins pulls when the price, an operator or a stop asks for them, keeps one a nonce under way, and takes up again what
// an earlier run began. Works whatever is armed, paused or draining, since it only takes risk away.

import { renderScaled } from '../../contracts/amounts.ts';
import type { AssetId, NonceText } from '../../contracts/ids.ts';
import { PULL_CAUSES, type PullCause, type StopCode } from '../../contracts/reasons.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { EngineEvent } from '../model/events.ts';
import type { Fact, NonceResolvedFact, PullSignedFact } from '../model/facts.ts';
import type { LogPort, Random } from '../model/ports.ts';
import type { Moment, PriceView, SignedPull } from '../model/values.ts';
import { fairPriceOf, type MovedNonce, PriceDistance } from './price-distance.ts';
import { PULL_OUTCOMES, type PullEnded, type PullNonce, type PullOutcome, type PullUnderWay } from './pull.ts';
import { PullRun } from './run.ts';
import type { PullSender, SendResult } from './sender.ts';

type PullBook = {
  nonces(): readonly PullNonce[];
  eachSigningPrice(visit: (nonce: NonceText, worstE8: bigint, worse: 'higher' | 'lower') => void): void;
};

export type PullsOptions = {
  readonly book: PullBook;
  readonly signer: { sign(nonce: NonceText, nonceDeadlineAtMs: number): SignedPull };
  readonly sender: PullSender;
  /** PULL_DISTANCE_PCT; 0: off. */
  readonly distancePctE4: bigint;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly log: LogPort;
  /** Journals and applies; throws when the journal cannot be written. */
  readonly record: (fact: Fact) => void;
  /** Resolves when everything that was recorded is on disk. */
  readonly durable: () => Promise<void>;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
  /** Lanes were left without a nonce. */
  readonly onBegun: () => void;
  readonly onSent: (txHash: string | null) => void;
  /** A pull could not be begun by itself. */
  readonly onFailure: (error: unknown) => void;
};

type PullRequest = {
  readonly cause: PullCause;
  /** Who asked for it, or the figures that led to it. */
  readonly detail: string;
  /** null: of both assets. */
  readonly asset: AssetId | null;
};

export type PullRequested = {
  readonly begun: readonly PullUnderWay[];
  /** Of the assets asked for, begun before. */
  readonly underWay: number;
};

type PullCounts = {
  readonly begun: Readonly<Record<PullCause, number>>;
  readonly sends: Readonly<Record<SendResult['kind'], number>>;
  readonly ended: Readonly<Record<PullOutcome, number>>;
};

export type Pulls = {
  /** Takes up the pulls of an earlier run. */
  start(): void;
  /** Ends at once; what is open goes on at the next start. */
  stop(): void;
  /** Begins to pull every lane that can be pulled. null: the part was stopped. Throws when the journal cannot be written. */
  request(request: PullRequest): PullRequested | null;
  /** To be called with every change of the price. */
  onPrice(price: PriceView, now: Moment): void;
  /** Takes note of the engine's events: stops lead to a pull, and ends of quotes are counted. */
  see(event: EngineEvent): void;
  /** It is known how a nonce was used. */
  resolved(fact: Pick<NonceResolvedFact, 'nonce' | 'outcome'>): void;
  /** A payload has not reached the venue yet, as far as is known, or is about to be made. */
  isUndelivered(): boolean;
  underWay(): readonly PullUnderWay[];
  /** The last ones that ended, newest first. */
  recent(): readonly PullEnded[];
  counts(): PullCounts;
  readonly via: PullSender['via'];
};

const RECENT_MAX = 20;

/**
 * Whether the engine withdraws its quotes when it stops itself. What cannot be journalled cannot be pulled: nobody could tell our own
 * use of a nonce from a stranger's.
 */
const PULLS_ON_STOP: Readonly<Record<StopCode, boolean>> = {
  journal_failed: false,
  turns_failed: true,
  process_faulted: true,
  breaker_minute: true,
  breaker_day: true,
  breaker_failures: true,
  capital_breach: true,
  balance_loss: true,
  ceilings_exceeded: true,
  record_misfit: true,
};

export function createPulls(options: PullsOptions): Pulls {
  return new PullPart(options);
}

class PullPart implements Pulls {
  readonly via: PullSender['via'];
  readonly #options: PullsOptions;
  readonly #distance: PriceDistance;
  /** By nonce, of which there are a few a lane. */
  readonly #runs = new Map<NonceText, PullRun>();
  #recent: readonly PullEnded[] = [];
  readonly #begun = zeros(PULL_CAUSES);
  readonly #sends: Record<SendResult['kind'], number> = { taken: 0, refused: 0, unknown: 0 };
  readonly #ended = zeros(PULL_OUTCOMES);
  /** Pulls that a stop asks for, and that are begun after its turn. */
  #asked = 0;
  #isStopped = false;

  constructor(options: PullsOptions) {
    this.#options = options;
    this.via = options.sender.via;
    this.#distance = new PriceDistance(options.book, options.distancePctE4);
  }

  start(): void {
    for (const nonce of this.#options.book.nonces()) {
      if (nonce.pull === null || this.#runs.has(nonce.nonce) || (nonce.used ? nonce.executed : !nonce.pullable))
        continue;
      this.#begin(nonce, nonce.pull);
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const run of this.#runs.values()) run.stop();
    this.#options.sender.close();
  }

  request({ cause, detail, asset }: PullRequest): PullRequested | null {
    if (this.#isStopped) return null;
    const begun: PullUnderWay[] = [];
    let underWay = 0;
    for (const nonce of this.#options.book.nonces()) {
      if (asset !== null && nonce.asset !== asset) continue;
      if (this.#runs.has(nonce.nonce)) underWay++;
      else if (nonce.pullable) begun.push(this.#begin(nonce, { cause, detail }));
    }
    if (begun.length > 0) this.#options.onBegun();
    return { begun, underWay };
  }

  onPrice(price: PriceView, now: Moment): void {
    const moved = this.#distance.moved(fairPriceOf(price, now));
    if (moved.length === 0 || this.#isStopped) return;
    this.#try(() => {
      const nonces = new Map(this.#options.book.nonces().map((nonce) => [nonce.nonce, nonce]));
      for (const each of moved) {
        const nonce = nonces.get(each.nonce);
        if (nonce === undefined || this.#runs.has(nonce.nonce)) continue;
        this.#begin(nonce, { cause: 'price_moved', detail: detailOf(each) });
      }
      this.#options.onBegun();
    });
  }

  see(event: EngineEvent): void {
    if (event.kind === 'moved') {
      if (this.#runs.size > 0) this.#runs.get(event.fact.attempt.nonce)?.moved(event.fact);
      return;
    }
    const code = event.kind === 'stopped' ? event.stop.code : event.kind === 'breached' ? event.breach.code : null;
    if (code === null || !PULLS_ON_STOP[code]) return;
    // Not within the turn that found it. A drain that the same error began waits for it.
    this.#asked++;
    this.#options.later(() => {
      this.#asked--;
      this.#try(() => this.request({ cause: 'stopped', detail: code, asset: null }));
    });
  }

  resolved({ nonce, outcome }: Pick<NonceResolvedFact, 'nonce' | 'outcome'>): void {
    this.#runs.get(nonce)?.resolved(outcome);
  }

  isUndelivered(): boolean {
    return this.#asked > 0 || [...this.#runs.values()].some((run) => run.isUndelivered());
  }

  underWay(): readonly PullUnderWay[] {
    return [...this.#runs.values()].map((run) => run.view());
  }

  recent(): readonly PullEnded[] {
    return this.#recent;
  }

  counts(): PullCounts {
    return { begun: this.#begun, sends: this.#sends, ended: this.#ended };
  }

  #try(run: () => void): void {
    try {
      if (!this.#isStopped) run();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  /** Journals the hash of its payload, unless that was done by an earlier run, and sends it. */
  #begin(nonce: PullNonce, why: Pick<PullSignedFact, 'cause' | 'detail'>): PullUnderWay {
    const { signer, clock, record, log } = this.#options;
    const pull = signer.sign(nonce.nonce, nonce.nonceDeadlineAtMs);
    const { intentHash } = pull;
    const { cause, detail } = why;
    const begun = nonce.pull ?? { cause, detail, intentHash, atMs: clock.nowMs(), txHashes: [] };
    // Another hash is another contract or account than the earlier run signed for.
    if (nonce.pull?.intentHash !== intentHash) {
      record({ kind: 'pull_signed', atMs: begun.atMs, nonce: nonce.nonce, cause, detail, intentHash });
    }
    if (nonce.pull === null) this.#begun[cause]++;
    const { asset, lane, liveQuotes } = nonce;
    log.info('pull_begun', { asset, lane, nonce: nonce.nonce, cause, detail, live_quotes: liveQuotes, via: this.via });
    const run = this.#runOf(pull, { ...nonce, pull: begun });
    this.#runs.set(nonce.nonce, run);
    run.start();
    return run.view();
  }

  #runOf(pull: SignedPull, begun: PullNonce & { readonly pull: NonNullable<PullNonce['pull']> }): PullRun {
    const { book, sender, clock, random, log, durable, onSent } = this.#options;
    return new PullRun({
      pull,
      begun,
      nonce: () => book.nonces().find(({ nonce }) => nonce === pull.nonce) ?? null,
      durable,
      sender,
      clock,
      random,
      log,
      onSent,
      onResult: ({ kind }) => {
        this.#sends[kind]++;
      },
      onEnd: (ended) => this.#end(ended),
    });
  }

  #end(ended: PullEnded): void {
    const { asset, lane, nonce, cause, outcome, pulledQuotes, sends } = ended;
    this.#runs.delete(nonce);
    this.#ended[outcome]++;
    this.#recent = [ended, ...this.#recent].slice(0, RECENT_MAX);
    const fields = { asset, lane, nonce, cause, outcome, pulled_quotes: pulledQuotes, sends };
    // A stranger's use of our key, or of our nonces, is for somebody to look into; so are quotes that stay live.
    if (outcome === 'burned' || outcome === 'not_sent') this.#options.log.error('pull_ended', fields);
    else this.#options.log.info('pull_ended', fields);
  }
}

const detailOf = ({ signedE8, fairE8, movePctE4 }: MovedNonce): string =>
  `signed at ${renderScaled(signedE8, 8)}, now ${renderScaled(fairE8, 8)} EURe per BTC: ${renderScaled(movePctE4, 4)} % against us`;

const zeros = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
