// The engine as an operator runs it, armed: ours, or that of another checkout.

import { ControlRefusal } from '../../../harness/control-client.ts';
import type { ThrowAwayKey } from '../../../harness/key.ts';
import { type Service, startEngine } from '../../../harness/service.ts';
import type { Sim } from '../../../harness/sim.ts';
import { freePorts } from '../../../stack/ports.ts';
import type { BenchSettings } from '../settings.ts';
import type { Running } from './running.ts';

export type EngineContext = {
  /** Where the engine's logs and state lie; of this measurement alone. */
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  /** Gives Kraken, NEAR RPC and the rest; the relay is the generator. */
  readonly sim: Sim;
  readonly kafkaBrokers: string;
  readonly settings: BenchSettings;
};

const HEALTHY_LIMIT_MS = 60_000;
/** The engine's own limit, and when it is set for a run: live quotes of so many seconds are expected. */
const LIVE_DEFAULT = 200_000;
const LIVE_MAX = 1_000_000;
const LIVE_SECONDS = 85;

/** Its drain is part of the measurement's end: the next one starts on a quiet machine. */
export async function startUnrip(relayUrl: string, context: EngineContext, checkout: string | null): Promise<Running> {
  const { settings } = context;
  const engine = await launch(relayUrl, context, checkout);
  const stop = async (): Promise<void> => {
    const code = await engine.stop();
    // What Kafka did not take stays in the journal, and the exit code says so.
    if (code !== 0 && settings.kafka) throw new Error(`the engine ended with ${code}; its log: ${engine.logPath}`);
  };
  try {
    // Without Kafka it trades and is not healthy; whether it answers is waited for by quotes.
    if (settings.kafka) await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    await arm(engine);
    return { pid: engine.pid, service: engine, stop };
  } catch (error) {
    await engine.kill();
    throw error;
  }
}

/** An engine on the same state, disarmed, which sends to Kafka what could not be sent before. */
export async function restartUnrip(context: EngineContext, checkout: string | null): Promise<Service> {
  const withKafka = { ...context, settings: { ...context.settings, kafka: true } };
  return await launch(context.sim.environment['RELAY_WS_URL'] ?? '', withKafka, checkout);
}

async function launch(relayUrl: string, context: EngineContext, checkout: string | null): Promise<Service> {
  const { dir, accountId, key, sim, settings } = context;
  return await startEngine({
    dir,
    accountId,
    keyFile: key.file,
    kafkaBrokers: settings.kafka ? context.kafkaBrokers : nowhere(),
    urls: { ...sim.environment, RELAY_WS_URL: relayUrl },
    env: environmentOf(settings),
    ...(checkout === null ? {} : { checkout }),
  });
}

/**
 * Defaults, unless a run has more live quotes than they allow, or some that live longer, or Kafka would hold up the end of the engine
 * for nothing.
 */
function environmentOf({ ratePerS, kafka, live }: BenchSettings): Readonly<Record<string, string>> {
  const expected = live + (ratePerS ?? 0) * LIVE_SECONDS;
  return {
    ...(expected < LIVE_DEFAULT ? {} : { QUOTES_LIVE_MAX: String(LIVE_MAX) }),
    ...(live === 0 ? {} : { MAX_QUOTE_LIFETIME_MS: '600000' }),
    ...(kafka ? {} : { DRAIN_LIMIT_MS: '1000' }),
  };
}

/** An address at which nobody listens. */
const nowhere = (): string => `127.0.0.1:${freePorts(1)[0]}`;

async function arm({ control }: Service): Promise<void> {
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
