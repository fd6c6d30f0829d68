// What the engine reports, sampled over its control API: why it rejects, what its executor refused, and why it is not healthy.
// Everything reported since the mark counts, however short.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { EngineState } from '../../contracts/control/engine-state.ts';
import type { ControlClient } from '../harness/control-client.ts';
import { ControlRefusal } from '../harness/control-client.ts';

export type EngineMonitor = {
  /** Forgets what was reported so far; what is unhealthy now does not count as new. */
  mark(): Promise<void>;
  /** Reasons of rejected decisions, and codes of refused commands, since the mark. */
  rejections(): readonly string[];
  /** `part.reason` of GET /healthz since the mark, without what was there at the mark. */
  health(): readonly string[];
  /** The reasons of the newest answer. */
  currentHealth(): readonly string[];
  /** Whether it can trade: history and Kafka, which may be absent, aside. */
  isReady(): boolean;
  /** Reads the state now; null when the engine does not answer. */
  read(): Promise<EngineState | null>;
  stop(): Promise<void>;
};

const EVERY_MS = 250;
const ABSENT_PARTS = ['bus.', 'history.'];

/** @param control of the engine that runs now */
export function startMonitor(control: () => ControlClient): EngineMonitor {
  let counted = new Map<string, number>();
  let atMark = new Map<string, number>();
  let unhealthyAtMark = new Set<string>();
  let unhealthySince = new Set<string>();
  let currentHealth: readonly string[] | null = null;
  let stopped = false;

  const sample = async (): Promise<EngineState | null> => {
    const [state, reasons] = await Promise.all([
      control()
        .get('/state')
        .then((body) => body as EngineState)
        .catch(() => null),
      healthOf(control()).catch(() => null),
    ]);
    if (state !== null) {
      const { strategy, executor } = state;
      counted = new Map(Object.entries({ ...strategy.rejected_by_reason, ...executor.errors_by_code }));
    }
    if (reasons !== null) {
      currentHealth = reasons;
      for (const reason of reasons) unhealthySince.add(reason);
    }
    return state;
  };
  const sampling = (async () => {
    while (!stopped) {
      await sample();
      await Bun.sleep(EVERY_MS);
    }
  })();

  return {
    async mark() {
      await sample();
      atMark = counted;
      unhealthyAtMark = new Set(currentHealth);
      unhealthySince = new Set();
    },
    // A restarted engine counts from 0: less than before is news as well.
    rejections: () =>
      [...counted].filter(([code, count]) => count > 0 && count !== (atMark.get(code) ?? 0)).map(([code]) => code),
    health: () => [...unhealthySince].filter((reason) => !unhealthyAtMark.has(reason)),
    currentHealth: () => currentHealth ?? ['it does not answer'],
    isReady: () => currentHealth?.every((reason) => ABSENT_PARTS.some((part) => reason.startsWith(part))) ?? false,
    read: sample,
    async stop() {
      stopped = true;
      await sampling;
    },
  };
}

const Unhealthy = Type.Object({ reasons: Type.Array(Type.String()) });

/** Reasons of GET /healthz; none when it answers 200. @throws ControlRefusal when the process is too busy to answer */
async function healthOf(control: ControlClient): Promise<readonly string[]> {
  try {
    await control.get('/healthz');
    return [];
  } catch (error) {
    if (error instanceof ControlRefusal && Value.Check(Unhealthy, error.body)) return error.body.reasons;
    throw error;
  }
}
