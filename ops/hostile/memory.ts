// Resident memory of the engine by its own metrics, the median of each full minute.

import type { ControlClient } from '../harness/control-client.ts';

export type Memory = { readonly medianBytes: number };

const SAMPLE_MS = 1_000;
const MINUTE_MS = 60_000;
const RESIDENT = /^process_resident_memory_bytes(?:\{[^}]*\})? ([0-9.e+]+)$/m;

export function watchMemory(control: () => ControlClient): { minutes(): readonly Memory[]; stop(): void } {
  const samples: { readonly atMs: number; readonly bytes: number }[] = [];
  const startMs = performance.now();
  const sample = async (): Promise<void> => {
    const text = await control()
      .get('/metrics')
      .catch(() => '');
    const bytes = Number(RESIDENT.exec(String(text))?.[1] ?? Number.NaN);
    if (Number.isFinite(bytes)) samples.push({ atMs: performance.now() - startMs, bytes });
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  return {
    minutes() {
      const full = Math.floor((performance.now() - startMs) / MINUTE_MS);
      return Array.from({ length: full }, (_, minute) => {
        const within = samples.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === minute);
        return { medianBytes: medianOf(within.map(({ bytes }) => bytes)) };
      });
    },
    stop: () => clearInterval(timer),
  };
}

/** Of the last minute over the second, in percent; null in a run too short for three minutes. */
export function growthOf(minutes: readonly Memory[]): number | null {
  const [, second] = minutes;
  const last = minutes.at(-1);
  if (second === undefined || last === undefined || minutes.length < 3) return null;
  return (100 * (last.medianBytes - second.medianBytes)) / second.medianBytes;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
