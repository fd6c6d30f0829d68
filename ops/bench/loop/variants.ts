// The three variants of the loop bench as processes that connect to the generator, each fresh for one measurement.

import { join } from 'node:path';
import type { ThrowAwayKey } from '../../harness/key.ts';
import { type Service, startEngine } from '../../harness/service.ts';
import type { Sim } from '../../harness/sim.ts';
import type { VariantName } from './report.ts';

export type Running = { stop(): Promise<void> };

export type VariantContext = {
  /** Where the engine's logs and state lie; of this measurement alone. */
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  /** Gives Kraken, NEAR RPC and the rest; the relay is the generator. */
  readonly sim: Sim;
  readonly kafkaBrokers: string;
  /** Connections that flood the engine's control API. */
  readonly flood: number;
  readonly progress: (line: string) => void;
};

const HEALTHY_LIMIT_MS = 60_000;

/** Starts a variant and waits until it would answer. */
export async function startVariant(name: VariantName, relayUrl: string, context: VariantContext): Promise<Running> {
  return name === 'unrip' ? await startUnrip(relayUrl, context) : startBare(name, relayUrl);
}

function startBare(name: 'echo' | 'signer', relayUrl: string): Running {
  const child = Bun.spawn([process.execPath, '--no-env-file', join(import.meta.dir, `${name}.ts`), relayUrl], {
    env: {},
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    async stop() {
      child.kill();
      await child.exited;
      process.off('exit', kill);
    },
  };
}

/** The engine as an operator runs it, armed. Its drain is part of the measurement's end: the next one starts on a quiet machine. */
async function startUnrip(relayUrl: string, context: VariantContext): Promise<Running> {
  const { dir, accountId, key, sim, kafkaBrokers, flood, progress } = context;
  const engine = await startEngine({
    dir,
    accountId,
    keyFile: key.file,
    kafkaBrokers,
    urls: { ...sim.environment, RELAY_WS_URL: relayUrl },
  });
  let endFlood = async (): Promise<string | null> => null;
  const stop = async (): Promise<void> => {
    const figures = await endFlood();
    if (figures !== null) progress(`operator's calls under the flood: ${figures}`);
    const code = await engine.stop();
    if (code !== 0) throw new Error(`the engine ended with ${code}; its log: ${engine.logPath}`);
  };
  try {
    await arm(engine);
    if (flood > 0) endFlood = startFlood(engine, flood);
    return { stop };
  } catch (error) {
    await endFlood();
    await engine.kill();
    throw error;
  }
}

/** The result ends it and gives its figures. */
function startFlood({ url, tokenFile }: Service, connections: number): () => Promise<string> {
  const program = join(import.meta.dir, 'flood.ts');
  const child = Bun.spawn([process.execPath, '--no-env-file', program, url, tokenFile, String(connections)], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return async () => {
    child.kill();
    const figures = await new Response(child.stdout).text();
    await child.exited;
    process.off('exit', kill);
    return figures.trim();
  };
}

async function arm({ control }: Service): Promise<void> {
  await control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  await control.post('/strategy/arm', { forever: true });
  await control.post('/executor/arm', { forever: true, fresh_account: true });
}
