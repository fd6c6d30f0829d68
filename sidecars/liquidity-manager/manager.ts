// Makes the parts of the liquidity-manager and connects them: bridges, trackers, chain observers, ledger.

import { join } from 'node:path';
import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import type { LiquidityManagerConfig } from '../../contracts/config/liquidity-manager.ts';
import { keptControlToken } from '../../contracts/runtime/config/secret-file.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import { ConfigRefused } from '../../contracts/runtime/process/refusal.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { LATE, within } from '../../contracts/runtime/wait.ts';
import { isoTime } from '../../contracts/time.ts';
import type { Context, Settings } from './actions/context.ts';
import { timePassed } from './actions/waits.ts';
import type { Bridge } from './bridges/bridge.ts';
import { createOmniBridge } from './bridges/omni/omni.ts';
import { createPoaBridge } from './bridges/poa/poa.ts';
import { logMoment } from './moments.ts';
import { createObservation, nodesOf, type Observation } from './observation.ts';
import { hasObserverFile } from './observers/state-file.ts';
import { readState } from './store/kept.ts';
import { Ledger } from './store/ledger.ts';
import { lockStateDir } from './store/lock.ts';
import { Tracker } from './tracker.ts';
import { WithdrawalDesk } from './withdrawals/desk.ts';
import { createReserver } from './withdrawals/engine.ts';
import { createOutsideReader } from './withdrawals/outside.ts';
import { createPublisher } from './withdrawals/relay.ts';
import { createNonceReader } from './withdrawals/verifier.ts';

export type Manager = {
  readonly ledger: Ledger;
  readonly trackers: readonly Tracker[];
  readonly observation: Observation;
  readonly desk: WithdrawalDesk;
  readonly log: Log;
  isPaused(): boolean;
  isDraining(): boolean;
  pause(): void;
  resume(): void;
  requestEnd(why: string): void;
  start(): void;
  /** Ends the rounds under way within the limit; the ledger is on disk afterwards. */
  stop(limitMs: number): Promise<void>;
};

const STATE_FILE = 'liquidity-manager.state.json';
const TICK_MS = 5_000;
/** As the topics ask: what is not over is published again at least once a day. */
const REPEAT_MS = 6 * 3_600_000;

/** Throws ConfigRefused when the state directory cannot be used. */
export function createManager(config: LiquidityManagerConfig, base: SidecarBase): Manager {
  const { log, timers } = base;
  const { ledger, release } = openLedger(config, base);
  const settings = settingsOf(config);
  const context = (): Context => ({
    nowMs: timers.nowMs(),
    settings,
    termsOf: (assetId) => trackers.map((tracker) => tracker.termsOf(assetId)).find((terms) => terms !== null) ?? null,
  });
  const bridges = bridgesOf(config, base);
  const trackers = bridges.map(
    (bridge) =>
      new Tracker({
        bridge,
        ledger,
        context,
        clock: timers,
        random: Math.random,
        log: log.child('bridges'),
        pollMs: config.fundingPollMs,
        onDeposits: (deposits) => observation.takeDeposits(deposits),
      }),
  );
  const observation = createObservation(config, base, { ledger, context });
  const desk = deskOf(config, base, { ledger, bridges, context });
  const stops: (() => void)[] = [];
  let isDraining = false;
  let lastUs = timers.elapsedUs();

  function tick(): void {
    const nowUs = timers.elapsedUs();
    const { late, waiting } = timePassed(ledger.book, (nowUs - lastUs) / 1000, context());
    lastUs = nowUs;
    ledger.commit(late);
    ledger.note(waiting);
  }

  return {
    ledger,
    trackers,
    observation,
    desk,
    log,
    isPaused: () => trackers.every(({ isPaused }) => isPaused),
    isDraining: () => isDraining,
    pause() {
      for (const tracker of trackers) tracker.pause();
    },
    resume() {
      for (const tracker of trackers) tracker.resume();
    },
    requestEnd: (why) => base.requestEnd(why),
    start() {
      ledger.start();
      lastUs = timers.elapsedUs();
      for (const tracker of trackers) tracker.start();
      observation.start();
      desk.start();
      stops.push(
        timers.every(TICK_MS, tick),
        timers.every(REPEAT_MS, () => ledger.repeat()),
      );
    },
    async stop(limitMs) {
      isDraining = true;
      for (const stop of stops.splice(0)) stop();
      const ended = await within(
        timers,
        Promise.all([desk.stop(), observation.stop(), ...trackers.map((tracker) => tracker.stop())]),
        limitMs,
      );
      if (ended === LATE)
        log.warn('rounds_left', {
          detail: 'a poll of a bridge or a chain did not end in time; nothing of it is taken',
        });
      ledger.close();
      // Held until here: a lock that nobody refers to is released.
      release();
    },
  };
}

