// Starts, recognises and stops the in-memory broker of a stack (memory-broker.ts), the last resort of a demo.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../directory.ts';
import {
  isOurs,
  readNumber,
  serverEnvironment,
  spawnDetached,
  stopProcess,
  stopStrays,
  untilReady,
} from '../process.ts';
import type { KafkaStatus, RunningKafka } from './kafka.ts';
import { brokerAnswers } from './probe.ts';

const PROGRAM = join(CHECKOUT, 'ops/stack/kafka/memory-broker.ts');
const START_LIMIT_MS = 30_000;
const VERSION = 'in memory (librdkafka)';

/** Brings the in-memory broker in `dir` up, unless it already answers; the caller holds the stack's lock. */
export async function ensureMemoryBroker(dir: string): Promise<RunningKafka> {
  const status = memoryBrokerStatus(dir);
  if (status.up && status.port !== null && (await brokerAnswers(status.port))) return running(status.port);
  await stopMemoryBroker(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const logFile = join(dir, 'broker.log');
  const child = spawnDetached([process.execPath, PROGRAM, portFile(dir)], {
    logFile,
    cwd: CHECKOUT,
    env: serverEnvironment(),
  });
  writeFileSync(join(dir, 'pid'), `${child.pid}\n`, { mode: 0o600 });
  const port = await untilReady(child, {
    what: 'the in-memory broker',
    limitMs: START_LIMIT_MS,
    logFile,
    probe: async () => {
      const announced = readNumber(portFile(dir));
      return announced !== null && (await brokerAnswers(announced)) ? String(announced) : null;
    },
  });
  return running(Number(port));
}

export function memoryBrokerStatus(dir: string): KafkaStatus {
  const pid = readNumber(join(dir, 'pid'));
  const up = pid !== null && isOurs(pid, marksOf(dir));
  return { up, pid: up ? pid : null, port: readNumber(portFile(dir)) };
}

/** Ends it, and with it all that it holds. Does nothing when it does not run. */
export async function stopMemoryBroker(dir: string): Promise<boolean> {
  const { pid } = memoryBrokerStatus(dir);
  if (pid !== null) {
    await stopProcess(pid, marksOf(dir), [
      { signal: 'SIGTERM', limitMs: 5_000 },
      { signal: 'SIGKILL', limitMs: 5_000 },
    ]);
  }
  rmSync(dir, { recursive: true, force: true });
  return pid !== null;
}

/** Ends every one whose directory is below this one. */
export async function endMemoryBrokersBelow(dir: string): Promise<void> {
  await stopStrays([`${PROGRAM} ${dir}/`], [{ signal: 'SIGKILL', limitMs: 5_000 }]);
}

function portFile(dir: string): string {
  return join(dir, 'port');
}

function marksOf(dir: string): readonly string[] {
  return [PROGRAM, portFile(dir)];
}

function running(port: number): RunningKafka {
  return { brokers: `127.0.0.1:${port}`, version: VERSION };
}
