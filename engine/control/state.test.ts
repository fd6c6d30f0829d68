// One section of /state that cannot be read does not cost the others.

import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { EngineStateAnswer, isComplete, PART_NAMES } from '../../contracts/control/engine-state.ts';
import { partHealth } from '../../contracts/runtime/process/health/health.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';
import { createStateView } from './state.ts';
import type { Trading } from './trading.ts';

const TRADING: Trading = {
  trading: false,
  notTrading: ['executor_disarmed'],
  directions: { 'BTC->EURe': ['executor_disarmed'], 'EURe->BTC': ['executor_disarmed'] },
};

/** Each section that is named here throws when it is read. */
function make(failing: Set<string>) {
  const orFail = <Value>(name: string, value: Value): Value => {
    if (failing.has(name)) throw new Error(`${name} fails`);
    return value;
  };
  const controls = Object.fromEntries(
    PART_NAMES.map((name) => [
      name,
      {
        health: () => orFail(name, partHealth([], [`note_of_${name}`])),
        state: () => orFail(name, { part: name }),
        startingReasons: [],
      },
    ]),
  ) as unknown as Controls;
  const journal = {
    ...{ lastSeq: 2, durableSeq: 1, segmentCount: 1, bytes: 100, isCheckpointing: false },
    ...{ checkpointProblem: null, removalProblem: null, failure: null },
    syncLagMs: () => orFail('journal', 0),
  };
  const parts = {
    ...{ version: '1', instanceId: 'i', startedAtMs: 0, settings: { config: { account: 'maker.near' } } },
    ...{ journal, recovered: { journalId: 'j', bornAtMs: 0 }, clock: { elapsedUs: () => 0 } },
    freeSpace: { state: () => ({ bytes: 5, isLow: true, isUnanswered: false }) },
    background: { state: () => orFail('background', { caught_up: true, topics: [] }) },
    clockVerdict: () => orFail('clock', null),
    stalls: { count: () => orFail('stalls', 0), last: () => null },
  } as unknown as Parts;
  const reported: (readonly string[])[] = [];
  const view = createStateView(parts, controls, (unreadable) =>
    reported.push([...unreadable].map(([name, error]) => `${name}: ${error}`)),
  );
  return { state: () => view(TRADING), reported };
}

test.each([...PART_NAMES, 'journal', 'background', 'clock', 'stalls'])(
  'while %s cannot be read it is null, and all others are there',
  (name) => {
    const { state } = make(new Set([name]));
    const answer = state();
    expect(answer.unreadable).toEqual([name]);
    expect(isComplete(answer)).toBe(false);
    expect(answer).toMatchObject({ account_id: 'maker.near', not_trading: ['executor_disarmed'] });
    for (const part of PART_NAMES) {
      const others: unknown = part === name ? null : { part };
      expect(answer[part]).toEqual(others as never);
      const code = part === name ? `${part}.check_failed` : `${part}.note_of_${part}`;
      expect([...answer.reasons, ...answer.notes]).toContain(code);
    }
    if (name !== 'journal') expect(answer.journal).toMatchObject({ last_seq: 2 });
  },
);

test('what nothing can be read of is still an answer as it is described', () => {
  const sections = [...PART_NAMES, 'journal', 'background', 'clock', 'stalls'];
  const answer = make(new Set(sections)).state();
  expect([...Value.Errors(EngineStateAnswer, answer)]).toEqual([]);
  expect(answer).toMatchObject({ healthy: false, unreadable: sections });
});

test('the errors are reported when other sections cannot be read than before, and when all can', () => {
  const failing = new Set<string>();
  const { state, reported } = make(failing);
  state();
  expect(reported).toEqual([]);
  failing.add('executor');
  for (let times = 0; times < 3; times++) state();
  failing.add('stalls');
  state();
  failing.clear();
  for (let times = 0; times < 3; times++) state();
  expect(reported).toEqual([
    ['executor: Error: executor fails'],
    ['executor: Error: executor fails', 'stalls: Error: stalls fails'],
    [],
  ]);
});
