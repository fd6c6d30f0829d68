// The demo from start to end: stack, rig, tape, treasury and alerts, summary, stories; then it is kept until an interrupt, or all of it
// ends.
// What is shown at the end is read from where an operator would read it: the control API and PostgreSQL.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { renderEvidence } from '../deposit/render.ts';
import { type Rig, startRig } from '../harness/rig.ts';
import { endStale } from '../harness/stale.ts';
import { withLock } from '../stack/lock.ts';
import { ensureStack, type Stack, stackStatus, stopStack } from '../stack/stack.ts';
import { COLOURED, PLAIN } from '../trace/render.ts';
import { engineFigures } from './figures.ts';
import { type History, openHistory } from './history.ts';
import { keptLines } from './kept.ts';
import type { DemoOptions } from './options.ts';
import { PLACE, shown, TAPE, writeEnvironment } from './place.ts';
import { playTape, untilWritten } from './play.ts';
import type { Screen } from './progress.ts';
import { tellStories } from './stories.ts';
import { summaryLines } from './summary.ts';
import { SIDECAR_ENV, showTreasury, type TreasuryShown } from './treasury.ts';
import { shortcomings } from './verdict.ts';

/** Two demos of one checkout at a time would end each other's children. */
const LOCK_LIMIT_MS = 3_000;

/** Runs it; `signal` ends it early, in order. */
export async function runDemo(options: DemoOptions, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const lock = { limitMs: LOCK_LIMIT_MS, what: `the demo of this checkout` };
  return await withLock(PLACE.lock, lock, async () => await onStack(options, screen, signal));
}

async function onStack(options: DemoOptions, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const startedAtMs = performance.now();
  const step = (line: string): void => {
    const passed = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    screen.say(`${passed.padStart(6)} s  ${line}`);
  };
  screen.say(
    'Venue, price sources and money are simulated, on this machine; Kafka, PostgreSQL and all of unrip are real.',
  );
  for (const one of await endStale([PLACE.run])) step(`stopped ${one}, left over from an earlier demo`);
  const dir = options.stackDir ?? PLACE.stack;
  // The demo's own stack always ends with it; one that others use only when it was not up before.
  const { kafka, postgres } = stackStatus(dir);
  const isOthers = options.stackDir !== null && kafka.up && postgres.up;
  // What the broker in memory holds of a demo that was killed cannot be distinguished from this one's.
  if (kafka.up && kafka.kind === 'memory') await stopStack(dir);
  step('Kafka and PostgreSQL');
  try {
    const stack = await ensureStack(dir, { progress: step, allowMemoryBroker: true }).catch((error: unknown) => {
      throw new Error(
        `${messageOf(error)}\nlogs: ${shown(join(dir, 'kafka/kafka.log'))}, ${shown(join(dir, 'postgres/postgres.log'))}`,
      );
    });
    step(`Kafka ${stack.kafkaVersion}, PostgreSQL ${stack.postgresVersion}`);
    return await withRig(options, { stack, screen, step, signal });
  } finally {
    if (!isOthers) await stopStack(dir);
    step('ended');
  }
}

type DemoStage = {
  readonly stack: Stack;
  readonly screen: Screen;
  readonly step: (line: string) => void;
  readonly signal: AbortSignal;
};

