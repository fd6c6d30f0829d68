// Hostile clients of an engine's control API while it is measured, and what an authorised operator notices of them.

import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Service } from '../../harness/service.ts';

const FloodFigures = Type.Object({
  calls: Type.Integer(),
  failed: Type.Integer(),
  medianMs: Type.Union([Type.Number(), Type.Null()]),
  maxMs: Type.Number(),
});

/** What the operator's calls took, once a second. */
export type FloodFigures = Static<typeof FloodFigures>;

/** How long an authorised stop and the next start took, each time. */
export type Switched = { readonly disarmMs: readonly number[]; readonly armMs: readonly number[] };

export type Flood = {
  /** Ends it. */
  stop(): Promise<FloodFigures>;
};

export function startFlood({ url, tokenFile }: Service, connections: number): Flood {
  const program = join(import.meta.dir, 'variants/flood.ts');
  const child = Bun.spawn([process.execPath, '--no-env-file', program, url, tokenFile, String(connections)], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    async stop() {
      child.kill();
      const figures: unknown = JSON.parse(await new Response(child.stdout).text());
      await child.exited;
      process.off('exit', kill);
      return Value.Parse(FloodFigures, figures);
    },
  };
}

const SWITCHES = 5;
const PAUSE_MS = 100;

/** Disarms the strategy and arms it again, a few times. */
export async function timeSwitches({ control }: Pick<Service, 'control'>): Promise<Switched> {
  const timed = async (path: string, body?: unknown): Promise<number> => {
    const sinceMs = performance.now();
    await control.post(path, body);
    return performance.now() - sinceMs;
  };
  const [disarmMs, armMs]: [number[], number[]] = [[], []];
  for (let times = 0; times < SWITCHES; times++) {
    disarmMs.push(await timed('/strategy/disarm'));
    await Bun.sleep(PAUSE_MS);
    armMs.push(await timed('/strategy/arm', { forever: true }));
    await Bun.sleep(PAUSE_MS);
  }
  return { disarmMs, armMs };
}
