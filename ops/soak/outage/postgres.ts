// PostgreSQL away under an engine that trades, once for each policy: it says that it is not ready, goes on under `degrade`, signs
// nothing under `strict`, and goes on by itself when PostgreSQL is back.

import { join } from 'node:path';
import type { Service } from '../../harness/service.ts';
import { type OwnPostgres, startOwnPostgres } from '../../testing/own-postgres.ts';
import { waitFor } from '../../testing/wait.ts';
import { type Blocked, blockedOnRecord, onceOnRecord, type PostgresOutage } from './judge.ts';
import { answeredIds, askedBy, isReady, type Rig, startRig, untilAnswered } from './rig.ts';

export type PostgresOutageOptions = {
  /** Of a Kafka, which stays. */
  readonly kafkaBrokers: string;
  /** Of this run alone; empty or not there. */
  readonly dir: string;
  readonly ratePerS: number;
  readonly seed: number;
  readonly progress?: (line: string) => void;
};

type Policy = keyof PostgresOutage['notReadyMs'];

const READY_LIMIT_MS = 120_000;
const QUOTES_MAX = 100_000;
/** That have to be answered where quotes are answered. */
const ANSWERED = 20;
/** Asked where none may be answered. */
const BLOCKED = 40;

export async function withoutPostgres(options: PostgresOutageOptions): Promise<PostgresOutage> {
  const { kafkaBrokers, dir, ratePerS, seed, progress = () => {} } = options;
  const server = await startOwnPostgres(join(dir, 'postgres'));
  try {
    const services = { kafkaBrokers, kafkaKind: 'kafka' as const, adminUrl: server.adminUrl };
    const rig = await startRig({ services, dir: join(dir, 'rig'), ratePerS, seed });
    try {
      const degrade = await under('degrade', { rig, server, progress });
      const strict = await under('strict', { rig, server, progress });
      progress('waiting until PostgreSQL has everything');
      const history = await rig.history();
      return {
        notReadyMs: { degrade: degrade.notReadyMs, strict: strict.notReadyMs },
        violations: [...onceOnRecord(answeredIds(rig.venue), history), ...blockedOnRecord(strict.blocked, history)],
      };
    } finally {
      // Its database is dropped, also when something failed while the server was away.
      await server.start();
      await rig.close();
    }
  } finally {
    await server.remove();
  }
}

type Place = { readonly rig: Rig; readonly server: OwnPostgres; readonly progress: (line: string) => void };

/** `blocked`: what was asked while nothing might be signed. */
type Outcome = { readonly notReadyMs: number; readonly blocked: Blocked };

async function under(policy: Policy, { rig, server, progress }: Place): Promise<Outcome> {
  const { venue } = rig;
  const engine = await rig.startEngine({ PERSISTENCE_POLICY: policy });
  await untilAnswered(venue, ANSWERED);
  progress(`PostgreSQL is away, policy ${policy}`);
  await server.stop();
  const notReadyMs = await untilNotReady(rig, engine);
  let blocked: Blocked = { quoteIds: [], answered: 0 };
  if (policy === 'strict') blocked = await askedBy(venue, () => venue.ask(BLOCKED));
  else await untilAnswered(venue, ANSWERED);
  await server.start();
  await engine.control.waitHealthy('/healthz', READY_LIMIT_MS);
  progress('PostgreSQL is back, and the engine is ready');
  await untilAnswered(venue, ANSWERED);
  await engine.stop();
  return { notReadyMs, blocked };
}

/** Quotes are asked all the while: that PostgreSQL is away shows when something is to be written. */
async function untilNotReady({ venue }: Rig, engine: Service): Promise<number> {
  const beganMs = performance.now();
  let isOver = false;
  const asking = venue.ask(QUOTES_MAX, () => !isOver);
  try {
    const what = 'the engine to say that it is not ready';
    await waitFor(async () => !(await isReady(engine)), { what, limitMs: READY_LIMIT_MS });
  } finally {
    isOver = true;
  }
  await asking;
  return Math.round(performance.now() - beganMs);
}
