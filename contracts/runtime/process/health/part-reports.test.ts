import { expect, test } from 'bun:test';
import { keptLog } from '../../log/kept-log.fixture.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { HEALTHY, partHealth } from './health.ts';
import { createPartReports, START_LIMIT_MS } from './part-reports.ts';

const starting = new Set([
  'relay_disconnected',
  'relay_not_subscribed',
  'price_missing',
  'basis_missing',
  'inventory_missing',
  'salt_unknown',
  'history_unknown',
]);

function make() {
  const timers = new ManualClock();
  const kept = keptLog();
  const report = createPartReports({ log: kept.log, clock: timers, starting });
  const lines = () =>
    kept.lines.splice(0).map((text) => {
      const { level, event, part, reasons, healthy, unhealthy, after_ms } = JSON.parse(text);
      return event === 'parts_started' ? [level, event, healthy, unhealthy, after_ms] : [level, event, part, reasons];
    });
  return { timers, report, lines };
}

const CONNECTING = {
  ingest: partHealth(['relay_disconnected']),
  reference: partHealth(['price_missing', 'basis_missing']),
  inventory: partHealth(['inventory_missing', 'salt_unknown']),
  executor: HEALTHY,
  history: partHealth(['history_unknown']),
};
const UP = { ingest: HEALTHY, reference: HEALTHY, inventory: HEALTHY, executor: HEALTHY, history: HEALTHY };

test('a clean start is one line, when the last part is up', () => {
  const { timers, report, lines } = make();
  report(CONNECTING);
  timers.advance(3000);
  report({ ...UP, ingest: partHealth(['relay_not_subscribed']), history: CONNECTING.history });
  expect(lines()).toEqual([]);
  timers.advance(500);
  report(UP);
  report(UP);
  expect(lines()).toEqual([['info', 'parts_started', Object.keys(UP), [], 3500]]);
});

test('a part that is not up when a start is over is warned about, and its recovery is a line', () => {
  const { timers, report, lines } = make();
  report(CONNECTING);
  timers.advance(START_LIMIT_MS - 1);
  report({ ...UP, history: CONNECTING.history });
  expect(lines()).toEqual([]);
  timers.advance(1);
  report({ ...UP, history: CONNECTING.history });
  expect(lines()).toEqual([
    ['warn', 'part_unhealthy', 'history', ['history_unknown']],
    ['warn', 'parts_started', ['ingest', 'reference', 'inventory', 'executor'], ['history'], START_LIMIT_MS],
  ]);
  report(UP);
  report({ ...UP, ingest: CONNECTING.ingest });
  expect(lines()).toEqual([
    ['info', 'part_healthy', 'history', []],
    ['warn', 'part_unhealthy', 'ingest', ['relay_disconnected']],
  ]);
});

test('what no start passes through is warned about at once', () => {
  const { report, lines } = make();
  report({ ...CONNECTING, executor: partHealth(['signer_unauthorized']) });
  report({ ...CONNECTING, inventory: partHealth(['inventory_missing', 'capital_breach']) });
  expect(lines()).toEqual([
    ['warn', 'part_unhealthy', 'executor', ['signer_unauthorized']],
    ['warn', 'part_unhealthy', 'inventory', ['inventory_missing', 'capital_breach']],
    ['info', 'part_healthy', 'executor', []],
  ]);
});

test('a part that was up and is down again is warned about, while others still start', () => {
  const { report, lines } = make();
  report(CONNECTING);
  report({ ...CONNECTING, ingest: HEALTHY });
  report(CONNECTING);
  expect(lines()).toEqual([['warn', 'part_unhealthy', 'ingest', ['relay_disconnected']]]);
});

test('the lines about a part have its ids', () => {
  const timers = new ManualClock();
  const kept = keptLog();
  const idsOf = (part: string) => (part === 'inventory' ? { inventory_id: 'inv-1' } : {});
  const report = createPartReports({ log: kept.log, clock: timers, starting, idsOf });
  report(UP);
  report({ ...UP, inventory: partHealth(['inventory_stale']), ingest: partHealth(['relay_silent']) });
  report(UP);
  const lines = kept.lines.map((text) => JSON.parse(text));
  expect(lines.map(({ event, part, inventory_id }) => [event, part, inventory_id])).toEqual([
    ['parts_started', undefined, undefined],
    ['part_unhealthy', 'ingest', undefined],
    ['part_unhealthy', 'inventory', 'inv-1'],
    ['part_healthy', 'ingest', undefined],
    ['part_healthy', 'inventory', 'inv-1'],
  ]);
});
