// An observer in front of the simulated chain of a test, over a real socket and on a clock that the test moves. Readings happen when
// the test asks for them.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { nextTurn } from '../../../contracts/runtime/wait.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import { encodeSegwit } from '../../../ops/sim/esplora/bech32.ts';
import { startEsploraSim } from '../../../ops/sim/esplora/server.ts';
import { type GnosisSimOptions, startGnosisSim } from '../../../ops/sim/gnosis/server.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import { createObserver } from './observer.ts';
import type { BridgeCredit, ObservedChain, ObserverOptions, WatchedAddress } from './types.ts';

export const MINUTE_MS = 60_000;

const BITCOIN_ADDRESSES = [7, 8, 9].map((byte) => encodeSegwit(new Uint8Array(20).fill(byte)));
const GNOSIS_ADDRESSES = ['11', '22', '33'].map((pair) => `0x${pair.repeat(20)}`);

/** The addresses that tests use: two active ones, then an older one. */
export function addressesOf(chain: ObservedChain): readonly [string, string, string] {
  const [first = '', second = '', old = ''] = chain === 'btc:mainnet' ? BITCOIN_ADDRESSES : GNOSIS_ADDRESSES;
  return [first, second, old];
}

export const MINIMUM = 5_000n;

function watched(chain: ObservedChain): WatchedAddress[] {
  const asset = chain === 'btc:mainnet' ? BTC : EURE;
  return addressesOf(chain).map((address, index) => ({
    chain,
    address,
    assetId: asset.id,
    bridge: asset.bridge,
    isActive: index < 2,
    minimumUnits: MINIMUM,
  }));
}

const SETTINGS: ObserverOptions['settings'] = {
  confirmationsRequired: 3,
  pollMs: 30_000,
  confirmDelayedMs: 90 * MINUTE_MS,
  confirmStuckMs: 360 * MINUTE_MS,
  creditDelayedMs: 90 * MINUTE_MS,
  creditStuckMs: 360 * MINUTE_MS,
};

type Line = { readonly level: string; readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

type RigOptions = Pick<ObserverOptions, 'chain' | 'urls'> & { readonly clock: ManualClock };

function observerRig({ chain, urls, clock }: RigOptions) {
  const dir = tempDir('observer');
  const records: OpsFundingObservation[] = [];
  const lines: Line[] = [];
  const note =
    (level: string) =>
    (event: string, fields: object = {}): void =>
      void lines.push({ level, event, fields: { ...fields } });
  const addresses = watched(chain);
  let unsent: Error | null = null;
  let readTo: number | null = null;
  const options: ObserverOptions = {
    chain,
    accountId: 'solver.near',
    urls,
    addresses: () => addresses,
    settings: SETTINGS,
    clock,
    random: () => 0.5,
    stateDir: dir.path,
    readBefore: null,
    onRead: (height) => {
      readTo = height;
    },
    emit: async ({ payload }) => {
      if (unsent !== null) throw unsent;
      records.push(payload);
    },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
  };
  let observer = createObserver(options);
  const statusesOf = (txHash: string, outputIndex = 0): string[] =>
    records
      .filter((record) => record.tx_hash === txHash && record.output_index === outputIndex)
      .map(({ status, confirmations }) => `${status} ${confirmations}`);
  return {
    clock,
    records,
    lines,
    addresses,
    stateDir: dir.path,
    observer: () => observer,
    /** Reads once, and waits for its records; why it gave nothing, or null. */
    async read() {
      const failed = await observer.refresh();
      while (unsent === null && observer.state().records_waiting > 0) await nextTurn();
      return failed;
    },
    /** Each record of an output: status and confirmations. */
    statusesOf,
    newest: (txHash: string, outputIndex = 0) =>
      observer.observations().find((record) => record.tx_hash === txHash && record.output_index === outputIndex),
    /** Whether records can be published. */
    failEmit(error: Error | null) {
      unsent = error;
    },
    /** The next process, after `downMs`. */
    async restart(downMs = 0) {
      await observer.stop();
      clock.advance(downMs);
      observer = createObserver(options);
    },
    /** Another observer on the same files, while this one is stopped, with what the manager has kept of its readings. */
    reopen: () => createObserver({ ...options, readBefore: readTo }),
    async close() {
      await observer.stop();
      dir[Symbol.dispose]();
    },
  };
}

export function bitcoinRig(servers = 1) {
  const clock = new ManualClock();
  const now = (): number => clock.nowMs();
  const first = startEsploraSim({ now });
  // Room below the tip for what a first reading leaves out.
  first.chain.mine(200);
  const others = Array.from({ length: servers - 1 }, () => startEsploraSim({ now, chain: first.chain }));
  const sims = [first, ...others];
  const rig = observerRig({ chain: 'btc:mainnet', urls: sims.map(({ url }) => url), clock });
  return {
    ...rig,
    chain: first.chain,
    sims,
    async [Symbol.asyncDispose]() {
      await rig.close();
      for (const sim of sims) await sim.close();
    },
  };
}

export function gnosisRig(options: GnosisSimOptions = {}, servers = 1) {
  const clock = new ManualClock();
  const now = (): number => clock.nowMs();
  const first = startGnosisSim({ now, ...options });
  const others = Array.from({ length: servers - 1 }, () => startGnosisSim({ now, ...options, chain: first.chain }));
  const sims = [first, ...others];
  const rig = observerRig({ chain: 'eth:100', urls: sims.map(({ url }) => url), clock });
  return {
    ...rig,
    chain: first.chain,
    sims,
    async [Symbol.asyncDispose]() {
      await rig.close();
      for (const sim of sims) await sim.close();
    },
  };
}

/** A report of the bridge about a deposit to the first address. */
export function creditTo(chain: ObservedChain, over: Partial<BridgeCredit> = {}): BridgeCredit {
  return {
    creditId: 'credit-1',
    chain,
    address: addressesOf(chain)[0],
    txHash: null,
    creditTxHash: 'near-mint-1',
    amountUnits: 100_000n,
    bridgeStatus: 'COMPLETED',
    outcome: 'credited',
    atMs: 1_767_225_600_000,
    ...over,
  };
}
