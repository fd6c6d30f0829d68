import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LimitsBody, ThresholdBody } from '../../contracts/control/engine.ts';
import { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import { makeLimits } from '../../engine/model/fixtures.ts';
import { limitsView, thresholdView } from '../../engine/strategy/limits-view.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { gapsOf, LIMITS, PLACES, type Place } from './limits.ts';
import { mask } from './mask.ts';

const read = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');
const keys = (...objects: readonly object[]): string => objects.flatMap(Object.keys).join(' ');

const places: Readonly<Record<Place, string>> = {
  record: keys(DecisionTradeDecision.properties.limits.properties),
  state: keys(thresholdView(makeLimits()), limitsView(makeLimits())),
  route: keys(ThresholdBody.properties, LimitsBody.properties),
  trace: mask(read('ops/trace/render.ts')).withTexts,
  sql: read('sql/checks/gates_held.sql').replace(/--.*/g, ''),
};

test('every limit is in the decision record, /state, its route, trace and gates_held.sql', () => {
  expect(gapsOf(Object.values(LIMITS), places)).toEqual([]);
});

test('every limit that exists has a row', () => {
  expect(Object.keys(LIMITS).sort()).toEqual(Object.keys(makeLimits()).sort());
});

describe('the check', () => {
  const row = { name: 'max_planted_pct', not: {} };
  test.each(PLACES)('names a limit that is missing in %s', (place) => {
    const everywhere = Object.fromEntries(PLACES.map((one) => [one, `a ${row.name} b`])) as Record<Place, string>;
    expect(gapsOf([row], everywhere)).toEqual([]);
    expect(gapsOf([row], { ...everywhere, [place]: 'max_planted_pct_too, not_max_planted_pct' })).toEqual([
      `max_planted_pct is missing in: ${place}`,
    ]);
  });

  test('names an excuse that is not needed', () => {
    const excused = { name: 'min_edge_pct', not: { sql: 'a reason' } };
    expect(gapsOf([excused], places)).toEqual(['min_edge_pct is in sql, and excused from it: a reason']);
  });

  test('finds a limit that is dropped from any one of the real places', () => {
    for (const place of PLACES) {
      const without = { ...places, [place]: places[place].replaceAll('max_notional_eur', 'x') };
      expect(gapsOf(Object.values(LIMITS), without)).toEqual([`max_notional_eur is missing in: ${place}`]);
    }
  });
});
