// The story that records make, and what is missing of it.

import { describe, expect, test } from 'bun:test';
import { ACCEPTED, makeRecords, resultOf, SUBMITTED } from './fixtures.ts';
import { type Records, tellStory } from './story.ts';

const REJECTED = makeRecords().decision;
if (REJECTED === null) throw new Error('no golden decision');
const rejected: Records['decision'] = {
  ...REJECTED,
  payload: { ...REJECTED.payload, decision: 'rejected', decision_reason: 'edge_below_min' },
};

describe('a settled quote', () => {
  const story = tellStory(makeRecords());

  test('is complete, with all that its records say', () => {
    expect(story.missing).toEqual([]);
    expect(story.arrived_at).toBe('2026-01-15T12:00:00.250Z');
    expect(story.request?.demand?.amount_in).toBe('4000');
    expect(story.request?.frame).toHaveProperty('method', 'event');
    expect(story.decision?.gross_edge_pct).toBe('2.0000');
    expect(story.command?.amount_out).toBe('3184392400000000000');
    expect(story.answer).toMatchObject({ lane: 0, quote_hash: '94DNKnTtRvc1HBAVMrqfEdd7vBodjwk4VTgXnJ8nNgG4' });
    expect(story.transitions.map(({ status, since_arrival_ms }) => [status, since_arrival_ms])).toEqual([
      ['submitted', 0],
      ['accepted', 12],
      ['settled', 9400],
    ]);
    expect(story.settlement?.block_height).toBe(178_412_349);
  });

  test('has the keys that programs rely on', () => {
    const keys = ['request', 'decision', 'command', 'transitions', 'settlement', 'siblings', 'missing'];
    expect(Object.keys(JSON.parse(JSON.stringify(story)))).toEqual(expect.arrayContaining(keys));
  });

  test('knows when the same request came again', () => {
    const [raw] = makeRecords().raw;
    if (raw === undefined) throw new Error('no golden frame');
    const again = { ...raw, payload: { ...raw.payload, received_at: '2026-01-15T12:00:01.000Z' } };
    const repeated = tellStory(makeRecords({ raw: [raw, again], rawCount: 2 }));
    expect(repeated.request?.repeated_at).toEqual(['2026-01-15T12:00:01.000Z']);
    expect(repeated.request?.repeated).toBe(1);
    expect(repeated.arrived_at).toBe('2026-01-15T12:00:00.250Z');
  });
});

const state = (transition_seq: number, status: 'uncertain' | 'late' | 'settled' | 'expired') =>
  resultOf({ transition_seq, previous_status: 'submitted', status, result_code: 'reply_timeout' });

describe('what is missing', () => {
  const rows: [what: string, over: Partial<Records>, missing: string[]][] = [
    ['a rejected decision is a whole story', { decision: rejected, command: null, results: [] }, []],
    ['only the request so far', { decision: null, command: null, results: [] }, ['decision']],
    [
      'only the decision so far',
      { raw: [], demand: null, command: null, results: [] },
      ['request', 'demand', 'command', 'answer', 'reply', 'end'],
    ],
    ['accepted, nothing signed yet', { results: [] }, ['answer', 'reply', 'end']],
    ['sent', { results: [SUBMITTED] }, ['reply', 'end']],
    ['taken by the relay', { results: [SUBMITTED, ACCEPTED] }, ['end']],
    ['open after a time-out', { results: [SUBMITTED, state(2, 'uncertain')] }, ['reply', 'end']],
    ['too late for the auction: its story is shown', { results: [SUBMITTED, state(2, 'late')] }, []],
    ['expired without a reply', { results: [SUBMITTED, state(2, 'expired')] }, []],
    ['a step between', { results: [SUBMITTED, state(3, 'expired')] }, ['transition 2']],
    ['settled, without the facts of it', { results: [SUBMITTED, ACCEPTED, state(3, 'settled')] }, ['settlement']],
    [
      'results alone',
      { raw: [], demand: null, decision: null, command: null, results: [SUBMITTED] },
      ['request', 'demand', 'decision', 'command', 'reply', 'end'],
    ],
  ];
  test.each(rows)('%s', (_what, over, missing) => {
    expect(tellStory(makeRecords(over)).missing).toEqual(missing as never);
  });
});
