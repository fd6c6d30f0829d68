// Kafka of one stack: a single node that is broker and controller (KRaft), made at the first start, started detached,
// stopped, recognised again. It listens on loopback only. Its process is the one of `pid`, if its command line names our
// settings file.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, isFree } from '../ports.ts';
import {
  isOurs,
  readNumber,
  type StopStep,
  serverEnvironment,
  spawnDetached,
  stopProcess,
  stopStrays,
  untilReady,
} from '../process.ts';
import { run } from '../run.ts';
import { existingPlace, makeDirOf, preparePlace, type ServerPlace } from '../server-place.ts';
import { type ServerUser, serverUser } from '../system-user.ts';
import { brokerAnswers } from './probe.ts';
import { findKafka, KAFKA_VERSION, type KafkaPrograms } from './programs.ts';

const MAIN_CLASS = 'kafka.Kafka';
const FORMAT_LIMIT_MS = 60_000;
const START_LIMIT_MS = 90_000;
const START_TRIES = 3;
const STOP: readonly StopStep[] = [
  { signal: 'SIGTERM', limitMs: 20_000 },
  { signal: 'SIGKILL', limitMs: 5_000 },
];

export type KafkaOptions = {
  readonly progress: (line: string) => void;
  readonly port?: number;
  /** Makes the settings of the broker from those of a stack. */
  readonly settings?: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
};
export type RunningKafka = { readonly brokers: string; readonly version: string };
export type KafkaStatus = { readonly up: boolean; readonly pid: number | null; readonly port: number | null };

/** Brings the broker in `dir` up, unless it already answers; the caller holds the stack's lock. */
export async function ensureKafka(dir: string, options: KafkaOptions): Promise<RunningKafka> {
  const status = kafkaStatus(dir);
  if (status.up && status.port !== null) {
    if (options.port !== undefined && options.port !== status.port) {
      throw new Error(`Kafka already runs on port ${status.port}, not ${options.port}: run stack down first`);
    }
    if (await brokerAnswers(status.port)) return running(status.port);
    // It runs but does not answer (it may be ending): start again.
    await stopKafka(dir);
  }
  return await startKafka(dir, options);
}

/** What is in the directory and in the table of processes; asks the broker nothing. */
export function kafkaStatus(dir: string): KafkaStatus {
  const pid = readNumber(join(dir, 'pid'));
  const up = pid !== null && isOurs(pid, marksOf(existingPlace(dir)));
  return { up, pid: up ? pid : null, port: readNumber(join(dir, 'port')) };
}

/** Ends the broker. Does nothing when it does not run. */
export async function stopKafka(dir: string): Promise<boolean> {
  const { pid } = kafkaStatus(dir);
  if (pid !== null) await stopProcess(pid, marksOf(existingPlace(dir)), STOP);
  rmSync(join(dir, 'pid'), { force: true });
  return pid !== null;
}

/** Ends every broker whose settings lie in a directory below this one; for data that nobody needs any more. */
export async function endKafkasBelow(dir: string): Promise<void> {
  await stopStrays([`${MAIN_CLASS} ${dir}/`], [{ signal: 'SIGKILL', limitMs: 5_000 }]);
}

async function startKafka(dir: string, options: KafkaOptions): Promise<RunningKafka> {
  const user = serverUser('kafka');
  const place = await preparePlace(dir, { user, marksOf, stop: STOP });
  if (place.elsewhere) options.progress(`Kafka's data lie in ${place.folder}: user ${user.name} cannot reach ${dir}`);
  await stopStrays(marksOf(place), STOP);
  const broker: Broker = { dir, place, user, programs: await findKafka(user, options.progress) };
  for (let tries = 1; ; tries++) {
    const ports = choosePorts(dir, options.port);
    writeSettings(place, options.settings?.(settings(place, ports)) ?? settings(place, ports));
    try {
      if (!existsSync(place.dataDir)) await format(broker, options.progress);
      await startOn(ports.broker, broker);
      return running(ports.broker);
    } catch (error) {
      // Somebody may have taken a port between the check and the bind.
      const taken = !isFree(ports.broker) || !isFree(ports.controller);
      if (options.port !== undefined || !taken || tries === START_TRIES) throw error;
    }
  }
}

