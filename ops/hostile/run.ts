// A hostile run: mutated frames on relay, Kraken, RPC and CoinGecko at once, with honest quotes in between.
//
// Relay and RPC are disturbed all the time: a hostile frame of the relay comes in addition to the honest ones, and an RPC answer that
// is lost is asked for again. The price sources are disturbed in bursts, since a garbled price source has no price: after each
// burst the sources must be well again by themselves, and then, for a while, the quotes are counted that must be answered.
// The seed decides what the mutations are; what they are made of, and when, is the run's own.
// A lie that nobody could see through (another price in a frame without a checksum, another balance) is no part of this.

import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { EngineSetup } from '../faults/engine.ts';
import { startTrading, type Trading } from '../faults/trading.ts';
import type { HttpAnswer, HttpRewrite } from '../proxy/http-proxy.ts';
import { statusFrame } from '../sim/relay/frames.ts';
import { type Prng, seededPrng } from '../sim/tape/prng.ts';
import { waitFor } from '../testing/wait.ts';
import { type Counts, countsOf, type HostileCounts, isUnreadable, uncounted } from './counters.ts';
import { growthOf, type Memory, watchMemory } from './memory.ts';
import { MUTATIONS, type Mutation, mutate } from './mutate.ts';

export type HostileOptions = {
  readonly setup: EngineSetup;
  readonly seconds: number;
  readonly seed: number;
  readonly ratePerS: number;
  /** Least share of the honest quotes that has to be answered; 99 when left out. */
  readonly answeredPctMin?: number;
  readonly progress?: (line: string) => void;
};

export type HostileReport = {
  readonly sent: HostileCounts;
  readonly bursts: number;
  /** Honest quotes while the sources were well, and how many of them were answered. */
  readonly asked: number;
  readonly answered: number;
  readonly memory: readonly Memory[];
  /** What does not hold; empty when all does. */
  readonly violations: readonly string[];
};

const BURST_MS = 1_000;
const BURST_EVERY_MS = 40;
const INTACT_MS = 3_000;
/** A connection that is dropped after each burst is taken for a storm in the end, and Kraken is then left alone for up to 90 s. */
const RECOVERY_LIMIT_MS = 150_000;
const RELAY_EVERY_MS = 50;
/** A poll is some ten requests and fails with any of them: more would leave no balance that is fresh. */
const RPC_ONE_IN = 30;
const COINGECKO_POLL_MS = 500;
const ANSWER_MS = 1_500;
const ANSWERED_PCT_MIN = 99;
const CAPTURES_MAX = 200;
const TRIES_MAX = 20;
/** Readers of /state share an answer while they are many: the first may be from before the last poll. What is not counted never will be. */
const COUNTED_LIMIT_MS = 10_000;
/** More than a client may read. */
const OVERSIZE_CHARS = 3_000_000;
/** Sources that disagree within their limit let an edge through that is smaller by as much. */
const EDGE_IN_BURST_PCT_E4 = 9_000;

export async function hostileRun(options: HostileOptions): Promise<HostileReport> {
  const { setup, seconds, seed, ratePerS, answeredPctMin = ANSWERED_PCT_MIN, progress = () => {} } = options;
  const prng = seededPrng(seed);
  const trading = await startTrading({
    setup,
    name: 'hostile',
    ratePerS,
    seed,
    engineEnv: { COINGECKO_POLL_MS: String(COINGECKO_POLL_MS) },
    clockShiftMs: 0,
    rpcEndpoints: 1,
    waitForReady: true,
  });
  const violations: string[] = [];
  const attack = attackOn(trading, prng);
  try {
    await untilWell(trading);
    trading.judgeBy({ toleratesUnasked: true });
    const memory = watchMemory(() => trading.engine.service().control);
    const before = await countsOf(trading);
    attack.begin();
    const endMs = performance.now() + seconds * 1000;
    const counted = { asked: 0, answered: 0 };
    let bursts = 0;
    while (performance.now() < endMs) {
      trading.judgeBy({ toleratesUnasked: true, edgeMinPctE4: EDGE_IN_BURST_PCT_E4 });
      await attack.burst();
      bursts += 1;
      await untilWell(trading).catch((error: unknown) => violations.push(`after burst ${bursts}: ${String(error)}`));
      trading.judgeBy({ toleratesUnasked: true });
      const { asked, answered } = await intactWindow(trading);
      counted.asked += asked;
      counted.answered += answered;
      progress(`burst ${bursts}: ${answered} of ${asked} quotes answered after it`);
      if (violations.length > 0) break;
    }
    attack.end();
    memory.stop();
    violations.push(
      ...(await judge(trading, { before, counted, answeredPctMin, sent: attack.sent, memory: memory.minutes() })),
    );
    return { sent: attack.sent, bursts, ...counted, memory: memory.minutes(), violations };
  } finally {
    attack.end();
    await trading.close();
  }
}

