import { expect, test } from 'bun:test';
import type { Answer } from '../../sim/relay/records.ts';
import type { ResultRow } from './history.ts';
import { type Evidence, judge } from './judge.ts';

const answer = (quoteId: string): Answer => ({
  quoteId,
  receivedAtMs: 1,
  text: '{}',
  verdict: 'accepted',
  reason: null,
  detail: null,
  quoteHash: `hash-${quoteId}`,
  amountInUnits: 5n,
  amountOutUnits: 4n,
  nonceHex: 'n',
  deadlineNs: 9_000_000n,
});

const step = (
  quoteId: string,
  seq: number,
  previous: string,
  status: string,
  rest: Partial<ResultRow> = {},
): ResultRow => ({
  quoteId,
  seq,
  previous,
  status,
  code: status,
  recovered: false,
  quoteHash: `hash-${quoteId}`,
  ...rest,
});

const decided = (quoteId: string) => ({
  quoteId,
  decision: 'accepted',
  reason: 'accepted',
  amountIn: '5',
  amountOut: '4',
});
const commanded = (quoteId: string) => ({ quoteId, amountIn: '5', amountOut: '4' });

const RESULTS: readonly ResultRow[] = [
  step('a', 1, 'proposed', 'submitted'),
  step('a', 2, 'submitted', 'accepted'),
  step('a', 3, 'accepted', 'settled'),
  step('b', 1, 'proposed', 'submitted'),
  step('b', 2, 'submitted', 'uncertain', { code: 'restarted', recovered: true }),
  step('b', 3, 'uncertain', 'voided'),
];

/** `a` was acknowledged and settled; `b` was not acknowledged when the engine was killed, and is void with `a`. */
const GOOD: Evidence = {
  signal: 'SIGKILL',
  before: 1,
  after: 1,
  answersMin: 1,
  unacknowledgedMin: 1,
  answers: [answer('a'), answer('b')],
  unacknowledged: ['b'],
  balances: { A: 10n },
  events: [
    { kind: 'answered', atMs: 1, quoteId: 'a', nonceHex: 'n', assetOut: 'A', amountOutUnits: 4n, deadlineMs: 9 },
    { kind: 'settled', atMs: 2, nonceHex: 'n', balances: { A: 6n } },
  ],
  lost: new Set(),
  settled: ['a'],
  unended: [],
  cleanStops: [{ exitCode: 0, closedLast: true, open: [] }],
  restart: { armed: false, armStatus: 409 },
  history: {
    heard: ['a', 'b', 'b'],
    decisions: [decided('a'), decided('b')],
    commands: [commanded('a'), commanded('b')],
    results: RESULTS,
  },
};

const failing = (evidence: Evidence): string[] => judge(evidence).flatMap(({ name, ok }) => (ok ? [] : [name]));

test('a run in which all went well has no finding against it', () => {
  expect(failing(GOOD)).toEqual([]);
});

const history = (changed: Partial<Evidence['history']>): Partial<Evidence> => ({
  history: { ...GOOD.history, ...changed },
});
const without = (quoteId: string, seq: number): readonly ResultRow[] =>
  RESULTS.filter((row) => row.quoteId !== quoteId || row.seq !== seq);
const refused = (reason: NonNullable<Answer['reason']>, receivedAtMs = 3): Answer => ({
  ...answer('b'),
  verdict: 'refused',
  reason,
  receivedAtMs,
});

