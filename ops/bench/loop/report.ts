// The figures of the loop bench: what the rounds come down to, as an object for JSON and as a table for the screen. Pure.
// Percentiles are over all measured quotes of all rounds; a ratio is taken within each round and the median over the rounds
// is shown, so that a disturbed round moves neither.

import { median, type Summary, summarise } from '../percentiles.ts';

const VARIANTS = ['echo', 'signer', 'unrip', 'other'] as const;
export type VariantName = (typeof VARIANTS)[number];

const VARIANT_TEXT: Readonly<Record<VariantName, string>> = {
  echo: 'sends the frame back as it came',
  signer: "parses, builds, signs (native ed25519), writes base58 (the engine's), sends; no gate, no record",
  unrip: './unrip engine, armed: gates, journal, Kafka, PostgreSQL',
  other: 'the same with the engine of the checkout of --against',
};

/** Unrip's median is to be at most so many times the bare signer's. */
export const RUNG_RATIO_MAX = 2.5;

/**
 * Fewer measure nothing: of three rounds one may be disturbed and the median is still of an undisturbed one, and below some
 * hundred quotes the first ones, which meet code that is not compiled yet, decide the median.
 */
export const JUDGED_MIN = { rounds: 3, quotes: 500 } as const;

/** What is too few to judge by; null: nothing. @param quotes measured in each round, for each variant */
export function tooFew({ rounds, quotes }: { readonly rounds: number; readonly quotes: number }): string | null {
  if (rounds >= JUDGED_MIN.rounds && quotes >= JUDGED_MIN.quotes) return null;
  return `${rounds} rounds of ${quotes} quotes are too few, at least ${JUDGED_MIN.rounds} of ${JUDGED_MIN.quotes} are needed`;
}

/** What one variant gave in one round; microseconds. */
export type Measured = {
  readonly latenciesUs: readonly number[];
  readonly latenessUs: readonly number[];
  readonly signatures: number;
  readonly faults: readonly string[];
};

/** `other`: null when there is no checkout to measure against. */
export type Round = Readonly<Record<Exclude<VariantName, 'other'>, Measured>> & { readonly other: Measured | null };

export type BenchSettings = {
  readonly rounds: number;
  readonly quotes: number;
  readonly warmUp: number;
  readonly ratePerS: number;
  /** Connections that flood the engine's control API while it is measured. */
  readonly flood: number;
  /** Another checkout, whose engine is measured in the same rounds; null: none. */
  readonly against: string | null;
};

export function variantsOf({ against }: Pick<BenchSettings, 'against'>): readonly VariantName[] {
  return against === null ? VARIANTS.filter((name) => name !== 'other') : VARIANTS;
}

type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly os: string;
};

const RATIO_KEYS = ['p50', 'p90', 'p99', 'p99_9'] as const;
type RatioKey = (typeof RATIO_KEYS)[number];
type Ratio = { readonly median: number; readonly rounds: readonly number[] };
type Ratios = Readonly<Record<RatioKey, Ratio>>;

type Latencies = Readonly<Record<Exclude<VariantName, 'other'>, Summary>> & { readonly other: Summary | null };

export type LoopReport = {
  readonly bench: 'loop';
  readonly date: string;
  readonly bun: string;
  readonly machine: Machine;
  readonly settings: BenchSettings;
  /** Microseconds from the moment at which a quote was due to the arrival of its answer at the generator. */
  readonly latencyUs: Latencies;
  /** The same of each round by itself. */
  readonly roundsLatencyUs: readonly Latencies[];
  /** How late the generator's quotes left, microseconds: contained in the latencies. */
  readonly generatorLatenessUs: Summary;
  readonly ratios: {
    readonly signerToEcho: Ratios;
    readonly unripToEcho: Ratios;
    readonly unripToSigner: Ratios;
    /** null: measured against no other checkout. */
    readonly unripToOther: Ratios | null;
  };
  readonly signaturesChecked: number;
  readonly faults: readonly string[];
  readonly rung: {
    readonly ratioMax: number;
    readonly ratio: number;
    /** null: not judged, for the reason in `tooFew`. */
    readonly holds: boolean | null;
    readonly tooFew: string | null;
  };
};

export type ReportInput = {
  readonly date: string;
  readonly bun: string;
  readonly machine: Machine;
  readonly settings: BenchSettings;
  readonly rounds: readonly Round[];
};

