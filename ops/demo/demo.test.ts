// The parts of the demo that compute: arguments, screen, choice of stories, summary.

import { describe, expect, test } from 'bun:test';
import type { EngineFigures } from './figures.ts';
import type { Direction, RequestKind, SettledQuote } from './history.ts';
import { keptLines } from './kept.ts';
import { parseDemoArgs } from './options.ts';
import { createScreen, progressLine } from './progress.ts';
import { summaryLines } from './summary.ts';
import { candidatesOf, chooseStories, shortcomings, treasuryShortcomings } from './verdict.ts';

const quote = (quoteId: string, direction: Direction, kind: RequestKind): SettledQuote => ({
  quoteId,
  direction,
  kind,
});

describe('arguments', () => {
  test('defaults, and all of them', () => {
    expect(parseDemoArgs([])).toEqual({ speed: 15, seconds: 45, keep: false, stackDir: null });
    expect(parseDemoArgs(['--speed', 'max', '--seconds', '5', '--keep', '--stack-dir', '/s'])).toEqual({
      speed: 'max',
      seconds: 5,
      keep: true,
      stackDir: '/s',
    });
  });

  test.each([
    [['--speed', '0'], '--speed 0'],
    [['--seconds', '0'], '--seconds 0'],
    [['--seconds', '1.5'], '--seconds 1.5'],
    [['--fast'], '--fast'],
    [['tape'], 'tape'],
  ])('%p is refused', (args, said) => {
    expect(parseDemoArgs(args)).toContain(said);
  });
});

describe('the screen', () => {
  function screenOn(isTTY: boolean, columns = 80) {
    let text = '';
    let nowMs = 0;
    const write = (more: string): void => {
      text += more;
    };
    return {
      screen: createScreen({ isTTY, columns: () => columns, write, elapsedMs: () => nowMs }),
      text: () => text,
      pass: (ms: number) => {
        nowMs += ms;
      },
    };
  }

  test('a terminal gets one line that is written over, and lines of their own below it', () => {
    const { screen, text } = screenOn(true);
    screen.update('1');
    screen.update('2');
    screen.say('done');
    expect(text()).toBe('\r\x1b[K1\r\x1b[K2\ndone\n');
  });

  test('a file gets plain lines, one in ten seconds', () => {
    const { screen, text, pass } = screenOn(false);
    screen.update('1');
    pass(9_999);
    screen.update('2');
    pass(1);
    screen.update('3');
    screen.say('done');
    screen.update('4');
    expect(text()).toBe('1\n3\ndone\n4\n');
  });

  test('progress in one line', () => {
    const line = progressLine({ tapeMs: 61_900, durationMs: 600_000, heard: 9, answered: 7, settled: 1 });
    expect(line.trim()).toBe('tape 61/600 s  heard 9  answered 7  settled 1');
  });

  test('progress fits into 60 columns, and into fewer as far as it goes', () => {
    const line = progressLine({ tapeMs: 600_000, durationMs: 600_000, heard: 99_999, answered: 9999, settled: 9999 });
    for (const [columns, shown] of [
      [60, line],
      [20, line.slice(0, 19)],
    ] as const) {
      const { screen, text } = screenOn(true, columns);
      screen.update(line);
      expect(text()).toBe(`\r\x1b[K${shown}`);
    }
  });
});

describe('the verdict', () => {
  const settled = [
    quote('a', 'BTC->EURe', 'exact_in'),
    quote('b', 'EURe->BTC', 'exact_in'),
    quote('c', 'EURe->BTC', 'exact_out'),
    quote('d', 'EURe->BTC', 'exact_out'),
  ];
  const whole = [settled[0], settled[2]].flatMap((each) => (each === undefined ? [] : [{ ...each, missing: [] }]));

  test('tells one of each direction, of both kinds where that can be had', () => {
    expect(candidatesOf(settled).map(({ quoteId }) => quoteId)).toEqual(['a', 'b', 'c']);
    expect(chooseStories(candidatesOf(settled)).map(({ quoteId }) => quoteId)).toEqual(['a', 'c']);
    expect(chooseStories(candidatesOf(settled.slice(0, 2))).map(({ quoteId }) => quoteId)).toEqual(['a', 'b']);
    expect(chooseStories(candidatesOf(settled.slice(1))).map(({ quoteId }) => quoteId)).toEqual(['b']);
    expect(chooseStories([])).toEqual([]);
  });

  test('is content with all directions, all kinds and whole stories', () => {
    expect(shortcomings(settled, whole)).toEqual([]);
  });

  test('names what it lacks', () => {
    expect(shortcomings(settled.slice(1, 2), [{ ...quote('b', 'EURe->BTC', 'exact_in'), missing: ['end'] }])).toEqual([
      'no quote of the direction BTC->EURe settled',
      'no quote of the kind exact_out settled',
      'the story of b lacks end',
    ]);
    expect(shortcomings(settled, whole.slice(0, 1))).toEqual([
      'there is no story of a settled quote of the direction EURe->BTC',
      'there is no story of a settled quote of the kind exact_out',
    ]);
  });
});

