import { expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import { command, parseLoop } from './bench.ts';

test('the loop bench has defaults for everything', () => {
  expect(parseLoop([])).toEqual({
    rounds: 5,
    quotes: 1500,
    warmUp: 1000,
    ratePerS: 200,
    flood: 0,
    against: null,
    json: null,
    gate: true,
  });
});

test('each option is taken', () => {
  const args = [
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
    '--against',
    join(import.meta.dir, '..', '..'),
    '--json',
    'out.json',
    '--no-gate',
  ];
  expect(parseLoop(args)).toEqual({
    rounds: 1,
    quotes: 20,
    warmUp: 0,
    ratePerS: 50,
    flood: 7,
    against: join(import.meta.dir, '..', '..'),
    json: 'out.json',
    gate: false,
  });
});

test.each([
  [['--rounds', '0'], '--rounds 0'],
  [['--rate', 'fast'], '--rate fast'],
  [['--warm-up', '-1'], '--warm-up'],
  [['--flood', 'x'], '--flood x'],
  [['--against', '/nowhere'], '--against /nowhere: no checkout'],
  [['--nonsense'], '--nonsense'],
  [['--rounds', '2'], '2 rounds of 1500 quotes are too few'],
  [['--quotes', '499'], '--no-gate measures without one'],
])('%p is refused by name', (args, named) => {
  expect(parseLoop(args)).toContain(named);
});

test('the fewest that are judged', () => {
  expect(parseLoop(['--rounds', '3', '--quotes', '500'])).toMatchObject({ rounds: 3, quotes: 500, gate: true });
});

test.each([[[]], [['nothing']]])('a bench has to be named: %p is wrong usage', async (args) => {
  const said = spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    expect(await command.run(args)).toBe(2);
    expect(String(said.mock.calls[0]?.[0])).toContain('bench loop');
  } finally {
    said.mockRestore();
  }
});

test('the help lists the benches', () => {
  expect(command.help).toContain('bench loop');
  expect(command.help).toContain('bench kafka');
});
