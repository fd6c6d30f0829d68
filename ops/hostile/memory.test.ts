import { expect, test } from 'bun:test';
import { createMetrics } from '../../contracts/runtime/process/metrics.ts';
import { type Gauges, gaugesIn, memoryOf, memoryRows } from './memory.ts';

const MEGABYTE = 1_048_576;

type Figures = { readonly resident: number; readonly heap: number; readonly external: number };

const gaugesOf = ({ resident, heap, external }: Figures, others: Readonly<Record<string, number>> = {}): Gauges =>
  new Map([
    ['process_resident_memory_bytes', resident * MEGABYTE],
    ['process_heap_bytes', heap * MEGABYTE],
    ['process_heap_external_bytes', external * MEGABYTE],
    ['unrip_control_heap_bytes', 5 * MEGABYTE],
    ...Object.entries(others),
  ]);

test('the gauges of a page, by their own labels', () => {
  const page = `# HELP a what it is
# TYPE a gauge
a{program="engine"} 1.5e+8

# TYPE b gauge
b{collection="ids",program="engine"} 3
b{collection="quotes",program="engine"} 4

# TYPE c_total counter
c_total{program="engine"} 5
`;
  expect([...gaugesIn(page)]).toEqual([
    ['a', 150_000_000],
    ['b{collection="ids"}', 3],
    ['b{collection="quotes"}', 4],
  ]);
});

test('a process says how much of its memory is the heap, and what of that texts and buffers', async () => {
  const loopDelay = { snapshot: () => ({ samples: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }), stop: () => {} };
  const metrics = createMetrics({ service: 'engine', version: '1', startedAtMs: 0, loopDelay });
  const collected = async () => {
    Bun.gc(true);
    return memoryOf([gaugesIn(await metrics.metrics())]);
  };
  const before = await collected();
  const held = Buffer.alloc(64 * MEGABYTE, 1);
  const after = await collected();
  expect(held.length).toBe(64 * MEGABYTE);
  expect(after.externalBytes - before.externalBytes).toBeGreaterThan(32 * MEGABYTE);
  expect(after.heapBytes).toBeGreaterThan(after.externalBytes);
  expect(after.medianBytes).toBeGreaterThan(after.heapBytes);
});

test('a minute is the median of what was resident, and the minimum of the heap', () => {
  const samples = [
    gaugesOf({ resident: 100, heap: 70, external: 50 }),
    gaugesOf({ resident: 300, heap: 40, external: 20 }),
    gaugesOf({ resident: 200, heap: 60, external: 40 }, { unrip_quotes_open: 3 }),
  ];
  const { medianBytes, heapBytes, externalBytes, controlHeapBytes, gauges } = memoryOf(samples);
  const bytes = [medianBytes, heapBytes, externalBytes, controlHeapBytes];
  expect(bytes.map((each) => each / MEGABYTE)).toEqual([200, 40, 20, 5]);
  expect(gauges.get('unrip_quotes_open')).toBe(3);
  const none = { medianBytes: 0, heapBytes: 0, externalBytes: 0, controlHeapBytes: 0, gauges: new Map() };
  expect(memoryOf([])).toEqual(none);
});

test('the rows compare the second minute with the last, and name what grew', () => {
  const minute = (figures: Figures, others: Readonly<Record<string, number>>) => memoryOf([gaugesOf(figures, others)]);
  const ids = 'unrip_kept_entries{collection="rejected_ids"}';
  const lane = 'unrip_lane_live_quotes_open{lane="1"}';
  const first = minute({ resident: 150, heap: 60, external: 40 }, { unrip_quotes_open: 10, [ids]: 100 });
  const second = minute({ resident: 170, heap: 60, external: 40 }, { unrip_quotes_open: 10, [ids]: 1000, [lane]: 1 });
  const others = { unrip_quotes_open: 11, [ids]: 5400, [lane]: 9, unrip_price_age_seconds: 9 };
  const last = minute({ resident: 180, heap: 70, external: 45 }, others);
  expect(memoryRows([first, second, first, last])).toEqual([
    'memory in minute 2, MB: 170.0 resident; heap 60.0 (40.0 of it texts and buffers), of the control API 5.0; outside of both 105.0',
    'memory in minute 4, MB: 180.0 resident; heap 70.0 (45.0 of it texts and buffers), of the control API 5.0; outside of both 105.0',
    `grown in between by more than 10 %: process_heap_bytes 62914560 to 73400320, process_heap_external_bytes 41943040 to 47185920, ${ids} 1000 to 5400`,
  ]);
  expect(memoryRows([first, second])[0]).toStartWith('memory in minute 1, MB: 150.0 resident');
  expect(memoryRows([second, second]).at(-1)).toEndWith(': nothing');
  expect(memoryRows([first])).toEqual([]);
  expect(memoryRows([])).toEqual([]);
});
