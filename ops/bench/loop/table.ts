// The report of the loop bench for a screen. Pure.

import { machineLine } from '../machine.ts';
import { median, type Summary } from '../percentiles.ts';
import { type Arrived, missingOf } from './arrived.ts';
import { type Figures, type FloodMeasured, LATE_US, type LoopReport, type Ratios } from './report.ts';
import { type BenchSettings, VARIANT_TEXT } from './settings.ts';

const NAME_WIDTH = 18;
const WIDTH = 10;
const MIB = 2 ** 20;

const named = (name: string): string => `  ${name.padEnd(NAME_WIDTH)}`;
const cell = (text: string): string => ` ${text}`.padStart(WIDTH);
const whole = (value: number): string => cell(value.toFixed(0));
const times = (value: number): string => cell(value.toFixed(2));
const known = (value: number | null, show: (value: number) => string): string =>
  value === null ? cell('-') : show(value);

export function tableOf(report: LoopReport): string {
  const { machine, settings, variants, generatorLatenessUs, ratios, rung, faults, notes, signaturesChecked } = report;
  return [
    'bench loop',
    machineLine(machine),
    ...conditionsOf(settings),
    '',
    named('microseconds') + ['p50', 'p90', 'p99', 'p99.9', 'max', 'count'].map(cell).join(''),
    ...variants.map(({ name, latencyUs }) => latencyRow(name, latencyUs)),
    ...(generatorLatenessUs === null ? [] : [latencyRow('generator lateness', generatorLatenessUs)]),
    '',
    named('') + ['CPU us', 'stall', 'resident', 'sent late', 'p50 us', 'p50 us', 'p99 us', 'p99 us'].map(cell).join(''),
    named('') + ['/answer', 'ms', 'MiB', '%', 'first 1/3', 'last 1/3', 'first 1/3', 'last 1/3'].map(cell).join(''),
    ...variants.map(resourceRow),
    ...variants.flatMap(latenessLine),
    '',
    '  ratio, median of the rounds',
    ...ratios.map(ratioRow),
    '',
    ...variants.map(({ name }) => `  ${name.padEnd(8)}${VARIANT_TEXT[name]}`),
    '',
    ...variants.flatMap(({ name, arrived }) =>
      arrived.length === 0 ? [] : [arrivedLine(name, arrived), ...rejectedLine(name, arrived)],
    ),
    ...variants.flatMap(floodLines),
    `answers: one to each quote${faults.length === 0 ? '' : ' EXPECTED'}, ` +
      `${signaturesChecked} signatures checked with another library`,
    ...faults.map((fault) => `  FAULT ${fault}`),
    ...notes.map((note) => `  ${note}`),
    `first rung: unrip's median is ${rung.ratio.toFixed(2)} times the bare signer's, ${verdictOf(rung)}`,
    '',
  ].join('\n');
}

function conditionsOf(settings: BenchSettings): readonly string[] {
  const { warmUp, live, foreignPerS, flood, kafka } = settings;
  return [
    `${paceOf(settings)}, ${warmUp} more before each that do not count, and have all arrived when it begins`,
    ...(kafka ? [] : ['Kafka cannot be reached while unrip is measured']),
    ...(live === 0 ? [] : [`unrip has answered ${live} quotes that are not over when it is measured`]),
    ...(foreignPerS === 0 ? [] : [`and ${foreignPerS} quotes/s for other pairs`]),
    ...(flood === 0 ? [] : [`while ${flood} connections flood the control API of unrip`]),
  ];
}

export function paceOf({ rounds, quotes, ratePerS }: BenchSettings): string {
  const pace = ratePerS === null ? 'closed loop, one quote at a time' : `open loop at ${ratePerS} quotes/s`;
  const lasting = ratePerS === null ? '' : ` (${(quotes / ratePerS).toFixed(1)} s)`;
  return `${pace}, over loopback: ${rounds} rounds of ${quotes} quotes${lasting} a variant`;
}

function latencyRow(name: string, { p50, p90, p99, p99_9, max, count }: Summary): string {
  return named(name) + [p50, p90, p99, p99_9, max].map(whole).join('') + cell(String(count));
}

