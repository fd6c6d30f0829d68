import { expect, test } from 'bun:test';
import { type JudgedAnswer, type JudgedSettlement, judgeSolver, type SolverEvidence } from './solver-judge.ts';

const answer = (quoteId: string, nonceHex: string, over: Partial<JudgedAnswer> = {}): JudgedAnswer => ({
  quoteId,
  receivedAtMs: 100,
  reason: null,
  quoteHash: `hash-${quoteId}`,
  nonceHex,
  amountInUnits: 10n,
  amountOutUnits: 20n,
  ...over,
});
const settlement = (quoteId: string, over: Partial<JudgedSettlement> = {}): JudgedSettlement => ({
  quoteId,
  settledAtMs: 200,
  blockAtMs: 900,
  ok: true,
  reason: null,
  quoteHash: `hash-${quoteId}`,
  ...over,
});

/** Two requests, one in each direction, both answered and settled under nonces of their own. */
function goodRun(over: Partial<SolverEvidence> = {}): SolverEvidence {
  return {
    offered: [
      { quoteId: 'q1', tokenIn: 'a', tokenOut: 'b' },
      { quoteId: 'q2', tokenIn: 'b', tokenOut: 'a' },
    ],
    log: {
      connections: 1,
      heard: 2,
      taken: 2,
      refused: 0,
      declined: {},
      settledQuoteIds: ['q1', 'q2'],
      reserves: { a: '990', b: '990' },
      errors: [],
    },
    answers: [answer('q1', 'n1'), answer('q2', 'n2')],
    settlements: [settlement('q1'), settlement('q2')],
    before: { a: 1000n, b: 1000n },
    after: { a: 990n, b: 990n },
    ...over,
  };
}

const violationsOf = (over: Partial<SolverEvidence>) => judgeSolver(goodRun(over)).violations.join('\n');

test('a run in which everything fits has no violations', () => {
  expect(judgeSolver(goodRun())).toEqual({
    offered: 2,
    answered: 2,
    accepted: 2,
    declined: {},
    refusedAsVenue: {},
    refusedByUs: {},
    settled: 2,
    notSettled: {},
    violations: [],
  });
});

test.each<[string, Partial<JudgedAnswer>, 'refusedAsVenue' | 'refusedByUs']>([
  ['too late', { reason: 'quote_gone' }, 'refusedAsVenue'],
  [
    'a nonce that a settlement in a block has used',
    { reason: 'reused_nonce', nonceHex: 'n1', receivedAtMs: 900 },
    'refusedAsVenue',
  ],
  [
    'a nonce that a settlement has used which is in no block yet',
    { reason: 'reused_nonce', nonceHex: 'n1', receivedAtMs: 899 },
    'refusedByUs',
  ],
  ['a nonce that nothing has used', { reason: 'reused_nonce', nonceHex: 'n3' }, 'refusedByUs'],
  ['a rule of the simulator', { reason: 'wrong_tokens' }, 'refusedByUs'],
  ['a balance', { reason: 'amount_above_balance' }, 'refusedByUs'],
])('whose ground a refusal is: %s', (_name, over, whose) => {
  const { answers } = goodRun();
  const verdict = judgeSolver(goodRun({ answers: [...answers, answer('q1', 'n1', over)] }));
  expect(verdict[whose]).toEqual({ [over.reason ?? '']: 1 });
});

test('two in a hundred answers may be refused on grounds of the simulators, three may not', () => {
  const many = Array.from({ length: 98 }, (_, index) => answer(`x${index}`, `m${index}`));
  const refused = (count: number) =>
    Array.from({ length: count }, (_, index) => answer(`y${index}`, 'z', { reason: 'duplicate_answer' }));
  expect(violationsOf({ answers: [...many, ...refused(2)] })).not.toContain('grounds of our own');
  expect(violationsOf({ answers: [...many, ...refused(3)] })).toContain('3.0 % of the answers');
});

test.each<[string, Partial<SolverEvidence>]>([
  ['answered nothing', { answers: [], settlements: [] }],
  ['requests heard', { log: { ...goodRun().log, heard: 1 } }],
  ['connections to the relay: 2', { log: { ...goodRun().log, connections: 2 } }],
  ['saw taken: 1', { log: { ...goodRun().log, taken: 1 } }],
  ['saw refused: 1', { log: { ...goodRun().log, refused: 1 } }],
  ['no status of 1 settled quotes, q2', { log: { ...goodRun().log, settledQuoteIds: ['q1', 'q1'] } }],
  ['nothing settled from b -> a', { settlements: [settlement('q1')] }],
  ['the verifier holds 991 of a, not 990', { after: { a: 991n, b: 990n } }],
  ['the solver reads 989 of a', { log: { ...goodRun().log, reserves: { a: '989', b: '990' } } }],
  ['the solver reads undefined of a', { log: { ...goodRun().log, reserves: null } }],
  ['the solver logged: boom', { log: { ...goodRun().log, errors: ['boom'] } }],
])('against the run: %s', (finding, over) => {
  expect(violationsOf(over)).toContain(finding);
});

test('errors about frames that are broken on purpose are none', () => {
  expect(violationsOf({ log: { ...goodRun().log, errors: ['Invalid JSON RPC message [SyntaxError'] } })).toBe('');
});

test.each<[string, JudgedSettlement, string]>([
  ['nobody answered', settlement('q3', { ok: false, reason: 'no answer', quoteHash: null }), ''],
  [
    'somebody answered',
    settlement('q1', { ok: false, reason: 'no answer', quoteHash: null }),
    'quote q1 was answered, and yet not taken',
  ],
  ['its nonce went to another quote', settlement('q4', { ok: false, reason: 'nonce was already used' }), ''],
  [
    'its nonce went nowhere',
    settlement('q5', { ok: false, reason: 'nonce was already used' }),
    'quote q5 did not settle: nonce was already used',
  ],
  ['anything else', settlement('q4', { ok: false, reason: 'invalid salt' }), 'quote q4 did not settle: invalid salt'],
])('a quote that was to be taken and did not settle: %s', (_name, failed, finding) => {
  const run = goodRun();
  const answers = [...run.answers, answer('q4', 'n1'), answer('q5', 'n5')];
  const { violations } = judgeSolver({ ...run, answers, settlements: [...run.settlements, failed] });
  const said = violations.filter((violation) => violation.startsWith('quote '));
  expect(said.join('')).toContain(finding);
  expect(said).toHaveLength(finding === '' ? 0 : 1);
});
