// The scene of most judges: the whole system after some seconds of a tape, so that each topic and each state has something.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from '../demo/history.ts';
import { playTape, untilWritten } from '../demo/play.ts';
import { type Rig, startRig } from '../harness/rig.ts';
import { type Service, startHistoryWriter } from '../harness/service.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const SPEED = 30;
const SECONDS = 12;
const SILENT = { isTerminal: false, say: () => {}, update: () => {} };

/** Of whom both processes know that he may read, and may do nothing. */
export const VIEWER_TOKEN = `viewer-${'v'.repeat(40)}`;

export async function startTradingRig(dir: string, stack: Stack): Promise<Rig> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const env = viewerIn(dir);
  const watched = { engineEnv: env, historyWriterEnv: env };
  const rig = await startRig({ dir, services: stack, label: 'judges', armed: true, ...watched });
  const history = openHistory(rig.database.reader, rig.accountId);
  try {
    const { signal } = new AbortController();
    await playTape(rig, SILENT, { tape: TAPE, speed: SPEED, seconds: SECONDS, signal });
    const missing = await untilWritten(rig, history, { screen: SILENT, signal });
    if (missing !== null) throw new Error(`not all of the trading is on record: ${missing}`);
    return rig;
  } catch (error) {
    await rig.stop();
    throw error;
  } finally {
    await history.close();
  }
}

function viewerIn(dir: string): Readonly<Record<string, string>> {
  const sha256 = new Bun.CryptoHasher('sha256').update(VIEWER_TOKEN).digest('hex');
  const file = join(dir, 'tokens.json');
  const tokens = [{ name: 'viewer', role: 'viewer', accounts: ['*'], sha256 }];
  writeFileSync(file, JSON.stringify({ tokens }), { mode: 0o600 });
  return { CONTROL_TOKENS_FILE: file };
}

/** One more history-writer on the database of the rig, which may be ended and started again. */
export async function historyWriterOf(rig: Rig, dir: string) {
  const start = (): Promise<Service> =>
    startHistoryWriter({
      dir,
      accountId: rig.accountId,
      kafkaBrokers: rig.services.kafkaBrokers,
      database: rig.database,
      group: `unrip-${rig.accountId}-judged`,
      env: viewerIn(rig.dir),
    });
  const started: Service[] = [];
  const startNoted = async (): Promise<Service> => {
    const service = await start();
    started.push(service);
    return service;
  };
  const first = await startNoted();
  return { first, start: startNoted, stop: async () => void (await started.at(-1)?.stop()) };
}