async function withRig(options: DemoOptions, { stack, screen, step, signal }: DemoStage): Promise<ExitCode> {
  rmSync(PLACE.run, { recursive: true, force: true });
  const rig = await startRig({
    dir: PLACE.run,
    services: stack,
    label: 'demo',
    database: PLACE.database,
    relayToken: crypto.randomUUID(),
    armed: true,
    // The tape's minutes pass in seconds, and the second price source with them.
    engineEnv: { COINGECKO_POLL_MS: '2000' },
    sidecars: SIDECAR_ENV,
    progress: step,
    signal,
  }).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}\nlogs: ${shown(PLACE.run)}/*.log`);
  });
  const history = openHistory(rig.database.reader, rig.accountId);
  try {
    writeEnvironment({ KAFKA_BROKERS: stack.kafkaBrokers, DATABASE_READER_URL: rig.database.reader });
    step(`armed; playing ${shown(TAPE)}${options.speed === 'max' ? '' : `, ${options.speed} times as fast`}`);
    await playTape(rig, screen, { tape: TAPE, speed: options.speed, seconds: options.seconds, signal });
    step('waiting until all quotes are settled and written');
    const unwritten = await untilWritten(rig, history, { screen, signal });
    step('a deposit, and an alert');
    const treasury = await showTreasury(rig, { say: step, signal });
    const faults = await report(rig, history, { screen, treasury });
    const all = unwritten === null ? faults : [unwritten, ...faults];
    for (const fault of all) screen.say(`NOT SHOWN: ${fault}`);
    if (all.length > 0) screen.say(`logs: ${shown(PLACE.run)}/*.log`);
    if (stack.kafkaKind === 'memory') {
      screen.say('NO REAL KAFKA on this machine: this demo used a broker in memory. See ./unrip stack --help.');
    }
    if (options.keep) await keep(rig, screen, signal);
    return all.length === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    await history.close();
    await rig.stop();
  }
}

/** Prints summary and stories; gives what they lack. */
async function report(
  rig: Rig,
  history: History,
  { screen, treasury }: { readonly screen: Screen; readonly treasury: TreasuryShown },
): Promise<readonly string[]> {
  const [engine, settled] = await Promise.all([engineFigures(rig.engine().control), history.settled()]);
  const [rejectedByReason, resultsByCode] = [await history.rejectedByReason(), await history.resultsByCode()];
  const rows = await history.rowsByTable();
  screen.say('');
  for (const line of summaryLines({ engine, rejectedByReason, resultsByCode, settled, rows })) screen.say(line);
  const stories = await tellStories(settled, {
    databaseUrl: rig.database.reader,
    accountId: rig.accountId,
    style: screen.isTerminal ? COLOURED : PLAIN,
  });
  for (const { heading, text } of stories) screen.say(`\n--- ${heading} ---\n\n${text.trimEnd()}`);
  const { txHash, evidence, lacking } = treasury;
  if (txHash !== null) screen.say(`\n--- a deposit ---\n\n${renderEvidence(txHash, evidence).trimEnd()}`);
  screen.say('\nwhere to look next');
  const commands = [
    ...stories.map(({ quoteId }) => `trace ${quoteId}`),
    ...(txHash === null ? [] : [`deposit ${txHash}`]),
  ];
  for (const line of nextSteps(commands)) screen.say(line);
  return [...shortcomings(settled, stories), ...lacking];
}

function nextSteps(commands: readonly string[]): readonly string[] {
  const env = shown(PLACE.env);
  return [
    `  ./unrip demo --keep                            the same, left running`,
    `  ./unrip stack up --dir ${shown(PLACE.stack)}       the last run's records again, for`,
    ...commands.map((command) => `  (set -a; . ${env}; ./unrip ${command})`),
    `  README.md                                      how a quote travels, and how to go live`,
  ];
}

async function keep(rig: Rig, screen: Screen, signal: AbortSignal): Promise<void> {
  const engine = rig.engine();
  const { historyWriter, sidecars, sim } = rig;
  const lines = keptLines({ engine, historyWriter, sidecars, sim, kafkaBrokers: rig.services.kafkaBrokers });
  for (const line of lines) screen.say(line);
  const interruption = Promise.withResolvers<'interrupted'>();
  signal.addEventListener('abort', () => interruption.resolve('interrupted'), { once: true });
  if (signal.aborted) return;
  const ended = await Promise.race([
    interruption.promise,
    ...[engine, historyWriter, sim, ...Object.values(sidecars ?? {})].map(
      async (part) => `${part.name} ended with ${await part.exited}`,
    ),
  ]);
  if (ended !== 'interrupted') throw new Error(`${ended}; logs: ${shown(PLACE.run)}/*.log`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
