import { expect, test } from 'bun:test';
import { thisMachine } from '../machine.ts';
import { parseMicro } from './bench.ts';
import { timePiece } from './measure.ts';
import { makePieces } from './pieces.ts';
import { microDrawingOf, microReportOf, microTableOf } from './report.ts';

const NAMES = ['parse', 'decide', 'prepare', 'sign', 'base58', 'pack', 'render'];

test('every piece and every baseline does its work on the samples', () => {
  const pieces = makePieces();
  expect(pieces.map(({ name }) => name)).toEqual(NAMES);
  for (const { run, baseline } of pieces) {
    for (const index of [0, 1, 2, 3, 64]) expect([run(index), baseline.run(index)]).not.toContain(undefined);
  }
});

test('nanoseconds are those of one call, of piece and baseline by turns', () => {
  let nowNs = 0;
  const order: string[] = [];
  const work = (name: string, ns: number) => () => {
    nowNs += ns;
    if (order.at(-1) !== name) order.push(name);
    return name;
  };
  const piece = { name: 'a', what: '', run: work('a', 200), baseline: { name: 'b', run: work('b', 50) } };
  const timed = timePiece(piece, 3, { nowNs: () => nowNs });
  expect(timed.ns).toEqual([200, 200, 200]);
  expect(timed.baseline.ns).toEqual([50, 50, 50]);
  // Both to warm up, then in the order that changes with each batch.
  expect(order.join('')).toBe('abababab'.slice(0, order.length));
  expect(microReportOf(thisMachine(), 3, [timed]).pieces[0]?.ratio).toBe(4);
});

test('the report names every piece with its baseline', () => {
  const ns = [3000, 1000, 2000];
  const timed = NAMES.map((name) => ({ name, what: `what ${name} is`, ns, baseline: { name: 'known', ns: [500] } }));
  const report = microReportOf(thisMachine(), 3, timed);
  const rows = microTableOf(report).split('\n');
  const row = rows.find((line) => line.startsWith('  pack'));
  expect(row?.trim().split(/ +/)).toEqual(['pack', '2000', '3000', '4.00', 'known', '500', '500']);
  expect(microDrawingOf(report)).toContain('>render</text>');
});

test.each([[['--batches', '0']], [['--unheard-of']]])('%p is refused by name', (args) => {
  expect(parseMicro(args)).toContain(args[0] ?? '');
});
