import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { parseLoop } from './options.ts';

const CHECKOUT = join(import.meta.dir, '..', '..', '..');
const DEFAULT = {
  rounds: 5,
  quotes: 1500,
  warmUp: 1000,
  ratePerS: 200,
  kafka: true,
  live: 0,
  foreignPerS: 0,
  flood: 0,
  solver: null,
  against: null,
};

test('the loop bench has defaults for everything', () => {
  expect(parseLoop([])).toEqual({ settings: DEFAULT, output: { json: null, svg: null }, gate: true });
});

test('each option is taken', () => {
  const numbers = [
    '--rounds',
    '1',
    '--quotes',
    '20',
    '--warm-up',
    '0',
    '--rate',
    '50',
    '--flood',
    '7',
    '--live',
    '9',
    '--foreign',
    '8',
  ];
  const files = ['--solver', 'cmd', '--against', CHECKOUT, '--json', 'out.json', '--svg', 'out.svg'];
  expect(parseLoop([...numbers, ...files, '--no-kafka', '--no-gate'])).toEqual({
    settings: {
      rounds: 1,
      quotes: 20,
      warmUp: 0,
      ratePerS: 50,
      kafka: false,
      live: 9,
      foreignPerS: 8,
      flood: 7,
      solver: 'cmd',
      against: CHECKOUT,
    },
    output: { json: 'out.json', svg: 'out.svg' },
    gate: false,
  });
});

test.each([
  { args: ['--seconds', '10'], quotes: 2000, ratePerS: 200 },
  { args: ['--seconds', '30', '--rate', '1000'], quotes: 30_000, ratePerS: 1000 },
  { args: ['--closed', '--quotes', '700'], quotes: 700, ratePerS: null },
])('$args are $quotes quotes', ({ args, quotes, ratePerS }) => {
  expect(parseLoop(args)).toMatchObject({ settings: { quotes, ratePerS } });
});

test.each([
  [['--rounds', '0'], '--rounds 0'],
  [['--rate', 'fast'], '--rate fast'],
  [['--seconds', '1.5'], '--seconds 1.5'],
  [['--warm-up', '-1'], '--warm-up'],
  [['--flood', 'x'], '--flood x'],
  [['--live', '600000'], '--live 600000: at most 500000'],
  [['--closed', '--foreign', '5'], '--foreign needs a rate'],
  [['--against', '/nowhere'], '--against /nowhere: no checkout'],
  [['--solver', import.meta.dir], '--solver: there is no package.json'],
  [['--nonsense'], '--nonsense'],
  [['--rounds', '2'], '2 rounds of 1500 quotes are too few'],
  [['--quotes', '499'], '--no-gate measures without one'],
  [['--quotes', '600', '--seconds', '3'], 'either --quotes or --seconds'],
  [['--closed', '--rate', '5'], '--closed has no rate'],
  [['--rate', '5000', '--seconds', '5000'], '25000000 quotes are too many'],
])('%p is refused by name', (args, named) => {
  expect(parseLoop(args)).toContain(named);
});

test('the fewest that are judged', () => {
  const fewest = ['--rounds', '3', '--quotes', '500'];
  expect(parseLoop(fewest)).toMatchObject({ settings: { rounds: 3, quotes: 500 }, gate: true });
});
