// The arguments of `./unrip bench loop`.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSolver } from '../../clients/solver.ts';
import { OUTPUT_OPTIONS, type Output, outputOf } from '../output.ts';
import { JUDGED_MIN, RUNG_RATIO_MAX, tooFew } from './report.ts';
import type { BenchSettings } from './settings.ts';

const DEFAULTS = { rounds: 5, quotes: 1500, 'warm-up': 1000, rate: 200, live: 0, foreign: 0, flood: 0 } as const;

/** More take more memory than a run is worth; an hour at 500/s has fewer. */
const QUOTES_MAX = 2_000_000;

export const LOOP_HELP = `loop   Latency as a client of the venue sees it: a generator in a separate process plays the relay over loopback and sends
       quotes on a fixed schedule (open loop). Latency is measured from the scheduled time of a quote. Each round measures,
       in rotating order: a bare websocket echo; a bare signer (parses, builds the payload, signs with native ed25519 and a
       key object, SHA-256, base58 of engine/lib/base58.ts, sends; no gate, no record); and the complete ./unrip engine,
       armed, with its journal. Kafka, PostgreSQL, history-writer and simulators run all the time, the servers at the
       niceness that ops/OPERATIONS.md gives them, engine and signer, as root, with the real-time priority of the engine's
       unit. Prints latencies, processor time of each answer, the longest stall of the engine's event loop, resident memory,
       and whether every record of the engine arrived in PostgreSQL; exit code 1 when unrip's median is
       above ${RUNG_RATIO_MAX} times the bare signer's, an answer was wrong, or a record is missing.

  --rounds N    rounds (default ${DEFAULTS.rounds})
  --quotes N    measured quotes for each variant in each round (default ${DEFAULTS.quotes})
  --seconds N   the same as a time at the rate
  --warm-up N   quotes before them that are not measured (default ${DEFAULTS['warm-up']})
  --rate N      quotes a second (default ${DEFAULTS.rate})
  --closed      closed loop: the next quote leaves when the last one was answered
  --no-kafka    the engine cannot reach Kafka while it is measured; afterwards it is started again with Kafka, and everything
                that it recorded has to arrive
  --live N      quotes that the engine has answered, and that are not over, when it is measured (default ${DEFAULTS.live})
  --foreign N   quotes a second for other pairs in addition, which nobody may answer (default ${DEFAULTS.foreign})
  --flood N     hostile connections to the engine's control API while it is measured (default ${DEFAULTS.flood}): requests sent ahead as fast
                as they are taken, answers that are not read, refused requests. An operator's call is timed once a second
                meanwhile, and disarming and arming afterwards, under flood and quotes
  --against DIR another checkout of unrip with installed dependencies: its engine is measured in the same rounds, with the
                same servers, simulators and history-writer
  --solver CMD  a solver of somebody else in the same rounds: a folder with the venue's reference solver (with node_modules), or a
                command line that takes the same environment (RELAY_WS_URL, NEAR_NODE_URL, NEAR_ACCOUNT_ID, NEAR_PRIVATE_KEY)
  --no-gate     exit code 0 even if the median is above the limit; required for a run of fewer than ${JUDGED_MIN.rounds} rounds or
                ${JUDGED_MIN.quotes} quotes, which is too short for a verdict`;

/** They are sent while the first of them are still live. */
const LIVE_MAX = 500_000;

export type LoopRequest = {
  readonly settings: BenchSettings;
  readonly output: Output;
  readonly gate: boolean;
};

const text = (value: number) => ({ type: 'string', default: String(value) }) as const;

const OPTIONS = {
  rounds: text(DEFAULTS.rounds),
  quotes: { type: 'string' },
  seconds: { type: 'string' },
  'warm-up': text(DEFAULTS['warm-up']),
  rate: { type: 'string' },
  closed: { type: 'boolean', default: false },
  'no-kafka': { type: 'boolean', default: false },
  live: text(DEFAULTS.live),
  foreign: text(DEFAULTS.foreign),
  flood: text(DEFAULTS.flood),
  against: { type: 'string' },
  solver: { type: 'string' },
  'no-gate': { type: 'boolean', default: false },
  ...OUTPUT_OPTIONS,
} as const;

/** The request, or what is wrong with it. */
export function parseLoop(args: readonly string[]): LoopRequest | string {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    for (const name of ['rounds', 'quotes', 'seconds', 'rate'] as const) {
      if (!/^[1-9][0-9]{0,6}$/.test(values[name] ?? '1'))
        return `--${name} ${values[name]}: expected a whole number from 1 to 9999999`;
    }
    for (const name of ['warm-up', 'live', 'foreign', 'flood'] as const) {
      if (!/^[0-9]{1,6}$/.test(values[name])) return `--${name} ${values[name]}: expected a whole number up to 999999`;
    }
    const against = values.against === undefined ? null : resolve(values.against);
    if (against !== null && !existsSync(join(against, 'node_modules'))) {
      return `--against ${values.against}: no checkout with installed dependencies; run ./unrip --help there once`;
    }
    const solver = values.solver === undefined ? null : readSolver(values.solver);
    if (typeof solver === 'string') return `--solver: ${solver}`;
    if (values.closed && values.foreign !== '0') return '--foreign needs a rate, which --closed has not';
    if (Number(values.live) > LIVE_MAX) return `--live ${values.live}: at most ${LIVE_MAX}`;
    if (values.closed && (values.rate ?? values.seconds) !== undefined) {
      return '--closed has no rate: give --quotes instead of --rate and --seconds';
    }
    if (values.quotes !== undefined && values.seconds !== undefined) return 'give either --quotes or --seconds';
    const rate = Number(values.rate ?? DEFAULTS.rate);
    const quotes =
      values.seconds === undefined ? Number(values.quotes ?? DEFAULTS.quotes) : rate * Number(values.seconds);
    if (quotes > QUOTES_MAX) return `${quotes} quotes are too many, at most ${QUOTES_MAX}`;
    const rounds = Number(values.rounds);
    // Before anything is measured: whoever waited for figures must not learn then that they prove nothing.
    const problem = values['no-gate'] ? null : tooFew({ rounds, quotes });
    if (problem !== null) return `${problem} for a verdict; --no-gate measures without one`;
    const settings = {
      rounds,
      quotes,
      warmUp: Number(values['warm-up']),
      ratePerS: values.closed ? null : rate,
      kafka: !values['no-kafka'],
      live: Number(values.live),
      foreignPerS: Number(values.foreign),
      flood: Number(values.flood),
      solver: values.solver ?? null,
      against,
    };
    return { settings, output: outputOf(values), gate: !values['no-gate'] };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
