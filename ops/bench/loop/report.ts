// The figures of the loop bench: what the rounds come down to, as an object for JSON. Pure.
// Percentiles are over all measured quotes of all rounds; a ratio is taken within each round and the median over the rounds
// is shown, so that a disturbed round moves neither.

import type { Machine } from '../machine.ts';
import { type CurvePoint, curveOf, median, type Summary, summarise, thirdsOf } from '../percentiles.ts';
import { type Arrived, missingOf } from './arrived.ts';
import type { FloodFigures, Switched } from './flood-run.ts';
import { type BenchSettings, type VariantName, variantsOf } from './settings.ts';

/** Unrip's median is to be at most so many times the bare signer's. */
export const RUNG_RATIO_MAX = 2.5;

/** A quote that left later than this makes the generator part of what is measured. */
export const LATE_US = 1_000;

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

/** What one variant gave in one round. */
export type Measured = {
  /** Of the answered quotes, in the order in which they were sent. */
  readonly latenciesUs: readonly number[];
  readonly latenessUs: readonly number[];
  /** Of all threads, over the measured quotes; null: not known on this system. */
  readonly cpuUs: number | null;
  /** At the end. */
  readonly residentBytes: number | null;
  /** Of the event loop; null: it does not measure itself. */
  readonly stallMs: number | null;
  /** Null: it records nothing. */
  readonly arrived: Arrived | null;
  /** Null: it was not flooded. */
  readonly flood: FloodMeasured | null;
  readonly signatures: number;
  readonly faults: readonly string[];
};

export type FloodMeasured = FloodFigures & Switched;

export type Round = Map<VariantName, Measured>;

const RATIO_KEYS = ['p50', 'p90', 'p99', 'p99_9'] as const;
type RatioKey = (typeof RATIO_KEYS)[number];
type Ratio = { readonly median: number; readonly rounds: readonly number[] };
export type Ratios = Readonly<Record<RatioKey, Ratio>> & { readonly above: VariantName; readonly below: VariantName };

/** One variant over all rounds. */
export type Figures = {
  readonly name: VariantName;
  /** Microseconds from the moment at which a quote was due to the arrival of its answer at the generator. */
  readonly latencyUs: Summary;
  /** The same of each round by itself. */
  readonly roundsLatencyUs: readonly Summary[];
  /** The same of the first and the last third of each round. */
  readonly firstThirdUs: Summary;
  readonly lastThirdUs: Summary;
  readonly curveUs: readonly CurvePoint[];
  /** Share of the quotes that left late; null: a closed loop, in which nothing is due. */
  readonly lateShare: number | null;
  readonly cpuUsPerAnswer: number | null;
  /** The longest of all rounds. */
  readonly stallMs: number | null;
  /** The maximum of all rounds. */
  readonly residentBytes: number | null;
  readonly arrived: readonly Arrived[];
  readonly floods: readonly FloodMeasured[];
};

export type LoopReport = {
  readonly bench: 'loop';
  readonly machine: Machine;
  readonly settings: BenchSettings;
  readonly variants: readonly Figures[];
  /** How late the generator's quotes left, contained in the latencies; null: a closed loop. */
  readonly generatorLatenessUs: Summary | null;
  readonly ratios: readonly Ratios[];
  readonly signaturesChecked: number;
  readonly faults: readonly string[];
  /** The same of a solver that is not ours, which nobody is to be blamed for here. */
  readonly notes: readonly string[];
  readonly rung: {
    readonly ratioMax: number;
    readonly ratio: number;
    /** null: not judged, for the reason in `tooFew`. */
    readonly holds: boolean | null;
    readonly tooFew: string | null;
  };
};

const COMPARED: readonly (readonly [VariantName, VariantName])[] = [
  ['signer', 'echo'],
  ['unrip', 'echo'],
  ['unrip', 'signer'],
  ['unrip', 'other'],
  ['solver', 'unrip'],
];

export type ReportInput = {
  readonly machine: Machine;
  readonly settings: BenchSettings;
  readonly rounds: readonly Round[];
};

