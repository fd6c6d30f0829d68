// The engine's memory by its own metrics, minute by minute: what is resident, the JavaScript heaps in it, and every other gauge. When
// memory grows they tell what: collections that fill up to their bounds, a heap that keeps more than these, or what lies outside of the
// heaps (what the allocator has not given back, compiled code, the Kafka client).

import type { ControlClient } from '../harness/control-client.ts';

/** By name and labels. */
export type Gauges = ReadonlyMap<string, number>;

/** One minute. */
export type Memory = {
  /** Resident memory, the median. */
  readonly medianBytes: number;
  /**
   * The heap of the main thread, what of it lies outside of its blocks, and the heap of the control API's thread; each the lowest, which
   * is what a collection has left.
   */
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly controlHeapBytes: number;
  /** As they were last. */
  readonly gauges: Gauges;
};

const SAMPLE_MS = 1_000;
const MINUTE_MS = 60_000;
const MEGABYTE = 1_048_576;
/** What grew by less is not named. */
const GROWN_PCT = 10;
const RESIDENT = 'process_resident_memory_bytes';
const HEAP = 'process_heap_bytes';
const EXTERNAL = 'process_heap_external_bytes';
const CONTROL_HEAP = 'unrip_control_heap_bytes';
/** Sizes and numbers of entries, over all lanes: the others say nothing of memory. */
const MEASURE = /^(?!unrip_lane_)\w+_(bytes|records|ids|entries|open|in_flight)(\{|$)/;

export function watchMemory(control: () => ControlClient): { minutes(): readonly Memory[]; stop(): void } {
  const samples: { readonly atMs: number; readonly gauges: Gauges }[] = [];
  const startMs = performance.now();
  const sample = async (): Promise<void> => {
    const text = await control()
      .get('/metrics')
      .catch(() => '');
    const gauges = gaugesIn(String(text));
    if (gauges.has(RESIDENT)) samples.push({ atMs: performance.now() - startMs, gauges });
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  return {
    minutes() {
      const full = Math.floor((performance.now() - startMs) / MINUTE_MS);
      return Array.from({ length: full }, (_, minute) =>
        memoryOf(samples.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === minute).map(({ gauges }) => gauges)),
      );
    },
    stop: () => clearInterval(timer),
  };
}

/** The gauges of a `/metrics` page, without the label that is the same for all. */
export function gaugesIn(page: string): Gauges {
  const names = new Set([...page.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name));
  const gauges = new Map<string, number>();
  for (const [, name = '', labels = '', value] of page.matchAll(/^(\w+)(?:\{([^\n]*)\})? (\S+)$/gm)) {
    if (!names.has(name)) continue;
    const own = labels.replace(/,?program="[^"]*"/, '');
    gauges.set(own === '' ? name : `${name}{${own}}`, Number(value));
  }
  return gauges;
}

/** What the samples of one minute say. */
export function memoryOf(samples: readonly Gauges[]): Memory {
  const figures = (name: string): readonly number[] =>
    samples.flatMap((gauges) => gauges.get(name) ?? []).toSorted(byValue);
  const resident = figures(RESIDENT);
  return {
    medianBytes: resident[Math.floor(resident.length / 2)] ?? 0,
    heapBytes: figures(HEAP)[0] ?? 0,
    externalBytes: figures(EXTERNAL)[0] ?? 0,
    controlHeapBytes: figures(CONTROL_HEAP)[0] ?? 0,
    gauges: samples.at(-1) ?? new Map(),
  };
}

const byValue = (a: number, b: number): number => a - b;

/** Of the last minute over the second, in percent; null in a run too short for three minutes. */
export function growthOf(minutes: readonly Pick<Memory, 'medianBytes'>[]): number | null {
  const [, second] = minutes;
  const last = minutes.at(-1);
  if (second === undefined || last === undefined || minutes.length < 3) return null;
  return (100 * (last.medianBytes - second.medianBytes)) / second.medianBytes;
}

/** The second minute and the last (in a shorter run the first two), and what grew in between; nothing in a run without two minutes. */
export function memoryRows(minutes: readonly Memory[]): readonly string[] {
  const firstAt = Math.min(1, minutes.length - 2);
  const [first, last] = [minutes[firstAt], minutes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const grown = [...last.gauges].flatMap(([name, value]) => {
    const before = first.gauges.get(name) ?? 0;
    return MEASURE.test(name) && value > before * (1 + GROWN_PCT / 100) ? [`${name} ${before} to ${value}`] : [];
  });
  return [
    rowOf(firstAt + 1, first),
    rowOf(minutes.length, last),
    `grown in between by more than ${GROWN_PCT} %: ${grown.join(', ') || 'nothing'}`,
  ];
}

function rowOf(minute: number, { medianBytes, heapBytes, externalBytes, controlHeapBytes }: Memory): string {
  const outsideBytes = medianBytes - heapBytes - controlHeapBytes;
  const heaps = `heap ${megabytes(heapBytes)} (${megabytes(externalBytes)} of it texts and buffers), of the control API ${megabytes(controlHeapBytes)}`;
  return `memory in minute ${minute}, MB: ${megabytes(medianBytes)} resident; ${heaps}; outside of both ${megabytes(outsideBytes)}`;
}

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);