function settingsOf(config: LiquidityManagerConfig): Settings {
  return {
    accountId: config.account,
    assetIds: config.treasuryAssets,
    wallets: config.treasuryWallets,
    delayedAfterMs: config.fundingDelayedAfterMs,
    stuckAfterMs: config.fundingStuckAfterMs,
  };
}

type Joined = {
  readonly ledger: Ledger;
  readonly bridges: readonly Bridge[];
  readonly context: () => Context;
};

function deskOf(
  config: LiquidityManagerConfig,
  base: SidecarBase,
  { ledger, bridges, context }: Joined,
): WithdrawalDesk {
  const { timers: clock, log, stateDir } = base;
  const { account, nearRpcUrls: urls, intentsContract: verifier, relayRpcUrl, relayApiKey } = config;
  const kept = config.engineControlToken === null ? keptControlToken(stateDir) : null;
  const token = kept === null ? config.engineControlToken : kept.ok ? kept.text : null;
  return new WithdrawalDesk({
    ledger,
    bridges,
    rules: () => ({
      isFrozen: ledger.freeze !== null,
      assets: bridges.flatMap(({ assets }) => assets),
      allowlist: config.withdrawalAllowlist,
    }),
    verifier,
    reserver: createReserver(config.engineControlUrl, token),
    publisher: createPublisher({ url: relayRpcUrl, apiKey: relayApiKey, clock }),
    nonces: createNonceReader({ urls, contract: verifier, account, clock }),
    outside: createOutsideReader(nodesOf(config), clock),
    context,
    clock,
    log: log.child('withdrawals'),
    pollMs: config.fundingPollMs,
  });
}

function bridgesOf(config: LiquidityManagerConfig, { timers: clock }: SidecarBase): readonly Bridge[] {
  const assets = KNOWN_ASSETS.filter(({ id }) => config.treasuryAssets.includes(id));
  const { account, poaBridgeUrl, omniBridgeUrl, nearRpcUrls, intentsContract: verifier } = config;
  const all = [
    createPoaBridge({ url: poaBridgeUrl, account, assets, clock }),
    createOmniBridge({ url: omniBridgeUrl, nearRpcUrls, verifier, account, assets, clock }),
  ];
  return all.filter((bridge) => bridge.assets.length > 0);
}

function openLedger(config: LiquidityManagerConfig, base: SidecarBase): { ledger: Ledger; release: () => void } {
  const { stateDir, sender, render, timers: clock } = base;
  const log = base.log.child('ledger');
  const refuse = (problem: string, fix: string): never => {
    throw new ConfigRefused({ variable: 'STATE_DIR', problem, shape: 'directory of this user', fix });
  };
  const release = lockStateDir(stateDir);
  if (release === null)
    return refuse('is used by another liquidity-manager', 'end that process first, or set another STATE_DIR.');
  const path = join(stateDir, STATE_FILE);
  const read = readState(path, config.account);
  if (!read.ok)
    return refuse(
      `holds ${STATE_FILE}, which ${read.problem}`,
      `correct NEAR_ACCOUNT_ID, or move ${path} away: deposits are then read from the bridges again, withdrawals under way are not, and new ones are frozen until POST /unfreeze-withdrawals.`,
    );
  const isLost = read.isNew && hasObserverFile(stateDir);
  if (isLost)
    log.error('state_missing', {
      detail: `${path} is gone, with withdrawals under way and perhaps a freeze: withdrawals are frozen until POST /unfreeze-withdrawals`,
    });
  // What may have been frozen is not set free by the loss of the file that says so.
  const freeze = isLost ? { since: isoTime(clock.nowMs()), by: 'state_missing' } : read.state.freeze;
  const onRecord = logMoment.bind(null, log);
  const ledger = new Ledger({ path, kept: { ...read.state, freeze }, sender, render, clock, log, onRecord });
  return { ledger, release };
}