export function reportOf({ machine, settings, rounds }: ReportInput): LoopReport {
  const variants = variantsOf(settings).map((name) => figuresOf(name, measuredOf(rounds, name)));
  const each = rounds.flatMap((round) => [...round].map(([name, measured]) => ({ name, measured })));
  const ratios = COMPARED.flatMap(([above, below]) => ratiosOf(rounds, above, below) ?? []);
  const ratio = ratios.find(({ above, below }) => above === 'unrip' && below === 'signer')?.p50.median ?? Number.NaN;
  const counted = (['signer', 'unrip'] as const).flatMap((name) =>
    measuredOf(rounds, name).map(({ latenciesUs }) => latenciesUs.length),
  );
  const lateness = each.flatMap(({ measured }) => measured.latenessUs);
  const problem = tooFew({ rounds: rounds.length, quotes: Math.min(...counted) });
  return {
    bench: 'loop',
    machine,
    settings,
    variants,
    generatorLatenessUs: lateness.length === 0 ? null : summarise(lateness),
    ratios,
    signaturesChecked: each.reduce((sum, { measured }) => sum + measured.signatures, 0),
    faults: each.flatMap(({ name, measured }) => (name === 'solver' ? [] : namedFaults(name, measured))),
    notes: each.flatMap(({ name, measured }) => (name === 'solver' ? namedFaults(name, measured) : [])),
    rung: {
      ratioMax: RUNG_RATIO_MAX,
      ratio,
      holds: problem === null ? ratio <= RUNG_RATIO_MAX : null,
      tooFew: problem,
    },
  };
}

function measuredOf(rounds: readonly Round[], name: VariantName): readonly Measured[] {
  return rounds.map((round, index) => {
    const measured = round.get(name);
    if (measured === undefined) throw new Error(`round ${index + 1} has no ${name}`);
    return measured;
  });
}

const namedFaults = (name: VariantName, measured: Measured): readonly string[] =>
  faultsOf(measured).map((fault) => `${name}: ${fault}`);

function faultsOf({ faults, arrived }: Measured): readonly string[] {
  const missing = arrived === null ? 0 : missingOf(arrived);
  return missing === 0 ? faults : [...faults, `${missing} records did not arrive in PostgreSQL`];
}

function figuresOf(name: VariantName, rounds: readonly Measured[]): Figures {
  const all = rounds.flatMap(({ latenciesUs }) => latenciesUs);
  const thirds = rounds.map(({ latenciesUs }) => thirdsOf(latenciesUs));
  const cpu = rounds.map(({ cpuUs }) => cpuUs);
  return {
    name,
    latencyUs: summarise(all),
    roundsLatencyUs: rounds.map(({ latenciesUs }) => summarise(latenciesUs)),
    firstThirdUs: summarise(thirds.flatMap(({ first }) => first)),
    lastThirdUs: summarise(thirds.flatMap(({ last }) => last)),
    curveUs: curveOf(all),
    lateShare: lateShareOf(rounds.flatMap(({ latenessUs }) => latenessUs)),
    cpuUsPerAnswer: cpu.every((us) => us !== null) ? cpu.reduce((sum, us) => sum + us, 0) / all.length : null,
    stallMs: largestOf(rounds.map(({ stallMs }) => stallMs)),
    residentBytes: largestOf(rounds.map(({ residentBytes }) => residentBytes)),
    arrived: rounds.flatMap(({ arrived }) => (arrived === null ? [] : [arrived])),
    floods: rounds.flatMap(({ flood }) => (flood === null ? [] : [flood])),
  };
}

function largestOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function lateShareOf(latenessUs: readonly number[]): number | null {
  return latenessUs.length === 0 ? null : latenessUs.filter((us) => us > LATE_US).length / latenessUs.length;
}

/** Null: one of the two was not measured. */
function ratiosOf(rounds: readonly Round[], above: VariantName, below: VariantName): Ratios | null {
  const summaries: { readonly above: Summary; readonly below: Summary }[] = [];
  for (const round of rounds) {
    const [one, other] = [round.get(above), round.get(below)];
    if (one === undefined || other === undefined) return null;
    summaries.push({ above: summarise(one.latenciesUs), below: summarise(other.latenciesUs) });
  }
  const ratio = (key: RatioKey): Ratio => {
    const each = summaries.map((summary) => summary.above[key] / summary.below[key]);
    return { median: median(each), rounds: each };
  };
  return { above, below, p50: ratio('p50'), p90: ratio('p90'), p99: ratio('p99'), p99_9: ratio('p99_9') };
}