async function untilWell(trading: Trading): Promise<void> {
  const isWell = async (): Promise<boolean> => {
    const { reference } = (await trading.engine.monitor.read()) ?? {};
    return reference?.problem === null && reference.source.includes('kraken') && trading.engine.monitor.isReady();
  };
  await waitFor(isWell, { what: 'the price sources to be well again', limitMs: RECOVERY_LIMIT_MS }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)} (health: ${trading.engine.monitor.currentHealth().join(', ')})`);
    },
  );
}

async function intactWindow(trading: Trading): Promise<{ readonly asked: number; readonly answered: number }> {
  const fromMs = performance.now();
  await Bun.sleep(INTACT_MS);
  const toMs = performance.now();
  await Bun.sleep(ANSWER_MS);
  const quotes = trading.asked.filter(({ askedMs }) => askedMs >= fromMs && askedMs < toMs);
  return { asked: quotes.length, answered: quotes.filter(({ answeredMs }) => answeredMs !== null).length };
}

type Attack = {
  begin(): void;
  /** Disturbs the price sources for a while. */
  burst(): Promise<void>;
  end(): void;
  readonly sent: HostileCounts;
};

function attackOn({ proxies }: Trading, prng: Prng): Attack {
  const sent: HostileCounts = { relay: 0, kraken: 0, krakenUnreadable: 0, rpc: 0, coingecko: 0 };
  const relayCaptures = captures(statusCaptures(prng));
  const krakenCaptures = captures([]);
  proxies.relay.onFrame(relayCaptures.add);
  proxies.kraken.onFrame(krakenCaptures.add);
  let timer: Timer | null = null;

  const inject = (source: 'relay' | 'kraken', text: string): void => {
    for (const frame of mutate(kindOf(prng), text, prng)) {
      const count = proxies[source].inject(frame);
      sent[source] += count;
      if (source === 'kraken' && isUnreadable(frame)) sent.krakenUnreadable += count;
    }
  };
  const hostileAnswers = (source: 'rpc' | 'coingecko', oneIn: number): HttpRewrite => ({
    reply(honest) {
      if (!prng.chance(1, oneIn)) return null;
      sent[source] += 1;
      return unreadable(honest, prng);
    },
  });
  return {
    sent,
    begin() {
      timer = setInterval(() => inject('relay', foreign(relayCaptures.pick(prng), prng)), RELAY_EVERY_MS);
      proxies.rpc.rewrite(hostileAnswers('rpc', RPC_ONE_IN));
    },
    async burst() {
      proxies.coingecko.rewrite(hostileAnswers('coingecko', 1));
      const endMs = performance.now() + BURST_MS;
      while (performance.now() < endMs) {
        inject('kraken', krakenCaptures.pick(prng));
        await Bun.sleep(BURST_EVERY_MS);
      }
      proxies.coingecko.rewrite(null);
    },
    end() {
      if (timer !== null) clearInterval(timer);
      for (const proxy of [proxies.rpc, proxies.coingecko]) proxy.rewrite(null);
    },
  };
}

const kindOf = (prng: Prng): Mutation => MUTATIONS[prng.below(MUTATIONS.length)] ?? 'garbage';

/** The newest frames of a stream, so that mutations are of what is really sent. */
function captures(first: readonly string[]): { add(text: string): void; pick(prng: Prng): string } {
  const kept = [...first];
  let next = 0;
  return {
    add(text) {
      if (kept.length < CAPTURES_MAX) kept.push(text);
      else {
        kept[next] = text;
        next = (next + 1) % CAPTURES_MAX;
      }
    },
    pick: (prng) => kept[prng.below(Math.max(1, kept.length))] ?? '',
  };
}

/** No quote is taken in this run: statuses of other solvers' quotes are made. */
function statusCaptures(prng: Prng): readonly string[] {
  const status = { quote_hash: prng.hex(44), intent_hash: prng.hex(44), tx_hash: prng.hex(44) };
  return [statusFrame('event', status, 'subscription'), statusFrame('subscribe', status, 'subscription')];
}

const QUOTE_ID = /"quote_id":"[^"]*"/;
const REPLY_ID = /^(\{"jsonrpc":"2\.0","id":)\d+/;

/** Never about an honest quote or answer: whoever can forge those controls the relay. */
function foreign(text: string, prng: Prng): string {
  return text
    .replace(QUOTE_ID, `"quote_id":"hostile-${prng.hex(12)}"`)
    .replace(REPLY_ID, (_, begin: string) => `${begin}${1_000_000_000 + prng.below(1_000_000)}`);
}

/** An answer that cannot be believed: what a mutation leaves readable would be a lie, not a fault. */
function unreadable({ status, body }: HttpAnswer, prng: Prng): HttpAnswer {
  if (prng.chance(1, 10)) return { status: prng.pick([302, 400, 403, 404, 429, 500, 502]), body: '<html></html>' };
  if (prng.chance(1, 10)) return { status, body: `${body}${' '.repeat(OVERSIZE_CHARS)}` };
  for (let tries = TRIES_MAX; tries > 0; tries -= 1) {
    const [frame] = mutate(kindOf(prng), String(body), prng);
    if (frame !== undefined && isUnreadable(frame)) return { status, body: frame };
  }
  return { status, body: '{' };
}

type Judged = {
  readonly before: Counts;
  readonly counted: { readonly asked: number; readonly answered: number };
  readonly answeredPctMin: number;
  readonly sent: HostileCounts;
  readonly memory: readonly Memory[];
};

async function judge(
  trading: Trading,
  { before, counted, answeredPctMin, sent, memory }: Judged,
): Promise<readonly string[]> {
  const violations: string[] = [];
  const pct = counted.asked === 0 ? 0 : (100 * counted.answered) / counted.asked;
  if (pct < answeredPctMin) violations.push(`${pct.toFixed(1)} % of the honest quotes were answered`);
  const { count, first } = trading.wrong();
  if (count > 0) violations.push(`${count} wrong answers: ${first.join('; ')}`);
  const state = await trading.engine.monitor.read();
  violations.push(...(state === null ? ['the engine does not answer'] : armFaults(state)));
  let missing: readonly string[] = ['the counters could not be read'];
  const isCounted = async (): Promise<boolean> => {
    missing = uncounted(before, await countsOf(trading), sent);
    return missing.length === 0;
  };
  // What is missing at the limit says more than that it was reached.
  await waitFor(isCounted, { what: 'all to be counted', limitMs: COUNTED_LIMIT_MS }).catch(() => undefined);
  violations.push(...missing);
  const growth = growthOf(memory);
  if (growth !== null && growth > 10) violations.push(`resident memory grew by ${growth.toFixed(1)} %`);
  return violations;
}

function armFaults({ strategy, executor }: EngineState): readonly string[] {
  return [
    ...(strategy.arm.armed ? [] : [`the strategy was disarmed: ${strategy.arm.by}`]),
    ...(executor.arm.armed ? [] : [`the executor was disarmed: ${executor.arm.by}`]),
  ];
}
