// The variants of the loop bench as processes that connect to the generator, each fresh for one measurement.

import { join } from 'node:path';
import { ControlRefusal } from '../../harness/control-client.ts';
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
  /** Checkout of the variant `other`. */
  readonly against: string | null;
  /** Connections that flood the engine's control API. */
  readonly flood: number;
  readonly progress: (line: string) => void;
};

const HEALTHY_LIMIT_MS = 60_000;

/** Starts a variant and waits until it would answer. */
export async function startVariant(name: VariantName, relayUrl: string, context: VariantContext): Promise<Running> {
  switch (name) {
    case 'unrip':
      return await startUnrip(relayUrl, context, null);
    case 'other':
      return await startUnrip(relayUrl, context, context.against);
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
    async stop() {
      child.kill();
      await child.exited;
      process.off('exit', kill);
    },
  };
}

/** The engine as an operator runs it, armed. Its drain is part of the measurement's end: the next one starts on a quiet machine. */
async function startUnrip(relayUrl: string, context: VariantContext, checkout: string | null): Promise<Running> {
  const { dir, accountId, key, sim, kafkaBrokers, flood, progress } = context;
  const engine = await startEngine({
    dir,
    accountId,
    keyFile: key.file,
    kafkaBrokers,
    urls: { ...sim.environment, RELAY_WS_URL: relayUrl },
    ...(checkout === null ? {} : { checkout }),
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
  const post = async (path: string, body: Readonly<Record<string, unknown>>): Promise<void> => {
    try {
      await control.post(path, { forever: true, ...body });
    } catch (error) {
      // A checkout to compare with may be older than `forever`, and arms without an end by itself.
      if (!(error instanceof ControlRefusal) || error.status !== 400) throw error;
      await control.post(path, body);
    }
  };
  await post('/strategy/arm', {});
  await post('/executor/arm', { fresh_account: true });
}
