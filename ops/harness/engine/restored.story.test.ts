// A state directory that was put back from a backup: the engine that runs on it does not know what was signed since.

import { expect, test } from 'bun:test';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { script } from '../../deploy/backup/scripts.fixture.ts';
import { accountOf } from '../../sim/verifier/state.ts';
import { waitFor } from '../../testing/wait.ts';
import { fastClock, makeSetting, type RunningEngine, type Setting, startEngineOn } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

test(
  'on a restored state directory nothing is signed until an operator has accepted that it is one',
  async () => {
    const clock = fastClock(1);
    const setting = makeSetting(clock);
    const backup = `${setting.stateDir}-backup`;
    try {
      const first = await startEngineOn(setting, clock);
      await first.ready();
      await first.engine.drain(200);
      cpSync(setting.stateDir, backup, { recursive: true, preserveTimestamps: true });

      const again = await startEngineOn(setting, clock);
      expect(again.control.executor.openFindings()).toEqual([]);
      await again.engine.drain(200);

      rmSync(setting.stateDir, { recursive: true });
      cpSync(backup, setting.stateDir, { recursive: true, preserveTimestamps: true });
      // A backup that was made by hand may lack it.
      rmSync(join(setting.stateDir, 'journal', 'place.json'));
      const restored = await startEngineOn(setting, clock);
      expect(restored.control.executor.openFindings()).toEqual([expect.stringContaining('restored')]);
      expect(restored.control.executor.state().recovery_findings).toHaveLength(1);
      await restored.engine.drain(200);
    } finally {
      await setting.close();
    }
  },
  LIMIT_MS,
);

/** Ten minutes pass in half a minute; limits of seconds then are some milliseconds, so that the longest allowed are set. */
const SPEED = 24;
const SLOW = { REFERENCE_MAX_AGE_MS: '60000', INVENTORY_MAX_AGE_MS: '60000' };
const TEN_MINUTES_LIMIT_MS = 120_000;

const credited = ({ engine }: RunningEngine) =>
  [BTC, EURE].map(({ id }) => engine.parts.book.capital(id)?.creditedUnits as bigint | undefined);

/** As the verifier has it. */
function balancesOf({ world, accountId }: Setting) {
  const { balances } = accountOf(world.chain.state(), accountId);
  return [BTC, EURE].map(({ id }) => balances.get(id));
}

/** Has quotes taken until the book shows that one was settled. */
async function settled(rig: RunningEngine, label: string): Promise<readonly string[]> {
  const before = credited(rig)[0] ?? 0n;
  const asked: string[] = [];
  const isSettled = () => (credited(rig)[0] ?? 0n) > before;
  for (let tries = 0; tries < 20 && !isSettled(); tries++) {
    const quoteId = `${label}-${tries}`;
    asked.push(quoteId);
    rig.ask(quoteId, {}, 1_000);
    // One that a busy machine was late for is asked for again, under another id.
    await waitFor(isSettled, { what: quoteId, limitMs: 3_000 }).catch(() => {});
  }
  if (!isSettled()) throw new Error(`nothing was settled of ${asked.join(', ')}: ${rig.reasons().join(', ')}`);
  return asked;
}

const hasLanes = ({ control, settings }: RunningEngine): boolean =>
  control.inventory.state().lanes.filter(({ current }) => current).length === 2 * settings.config.nonceLanes;

test(
  'what was backed up while it traded goes on after the machine is lost: nothing is answered twice, and the books are the verifier’s',
  async () => {
    const clock = fastClock(SPEED);
    const setting = makeSetting(clock, {}, SLOW);
    const answered = () => setting.world.relay.answers().map(({ quoteId }) => quoteId);
    try {
      const lost = await startEngineOn(setting, clock);
      await waitFor(() => hasLanes(lost), { what: 'the lanes of the first engine', limitMs: 60_000 });
      lost.arm();
      const asked = [...(await settled(lost, 'before'))];
      const backup = await script('backup', setting.stateDir, `${setting.stateDir}-backups`);
      expect(backup).toMatchObject({ code: 0, err: '' });
      asked.push(...(await settled(lost, 'since')));
      await lost.engine.drain(200);
      rmSync(setting.stateDir, { recursive: true });

      expect(await script('restore', backup.out, setting.stateDir)).toMatchObject({ code: 0 });
      const restored = await startEngineOn(setting, clock);
      expect(restored.control.executor.openFindings()).not.toEqual([]);
      const formerNonces = restored.engine.parts.book.nonces().map(({ nonce }) => nonce);
      // Too early, by an operator who accepts everything.
      restored.arm();
      await waitFor(() => restored.engine.parts.book.readAtUs() !== null, { what: 'a balance', limitMs: 60_000 });
      // What is asked before it has subscribed, it never hears.
      await waitFor(() => !restored.reasons().some((reason) => reason.startsWith('ingest.')), {
        what: 'the subscription',
        limitMs: 60_000,
      });
      const count = answered().length;
      for (const quoteId of asked) setting.ask(quoteId);
      await restored.until('lane_ceiling');
      expect(answered()).toHaveLength(count);

      await waitFor(() => hasLanes(restored), { what: 'ten minutes', limitMs: TEN_MINUTES_LIMIT_MS });
      expect(restored.control.executor.openFindings()).toEqual([]);
      restored.arm();
      await settled(restored, 'after');
      expect(answered().slice(count).length).toBeGreaterThan(0);
      expect(new Set(answered()).size).toBe(answered().length);
      expect(restored.engine.parts.book.nonces().filter(({ nonce }) => formerNonces.includes(nonce))).toEqual([]);
      await waitFor(() => Bun.deepEquals(credited(restored), balancesOf(setting)), {
        what: 'the balances',
        limitMs: 60_000,
      });
      expect(restored.engine.parts.book.breach()).toBeNull();
      await restored.engine.drain(200);
    } finally {
      await setting.close();
    }
  },
  4 * LIMIT_MS,
);