export function reportOf({ rounds, ...rest }: ReportInput): LoopReport {
  const hasOther = rest.settings.against !== null;
  const each = rounds.flatMap(measuredOf);
  const unripToSigner = ratiosOf(rounds, 'unrip', 'signer');
  const ratio = unripToSigner.p50.median;
  const counted = rounds.flatMap(({ signer, unrip }) => [signer.latenciesUs.length, unrip.latenciesUs.length]);
  const problem = tooFew({ rounds: rounds.length, quotes: Math.min(...counted) });
  return {
    bench: 'loop',
    ...rest,
    latencyUs: latenciesOf(rounds),
    roundsLatencyUs: rounds.map((round) => latenciesOf([round])),
    generatorLatenessUs: summarise(each.flatMap(({ measured }) => measured.latenessUs)),
    ratios: {
      signerToEcho: ratiosOf(rounds, 'signer', 'echo'),
      unripToEcho: ratiosOf(rounds, 'unrip', 'echo'),
      unripToSigner,
      unripToOther: hasOther ? ratiosOf(rounds, 'unrip', 'other') : null,
    },
    signaturesChecked: each.reduce((sum, { measured }) => sum + measured.signatures, 0),
    faults: each.flatMap(({ name, measured }) => measured.faults.map((fault) => `${name}: ${fault}`)),
    rung: {
      ratioMax: RUNG_RATIO_MAX,
      ratio,
      holds: problem === null ? ratio <= RUNG_RATIO_MAX : null,
      tooFew: problem,
    },
  };
}

function measuredOf(round: Round): readonly { readonly name: VariantName; readonly measured: Measured }[] {
  return VARIANTS.flatMap((name) => {
    const measured = round[name];
    return measured === null ? [] : [{ name, measured }];
  });
}

function latenciesOf(rounds: readonly Round[]): Latencies {
  const of = (name: VariantName): Summary => summarise(rounds.flatMap((round) => round[name]?.latenciesUs ?? []));
  const hasOther = rounds.some(({ other }) => other !== null);
  return { echo: of('echo'), signer: of('signer'), unrip: of('unrip'), other: hasOther ? of('other') : null };
}

function ratiosOf(rounds: readonly Round[], above: VariantName, below: VariantName): Ratios {
  const summaries = rounds.map((round) => ({
    above: summarise(round[above]?.latenciesUs ?? []),
    below: summarise(round[below]?.latenciesUs ?? []),
  }));
  const ratio = (key: RatioKey): Ratio => {
    const each = summaries.map((summary) => summary.above[key] / summary.below[key]);
    return { median: median(each), rounds: each };
  };
  return { p50: ratio('p50'), p90: ratio('p90'), p99: ratio('p99'), p99_9: ratio('p99_9') };
}

export function tableOf(report: LoopReport): string {
  const { machine, settings, latencyUs, ratios, rung } = report;
  const us = (value: number) => value.toFixed(0).padStart(9);
  const times = (value: number) => value.toFixed(2).padStart(9);
  const head = ['p50', 'p90', 'p99', 'p99.9', 'max', 'count'].map((name) => name.padStart(9)).join('');
  const row = (name: string, { p50, p90, p99, p99_9, max, count }: Summary) =>
    `  ${name.padEnd(18)}${[p50, p90, p99, p99_9, max].map(us).join('')}${String(count).padStart(9)}`;
  const ratioRow = (name: string, of: Ratios) =>
    `  ${name.padEnd(18)}${RATIO_KEYS.map((key) => times(of[key].median)).join('')}`;
  return [
    `bench loop, ${report.date}, Bun ${report.bun}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.os}`,
    `open loop over loopback: ${settings.rounds} rounds of ${settings.quotes} quotes a variant at ${settings.ratePerS}/s, ` +
      `${settings.warmUp} more before each that do not count`,
    ...(settings.flood === 0 ? [] : [`while ${settings.flood} connections flood the control API of unrip`]),
    '',
    `  ${'microseconds'.padEnd(18)}${head}`,
    ...variantsOf(settings).flatMap((name) => {
      const summary = latencyUs[name];
      return summary === null ? [] : [row(name, summary)];
    }),
    row('generator lateness', report.generatorLatenessUs),
    '',
    `  ${'ratio, median of the rounds'}`,
    ratioRow('signer / echo', ratios.signerToEcho),
    ratioRow('unrip / echo', ratios.unripToEcho),
    ratioRow('unrip / signer', ratios.unripToSigner),
    ...(ratios.unripToOther === null ? [] : [ratioRow('unrip / other', ratios.unripToOther)]),
    '',
    ...variantsOf(settings).map((name) => `  ${name.padEnd(8)}${VARIANT_TEXT[name]}`),
    '',
    `answers: one to each quote${report.faults.length === 0 ? '' : ' EXPECTED'}, ` +
      `${report.signaturesChecked} signatures checked with another library`,
    ...report.faults.map((fault) => `  FAULT ${fault}`),
    `first rung: unrip's median is ${rung.ratio.toFixed(2)} times the bare signer's, ${verdictOf(rung)}`,
    '',
  ].join('\n');
}

function verdictOf({ holds, tooFew: problem, ratioMax }: LoopReport['rung']): string {
  return holds === null ? `NOT JUDGED: ${problem}` : `${holds ? 'within' : 'ABOVE'} ${ratioMax}`;
}