test('a deposit up to its credit and an alert up to its end are wanted, by what history has of them', () => {
  const whole = {
    observed: ['seen', 'confirmed', 'credited'],
    deposited: ['seen', 'credited'],
    alerts: ['raised', 'cleared'],
  };
  expect(treasuryShortcomings(whole)).toEqual([]);
  expect(treasuryShortcomings({ ...whole, observed: ['confirmed', 'credited'], alerts: ['raised'] })).toEqual([
    'the deposit was not observed as seen',
    'the alert is not recorded as cleared',
  ]);
  expect(treasuryShortcomings({ ...whole, deposited: [] })).toEqual(['the deposit is not recorded as credited']);
});

test('the summary adds up what was not answered from both places, and says what each reason means', () => {
  const engine: EngineFigures = {
    ingest: { frames: { quotes_of_other_pairs: 20, quotes_repeated: 1, bad: 0 } },
    strategy: { decisions: 100, accepted: 90, rejected_by_reason: {} },
    executor: {
      in_flight: 0,
      open: 3,
      results_by_state: { submitted: 88, accepted: 88, settled: 2, rejected: 2 },
      errors_by_code: {},
      answer_latency: { count: 88, p50_us: 700, p90_us: 1500, p99_us: 2500, p999_us: 4000, max_us: 4000 },
    },
    bus: { lag_records: 0 },
  };
  const lines = summaryLines({
    engine,
    rejectedByReason: [{ name: 'notional_above_max', count: 10 }],
    resultsByCode: [
      { name: 'answer_sent', count: 88 },
      { name: 'inventory_drift', count: 2 },
    ],
    settled: [quote('a', 'BTC->EURe', 'exact_in'), quote('b', 'EURe->BTC', 'exact_out')],
    rows: [{ name: 'trade_decisions', count: 100 }],
  });
  expect(lines.join('\n')).toContain('quotes heard   100  (in addition: 20 of other pairs skipped, 1 heard twice)');
  expect(lines).toContain('answered       88 of 90 that passed every gate');
  expect(lines).toContain('not answered   12, because');
  expect(lines).toContain('    notional_above_max  10  the value of the trade exceeds the maximum');
  expect(lines.join('\n')).toMatch(/inventory_drift +2 {2}the inventory/);
  expect(lines.join('\n')).toContain('(BTC->EURe: exact_in 1, exact_out 0; EURe->BTC: exact_in 0, exact_out 1)');
  expect(lines.join('\n')).toContain('p50 0.70 ms, p90 1.50 ms, p99 2.50 ms, p99.9 4.00 ms');
});

test('what is kept running is listed with what to call, database included', () => {
  const part = {
    url: 'http://127.0.0.1:1',
    tokenFile: '/run/token',
    stateDir: '/run/state',
    logPath: '/run/log/engine.log',
  };
  const lines = keptLines({
    engine: part,
    historyWriter: part,
    sidecars: { liquidityManager: part, opsSentinel: part },
    sim: { url: 'http://127.0.0.1:2' },
    kafkaBrokers: '127.0.0.1:3',
  });
  const psql = lines.find((line) => line.includes('psql')) ?? '';
  expect(psql.trim()).toBe('(set -a; . .unrip/demo/demo.env; psql "$DATABASE_READER_URL")');
  for (const wanted of ['curl', './unrip replay', '127.0.0.1:3', 'liquidity-manager', 'ops-sentinel'])
    expect(lines.join('\n')).toContain(wanted);
});