type Broker = {
  readonly dir: string;
  readonly place: ServerPlace;
  readonly user: ServerUser;
  readonly programs: KafkaPrograms;
};

async function startOn(port: number, { dir, place, user, programs }: Broker): Promise<void> {
  const logFile = join(dir, 'kafka.log');
  const java = javaCommand(programs, '-Xmx512m', '-XX:+ExitOnOutOfMemoryError');
  const child = spawnDetached(user.as([...java, MAIN_CLASS, settingsFile(place)]), {
    logFile,
    cwd: place.folder,
    env: serverEnvironment(),
  });
  writeFileSync(join(dir, 'pid'), `${child.pid}\n`, { mode: 0o600 });
  writeFileSync(join(dir, 'port'), `${port}\n`, { mode: 0o600 });
  const what = `Kafka ${KAFKA_VERSION}`;
  const probe = async () => ((await brokerAnswers(port)) ? KAFKA_VERSION : null);
  try {
    await untilReady(child, { what, limitMs: START_LIMIT_MS, logFile, probe });
  } catch (error) {
    await stopKafka(dir);
    throw error;
  }
}

/** Writes the node's identity into a folder of its own, which gets its name when it is complete. */
async function format({ place, user, programs }: Broker, progress: (line: string) => void): Promise<void> {
  const { folder, dataDir, unfinishedDir } = place;
  progress(`Kafka ${KAFKA_VERSION}: making a new log directory in ${dataDir}`);
  rmSync(unfinishedDir, { recursive: true, force: true });
  await makeDirOf(unfinishedDir, user);
  const file = join(folder, 'format.properties');
  const text = readFileSync(settingsFile(place), 'utf8');
  writeFileSync(file, text.replace(/^log\.dirs=.*$/m, `log.dirs=${escaped(unfinishedDir)}`));
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', file];
  await run(user.as([...javaCommand(programs), ...format]), {
    cwd: folder,
    env: serverEnvironment(),
    limitMs: FORMAT_LIMIT_MS,
  });
  renameSync(unfinishedDir, dataDir);
  rmSync(file);
}

/** 16 random bytes in Kafka's spelling, which must not look like a flag. */
function clusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

function javaCommand(programs: KafkaPrograms, ...flags: readonly string[]): string[] {
  const logger = ['defaultLogLevel=warn', 'showDateTime=true', "dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX"];
  return [
    programs.java,
    ...flags,
    // Quick start counts for more than the last of the speed: one compiler stage, no parallel collector threads.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    ...logger.map((setting) => `-Dorg.slf4j.simpleLogger.${setting}`),
    '-cp',
    `${programs.jarsDir}/*`,
  ];
}

type Ports = { readonly broker: number; readonly controller: number };

/** The broker's port of last time where it is still free, so that an address stays good over restarts. */
function choosePorts(dir: string, asked: number | undefined): Ports {
  const last = readNumber(join(dir, 'port'));
  const kept = asked ?? (last !== null && isFree(last) ? last : undefined);
  const [first, second] = freePorts(2);
  if (first === undefined || second === undefined) throw new Error('no free ports for Kafka');
  return { broker: kept ?? first, controller: second };
}

function settings(place: ServerPlace, ports: Ports): Readonly<Record<string, string>> {
  const broker = `PLAINTEXT://127.0.0.1:${ports.broker}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `${broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': broker,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': escaped(place.dataDir),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
  };
}

function writeSettings(place: ServerPlace, lines: Readonly<Record<string, string>>): void {
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(settingsFile(place), text.join(''));
}

/** A path in a Java properties file. */
function escaped(path: string): string {
  return path.replaceAll('\\', '\\\\');
}

/** Read by the broker's user; a stack has no secret in it. */
function settingsFile(place: ServerPlace): string {
  return join(place.folder, 'server.properties');
}

function marksOf(place: ServerPlace): readonly string[] {
  return [MAIN_CLASS, settingsFile(place)];
}

function running(port: number): RunningKafka {
  return { brokers: `127.0.0.1:${port}`, version: KAFKA_VERSION };
}
