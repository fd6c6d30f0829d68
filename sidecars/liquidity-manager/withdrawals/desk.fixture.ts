// For tests: a desk of withdrawals, and the world around it as it answers now.

import { join } from 'node:path';
import type { WithdrawalBody } from '../../../contracts/control/withdrawals.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import type { Context } from '../actions/context.ts';
import type { Action } from '../actions/tracked.ts';
import type { Bridge, BridgeResult, BridgeWithdrawal, WithdrawalCost } from '../bridges/bridge.ts';
import { readState } from '../store/kept.ts';
import { Ledger } from '../store/ledger.ts';
import { WithdrawalDesk } from './desk.ts';
import type { Reservation } from './engine.ts';
import type { Shown } from './outside.ts';
import type { PublishResult } from './relay.ts';
import type { NonceOutcome } from './verifier.ts';
import { ACCOUNT, BTC, body, DESTINATION, NBTC, signed, VERIFIER } from './withdrawals.fixture.ts';

const ends: (() => unknown)[] = [];

/** After each test, the last that began first. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

export const TAKEN: Reservation = { kind: 'taken', id: 'wd-00000001' };
export const notUsed: BridgeResult<never> = {
  ok: false,
  reason: 'refused',
  detail: 'not asked here',
  retryAfterMs: null,
};

export const paid = (confirmations: number, ...outputs: readonly bigint[]): Shown => ({
  kind: 'paid',
  outputs: outputs.length === 0 ? [48_500n] : outputs,
  confirmations,
});

/** The world around the desk, as it answers now; a restart keeps it. */
export function world() {
  const dir = tempDir();
  ends.push(() => dir.remove());
  const clock = new ManualClock();
  return {
    path: join(dir.path, 'state.json'),
    clock,
    calls: [] as string[],
    /** Payments that the other chain was asked for. */
    asked: [] as string[],
    published: [] as unknown[],
    reservation: TAKEN as Reservation,
    publishing: { kind: 'taken', detail: '' } as PublishResult,
    transaction: null as string | null,
    nonce: null as NonceOutcome | null,
    report: null as BridgeWithdrawal | null,
    /** Why the bridge says nothing of the withdrawal; null: it gives the report. */
    unheard: null as string | null,
    shown: paid(2) as Shown,
    cost: { feeUnits: 1_500n, apartUnits: 0n, minimumUnits: 700n, problem: null as string | null },
    /** Runs while an answer of the engine, the relay or the verifier is awaited. */
    meanwhile: () => {},
    /** Of the bridge, in place of the cost. */
    askCost: null as (() => Promise<BridgeResult<WithdrawalCost>>) | null,
  };
}

/** A run of the process on the state of the world. */
export function run(given: ReturnType<typeof world>) {
  const kept = readState(given.path, ACCOUNT);
  if (!kept.ok) throw new Error(kept.problem);
  const records: Action[] = [];
  const ledger = new Ledger({
    path: given.path,
    kept: kept.state,
    clock: given.clock,
    log: keptLog().log,
    render: ({ payload }) => JSON.stringify(payload),
    sender: {
      send: (_topic, _key, value) => {
        records.push(JSON.parse(value));
        return Promise.resolve({} as never);
      },
    },
    onRecord: () => undefined,
  });
  const bridge = (name: 'poa' | 'omni', assets: Bridge['assets']): Bridge => ({
    name,
    host: name,
    assets,
    terms: () => Promise.resolve(notUsed),
    depositAddress: () => Promise.resolve(notUsed),
    deposits: () => Promise.resolve(notUsed),
    withdrawalCost: () => given.askCost?.() ?? Promise.resolve({ ok: true, value: given.cost }),
    withdrawal: () =>
      Promise.resolve(
        given.unheard === null
          ? { ok: true, value: given.report }
          : { ok: false, reason: 'malformed', detail: given.unheard, retryAfterMs: null },
      ),
    close: () => undefined,
  });
  const context = (): Context => ({
    nowMs: given.clock.nowMs(),
    settings: { accountId: ACCOUNT, assetIds: [], wallets: [], delayedAfterMs: 60_000, stuckAfterMs: 600_000 },
    termsOf: () => null,
  });
  const desk = new WithdrawalDesk({
    ledger,
    bridges: [bridge('poa', [BTC]), bridge('omni', [NBTC])],
    rules: () => ({
      isFrozen: ledger.freeze !== null,
      assets: [BTC, NBTC],
      allowlist: [{ chain: 'btc:mainnet', address: DESTINATION }],
    }),
    verifier: VERIFIER,
    reserver: {
      reserve: ({ reservationId, amount }) => {
        given.calls.push(`reserve ${reservationId} ${amount}`);
        given.meanwhile();
        return Promise.resolve(given.reservation);
      },
    },
    publisher: {
      publish: (data) => {
        given.calls.push('publish');
        given.published.push(data);
        given.meanwhile();
        return Promise.resolve(given.publishing);
      },
      transactionOf: () => Promise.resolve(given.transaction),
      close: () => undefined,
    },
    nonces: {
      read: () => {
        given.meanwhile();
        return Promise.resolve(given.nonce);
      },
      close: () => undefined,
    },
    outside: {
      payment: ({ txHash, destination, chain }) => {
        given.asked.push(`${chain} ${txHash} ${destination}`);
        return Promise.resolve(given.shown);
      },
      confirmationsRequired: () => 2,
      close: () => undefined,
    },
    context,
    clock: given.clock,
    log: keptLog().log,
    pollMs: 1_000,
  });
  ends.push(() => desk.stop());
  const states = (): string[] =>
    records.map(({ status, reason_code }) => (reason_code === null ? status : `${status}:${reason_code}`));
  const now = (): Action | undefined => ledger.book.get('withdrawal:wd-00000001')?.action;
  return { desk, ledger, records, states, now };
}

export const request = (over: Partial<WithdrawalBody> = {}): WithdrawalBody => ({
  ...body(over),
  signed: signed(body(over)),
});
export const COMPLETED: BridgeWithdrawal = {
  bridgeStatus: 'COMPLETED',
  outcome: 'completed',
  txHash: 'outside-1',
  arrivesUnits: 48_500n,
};
