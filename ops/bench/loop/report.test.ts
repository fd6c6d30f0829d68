import { expect, test } from 'bun:test';
import { type Measured, type Round, reportOf, tableOf } from './report.ts';

const QUOTES = 500;
const measured = (latencyUs: number, more: Partial<Measured> = {}): Measured => ({
  latenciesUs: new Array<number>(QUOTES).fill(latencyUs),
  latenessUs: [1],
  signatures: 1,
  faults: [],
  ...more,
});
const round = (echo: number, signer: number, unrip: number): Round => ({
  echo: measured(echo),
  signer: measured(signer),
  unrip: measured(unrip),
  other: null,
});
const reportFor = (rounds: readonly Round[]) =>
  reportOf({
    date: '2026-01-01T00:00:00.000Z',
    bun: '1.4.5',
    machine: { cpu: 'some', cores: 2, memoryGib: 8, os: 'Linux' },
    settings: { rounds: rounds.length, quotes: QUOTES, warmUp: 1, ratePerS: 200, flood: 0, against: null },
    rounds,
  });

test('a ratio is the median of the rounds, so that a disturbed round does not move it', () => {
  const report = reportFor([round(50, 100, 200), round(50, 100, 210), round(500, 100, 9000)]);
  expect(report.ratios.unripToSigner.p50).toEqual({ median: 2.1, rounds: [2, 2.1, 90] });
  expect(report.ratios.unripToEcho.p50.median).toBe(4.2);
  expect(report.latencyUs.unrip).toMatchObject({ count: 3 * QUOTES, p50: 210, max: 9000 });
});

test.each([
  { unrip: 250, holds: true },
  { unrip: 251, holds: false },
])('unrip at $unrip against a signer at 100: the first rung holds: $holds', ({ unrip, holds }) => {
  const report = reportFor([round(50, 100, unrip), round(50, 100, unrip), round(50, 100, unrip)]);
  expect(report.rung.holds).toBe(holds);
  expect(tableOf(report)).toContain(holds ? 'within 2.5' : 'ABOVE 2.5');
});

test('too few samples are not judged, however good they are', () => {
  const good = round(50, 100, 110);
  const short: Round = { ...good, unrip: measured(110, { latenciesUs: new Array<number>(QUOTES - 1).fill(110) }) };
  for (const rounds of [
    [good, good],
    [good, good, short],
  ]) {
    const report = reportFor(rounds);
    expect(report.rung.holds).toBeNull();
    expect(tableOf(report)).toContain('NOT JUDGED: ');
  }
  expect(reportFor([good, good, good]).rung).toMatchObject({ holds: true, tooFew: null });
});

test('what was wrong with an answer is reported with its variant', () => {
  const broken: Round = { ...round(50, 100, 200), unrip: measured(200, { faults: ['2 of 3 quotes were answered'] }) };
  const report = reportFor([broken]);
  expect(report.faults).toEqual(['unrip: 2 of 3 quotes were answered']);
  expect(tableOf(report)).toContain('FAULT unrip: 2 of 3');
});
