// The inventory as operators see it: what the ledger knows, and the poll of the verifier that keeps it up to date.

import { assetIdsOf, KNOWN_ASSETS, type Pair } from '../../contracts/assets.ts';
import type { InventoryPartState, OwnState } from '../../contracts/control/part-state.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import { ageMs, momentOf } from '../lib/moment.ts';
import type { FundsUnderWay } from '../model/funds.ts';
import type { GateReasons } from '../model/gate-reasons.ts';
import type { Observation } from '../model/observation.ts';
import type { Breach } from '../model/values.ts';
import type { Book } from './book.ts';
import type { ChainWatch } from './chain-watch.ts';
import { assetsOf } from './inventory-record.ts';
import type { LaneManager } from './lanes/manager.ts';
import type { ReservationDesk } from './reservations/desk.ts';
import { isWaiting } from './reservations/reservation.ts';
import { reservationsView } from './reservations/view.ts';

export type InventoryControlOptions = {
  readonly settings: { readonly config: { readonly account: string }; readonly pair: Pair };
  readonly book: Pick<Book, 'breach' | 'capital' | 'hasLane' | 'inventory' | 'nonces' | 'readAtUs' | 'reservations'>;
  readonly reservationDesk: ReservationDesk;
  readonly laneManager: Pick<LaneManager, 'salts'>;
  readonly chain: Pick<ChainWatch, 'accept'>;
  readonly verifier: {
    health(): PartHealth;
    state(): InventoryPartState['poll'] & { readonly paused: boolean };
    lastSnapshot(): Pick<Observation, 'stranded'> | null;
    pause(): void;
    resume(): void;
    refresh(): Promise<{ readonly reason: string; readonly detail: string } | null>;
  };
  readonly switches: { readonly limits: { readonly inventoryMaxAgeMs: number } };
  /** What of the capital does not fit, now or as last found since somebody armed; null: all fits. */
  readonly breach: () => Breach | null;
  readonly gates: GateReasons;
  readonly clock: Clock;
  /** What the sidecars report. */
  readonly background: {
    underWay(asset: AssetId): FundsUnderWay;
    funding(): InventoryPartState['funding'];
    findings(): InventoryPartState['reconciliation']['findings'];
    notes(): readonly string[];
  };
};

export function inventoryControl(options: InventoryControlOptions) {
  const { verifier, chain, clock } = options;
  return {
    health: () => inventoryHealth(options),
    state: () => inventoryState(options),
    startingReasons: ['inventory_missing', 'salt_unknown', 'lanes_not_open'],
    isPaused: () => verifier.state().paused,
    pause: () => verifier.pause(),
    resume: () => verifier.resume(),
    async refresh() {
      const failure = await verifier.refresh();
      return failure === null ? null : `${failure.reason}: ${failure.detail}`;
    },
    desk: options.reservationDesk,
    reservations: () => reservationsView(options.book),
    acceptChain: (by: string) => chain.accept(momentOf(clock), by),
  };
}

function inventoryHealth(options: InventoryControlOptions): PartHealth {
  const { verifier, book, laneManager, gates, background, settings } = options;
  const polled = verifier.health();
  const reasons = [...gates.now(), ...polled.reasons.filter((reason) => !gates.covers(reason))];
  const notes = polled.notes.filter((note) => !gates.covers(note));
  const capital = book.breach() === null ? [] : ['capital_breach'];
  const salt = laneManager.salts() === null ? ['salt_unknown'] : [];
  // Spendable balance but no open lane: every request would be rejected with `lane_ceiling`.
  const unopened = assetIdsOf(settings.pair).some((asset) => quotableUnits(book, asset) > 0n && !book.hasLane(asset));
  const stranded = strandedIn(options).length > 0 ? ['balance_stranded'] : [];
  const reserved = book.reservations().some(({ end }) => end === null) ? ['withdrawal_reserved'] : [];
  return partHealth(
    [...reasons, ...capital, ...salt, ...(unopened ? ['lanes_not_open'] : [])],
    [...notes, ...stranded, ...reserved, ...background.notes()],
  );
}

/** What lanes share: what is spendable without the reservations that wait. */
function quotableUnits(book: InventoryControlOptions['book'], asset: AssetId): bigint {
  let units: bigint = book.capital(asset)?.spendableUnits ?? 0n;
  for (const reservation of book.reservations()) {
    if (reservation.asset === asset && isWaiting(reservation)) units -= reservation.amountUnits;
  }
  return units;
}

/** Of the balance that decisions are made on, as they measure it; null before the first since the start. */
export function inventoryAgeMs({
  book,
  clock,
}: Pick<InventoryControlOptions, 'clock'> & { readonly book: Pick<Book, 'readAtUs'> }): number | null {
  const now = momentOf(clock);
  const readAtUs = book.readAtUs();
  return readAtUs === null ? null : ageMs(readAtUs, now);
}

/** Balances under known ids that are not traded. */
function strandedIn({ verifier }: Pick<InventoryControlOptions, 'verifier'>): InventoryPartState['stranded'] {
  const stranded = verifier.lastSnapshot()?.stranded ?? {};
  return KNOWN_ASSETS.flatMap(({ id, symbol, bridge }) => {
    const units = stranded[id] ?? 0n;
    return units > 0n ? [{ asset: id, symbol, bridge, credited: units.toString() }] : [];
  });
}

function inventoryState(options: InventoryControlOptions): OwnState<InventoryPartState> {
  const { book, verifier, settings, background } = options;
  const state = verifier.state();
  const balance = book.inventory('BTC->EURe');
  const snapshot = verifier.lastSnapshot();
  const breach = options.breach();
  return {
    ...inventoryHealth(options),
    paused: state.paused,
    account_id: settings.config.account,
    last_sync_at: isoTimeOrNull(balance?.readAtMs ?? null),
    age_ms: inventoryAgeMs(options),
    max_age_ms: options.switches.limits.inventoryMaxAgeMs,
    block_height: balance?.blockHeight ?? null,
    assets: snapshot === null ? {} : shownAssets(options),
    stranded: strandedIn(options),
    reconciliation: {
      status: snapshot === null ? 'unknown' : breach === null ? 'ok' : 'breach',
      code: breach?.code ?? null,
      note: breach?.detail ?? null,
      findings: background.findings(),
    },
    funding: background.funding(),
    reservations: reservationsView(book),
    lanes: book.nonces().map((nonce) => ({
      asset: nonce.asset,
      lane: nonce.lane,
      nonce: nonce.nonce,
      nonce_deadline: isoTime(nonce.nonceDeadlineAtMs),
      ceiling: nonce.ceilingUnits.toString(),
      reserved: nonce.reservedUnits.toString(),
      live_quotes: nonce.liveQuotes,
      current: nonce.current,
      draining: nonce.draining,
      used: nonce.used,
    })),
    poll: state,
  };
}

function shownAssets({ book, background, settings }: InventoryControlOptions): InventoryPartState['assets'] {
  const shown: InventoryPartState['assets'] = {};
  for (const id of assetIdsOf(settings.pair)) {
    const underWay = background.underWay(id);
    const { [id]: asset } = assetsOf(settings.pair, book, () => underWay);
    if (asset === undefined) continue;
    shown[id] = { ...asset, pre_credit_inbound: underWay.preCreditInboundUnits?.toString() ?? null };
  }
  return shown;
}
