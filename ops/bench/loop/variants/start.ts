// The variants of the loop bench as processes that connect to the generator, each fresh for one measurement.

import { join } from 'node:path';
import { raiseToEngine } from '../../priority.ts';
import type { VariantName } from '../settings.ts';
import { type EngineContext, startUnrip } from './engine.ts';
import type { Running } from './running.ts';
import { startForeignSolver } from './solver.ts';

export type VariantContext = EngineContext & {
  /** Checkout of the variant `other`. */
  readonly against: string | null;
};

/** Starts a variant and waits until it would answer. */
export async function startVariant(name: VariantName, relayUrl: string, context: VariantContext): Promise<Running> {
  const running = await startNamed(name, relayUrl, context);
  raiseToEngine(running.pid);
  return running;
}

async function startNamed(name: VariantName, relayUrl: string, context: VariantContext): Promise<Running> {
  switch (name) {
    case 'unrip':
      return await startUnrip(relayUrl, context, null);
    case 'other':
      return await startUnrip(relayUrl, context, context.against);
    case 'solver':
      return startForeignSolver(relayUrl, context);
    default:
      return startBare(name, relayUrl);
  }
}

function startBare(name: 'echo' | 'signer', relayUrl: string): Running {
  const child = Bun.spawn([process.execPath, '--no-env-file', join(import.meta.dir, `${name}.ts`), relayUrl], {
    env: {},
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    pid: child.pid,
    service: null,
    async stop() {
      child.kill();
      await child.exited;
      process.off('exit', kill);
    },
  };
}