const BROKEN: readonly (readonly [string, Partial<Evidence>, readonly string[]])[] = [
  ['too few answers before', { before: 0 }, ['enough answers before the stop']],
  ['too few answers after', { after: 0 }, ['enough answers after it']],
  ['too few owed', { unacknowledgedMin: 2 }, ['enough answers unacknowledged at the stop']],
  [
    'armed by itself',
    { restart: { armed: true, armStatus: 409 } },
    ['a restarted engine is disarmed, and its young journal needs more than a call to be armed'],
  ],
  [
    'armed without vouching',
    { restart: { armed: false, armStatus: 200 } },
    ['a restarted engine is disarmed, and its young journal needs more than a call to be armed'],
  ],
  ...(
    [
      { exitCode: 1, closedLast: true, open: [] },
      { exitCode: 0, closedLast: false, open: [] },
      { exitCode: 0, closedLast: true, open: ['a'] },
    ] as const
  ).map(
    (stop) =>
      [
        `an unclean end: ${JSON.stringify(stop)}`,
        { cleanStops: [stop] },
        ['an engine that is asked to end leaves nothing open and closes its journal'],
      ] as const,
  ),
  ['answered twice', { answers: [answer('a'), answer('b'), answer('b')] }, ['no quote was answered twice']],
  [
    'refused for another reason',
    { answers: [answer('a'), refused('bad_signature')] },
    ['the relay refused nothing but answers under a nonce that had just been used'],
  ],
  [
    'answered under a nonce that was used long ago',
    { answers: [answer('a'), refused('reused_nonce', 60_000)] },
    ['the relay refused nothing but answers under a nonce that had just been used'],
  ],
  [
    'two decisions',
    history({ decisions: [...GOOD.history.decisions, decided('a')] }),
    ['every quote heard has at most one decision', 'every answer has exactly one decision, with its amounts'],
  ],
  ['no decision', history({ decisions: [decided('a')] }), ['every answer has exactly one decision, with its amounts']],
  [
    'another amount decided',
    history({ decisions: [decided('a'), { ...decided('b'), amountOut: '3' }] }),
    ['every answer has exactly one decision, with its amounts'],
  ],
  ['no command', history({ commands: [commanded('a')] }), ['every answer has exactly one command, with its amounts']],
  [
    'two commands',
    history({ commands: [commanded('a'), commanded('b'), commanded('b')] }),
    ['every answer has exactly one command, with its amounts'],
  ],
  [
    'a gap in the transitions',
    history({ results: without('a', 2) }),
    ['every answer has results, with its hash and in one chain of states'],
  ],
  [
    'another hash',
    history({ results: RESULTS.map((row) => (row.quoteId === 'a' ? { ...row, quoteHash: 'other' } : row)) }),
    ['every answer has results, with its hash and in one chain of states'],
  ],
  [
    'an answer nobody owned up to after the kill',
    history({
      results: [...RESULTS.filter(({ quoteId }) => quoteId === 'a'), step('b', 1, 'proposed', 'submitted')],
    }),
    ['what was unacknowledged at the stop is on record as uncertain'],
  ],
  ['more promised than there is', { balances: { A: 3n } }, ['what could have settled never exceeded the balance']],
  ['a settlement that history does not know', { settled: ['a', 'b'] }, ['every settled quote is on record as settled']],
  ['a settlement that only history knows', { settled: [] }, ['nothing is on record as settled that was not']],
  ['a quote without an end', { unended: ['b'] }, ['every quote whose deadline passed has its end on record']],
];

test.each(['settled', 'voided', 'pulled'])('what was unacknowledged may have been seen %s before the stop', (end) => {
  const results = [
    ...RESULTS.filter(({ quoteId }) => quoteId === 'a'),
    step('b', 1, 'proposed', 'submitted'),
    step('b', 2, 'submitted', end),
  ];
  const settled = end === 'settled' ? ['a', 'b'] : ['a'];
  expect(failing({ ...GOOD, settled, ...history({ results }) })).toEqual([]);
});

test('what was unacknowledged may have waited too long for its reply before the stop', () => {
  const results = [
    ...RESULTS.filter(({ quoteId }) => quoteId === 'a'),
    step('b', 1, 'proposed', 'submitted'),
    { ...step('b', 2, 'submitted', 'uncertain'), code: 'reply_timeout' },
  ];
  expect(failing({ ...GOOD, ...history({ results }) })).toEqual([]);
});

test.each(BROKEN)('found: %s', (_name, change, findings) => {
  expect(failing({ ...GOOD, ...change })).toEqual([...findings]);
});

test('too few answers are reported with the reasons of the decisions', () => {
  const decisions = [decided('a'), { ...decided('b'), decision: 'rejected', reason: 'journal_sync_lag' }];
  const [finding] = judge({ ...GOOD, before: 0, ...history({ decisions }) });
  expect(finding?.detail).toBe('0, at least 1 are needed; of 2 quotes heard: accepted 1, journal_sync_lag 1');
});

test('an answer under a nonce that had just been used may be refused for it', () => {
  expect(failing({ ...GOOD, answers: [answer('a'), refused('reused_nonce')] })).toEqual([]);
});

test('a settlement that two quotes would explain counts when it names them', () => {
  const unattributed = step('a', 3, 'accepted', 'uncertain', { code: 'unattributed' });
  const results = RESULTS.map((row) => (row.quoteId === 'a' && row.seq === 3 ? unattributed : row));
  expect(failing({ ...GOOD, ...history({ results }) })).toEqual([]);
});