/** More than one in a hundred, and the 99th percentile is the generator's. */
const LATE_SHARE_MAX = 0.01;

function latenessLine({ name, lateShare }: Figures): readonly string[] {
  if (lateShare === null || lateShare <= LATE_SHARE_MAX) return [];
  const percent = `${(100 * lateShare).toFixed(1)} %`;
  return [
    `  THE GENERATOR WAS LATE: ${percent} of the quotes to ${name} left more than ${LATE_US / 1000} ms after they were due, which its latencies contain`,
  ];
}

function resourceRow(figures: Figures): string {
  const { name, cpuUsPerAnswer, stallMs, residentBytes, lateShare, firstThirdUs, lastThirdUs } = figures;
  const thirds = [firstThirdUs.p50, lastThirdUs.p50, firstThirdUs.p99, lastThirdUs.p99].map(whole).join('');
  const mib = (bytes: number): string => whole(bytes / MIB);
  const percent = (share: number): string => times(100 * share);
  return [
    named(name),
    known(cpuUsPerAnswer, whole),
    known(stallMs, whole),
    known(residentBytes, mib),
    known(lateShare, percent),
    thirds,
  ].join('');
}

const ratioRow = (of: Ratios): string =>
  named(`${of.above} / ${of.below}`) + [of.p50, of.p90, of.p99, of.p99_9].map(({ median }) => times(median)).join('');

function arrivedLine(name: string, arrived: readonly Arrived[]): string {
  const sum = (of: (each: Arrived) => number): number => arrived.reduce((total, each) => total + of(each), 0);
  const missing = sum(missingOf);
  const verdict = missing === 0 ? 'nothing lost end to end' : `${missing} RECORDS LOST`;
  const slowest = Math.max(...arrived.map(({ afterMs }) => afterMs));
  return (
    `${name}: ${verdict}: ${sum(({ quotes }) => quotes)} quotes and ${sum(({ answers }) => answers)} answers, in PostgreSQL ` +
    `${sum(({ decisions }) => decisions)} decisions, ${sum(({ commands }) => commands)} commands, ` +
    `${sum(({ results }) => results)} with results; the last ones ${(slowest / 1000).toFixed(1)} s after the end`
  );
}

function rejectedLine(name: string, arrived: readonly Arrived[]): readonly string[] {
  const reasons = arrived.flatMap(({ rejected, shed }) => [
    ...Object.entries(rejected),
    ...(shed === 0 ? [] : [['shed undecided', shed] as const]),
  ]);
  const each = [...Map.groupBy(reasons, ([reason]) => reason)].map(
    ([reason, found]) => `${reason} ${found.reduce((sum, [, count]) => sum + count, 0)}`,
  );
  return each.length === 0 ? [] : [`${name} did not answer: ${each.join(', ')}`];
}

function floodLines({ name, floods }: Figures): readonly string[] {
  if (floods.length === 0) return [];
  const calls = floods.reduce((sum, each) => sum + each.calls, 0);
  const failed = floods.reduce((sum, each) => sum + each.failed, 0);
  const longest = Math.max(...floods.map(({ maxMs }) => maxMs)).toFixed(1);
  const medians = floods.flatMap(({ medianMs }) => medianMs ?? []);
  const typical = medians.length === 0 ? '-' : median(medians).toFixed(1);
  const switching = (of: (flood: FloodMeasured) => readonly number[]): string => {
    const all = floods.flatMap(of);
    return `${median(all).toFixed(1)} ms, at most ${Math.max(...all).toFixed(1)} ms`;
  };
  return [
    `${name} under the flood: ${calls} calls of an operator (${failed} failed) took ${typical} ms, at most ${longest} ms; ` +
      `to disarm ${switching(({ disarmMs }) => disarmMs)}; to arm ${switching(({ armMs }) => armMs)}`,
  ];
}

function verdictOf({ holds, tooFew: problem, ratioMax }: LoopReport['rung']): string {
  return holds === null ? `NOT JUDGED: ${problem}` : `${holds ? 'within' : 'ABOVE'} ${ratioMax}`;
}
