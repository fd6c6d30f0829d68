// What /internal/health says beyond the health of each part. What cannot be read is left out, or is a loop that fails: /state, which
// reads the same, has its error in the log.

import { PART_NAMES } from '../../../contracts/control/engine-state.ts';
import type { InternalFields } from '../../../contracts/control/internal-health.ts';
import { CHECK_FAILED } from '../../../contracts/runtime/process/health/health.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import type { EngineControl } from '../engine-control.ts';
import type { Parts } from '../parts.ts';

/** It runs several times a second. */
const HOUSEKEEPING_LATE_US = 5_000_000;

export type InternalSources = {
  readonly control: Pick<EngineControl, (typeof PART_NAMES)[number]>;
  readonly parts: {
    readonly clock: Pick<Parts['clock'], 'elapsedUs'>;
    readonly housekeeping: Pick<Parts['housekeeping'], 'at'>;
    readonly journal: Pick<Parts['journal'], 'ownsFiles'>;
    readonly book: Pick<Parts['book'], 'block' | 'capital'>;
    readonly settings: { readonly pair: Parts['settings']['pair'] };
    readonly relay: { state(): { readonly connected: boolean; readonly subscribed: boolean } };
  };
};

export function internalFields(sources: InternalSources): InternalFields {
  const { parts } = sources;
  const capitalNow = readable(() => capital(sources));
  const venueNow = readable(() => venue(sources));
  return {
    loops: loops(sources),
    lock: { held: parts.journal.ownsFiles },
    ...(capitalNow === null ? {} : { capital: capitalNow }),
    ...(venueNow === null ? {} : { venue: venueNow }),
  };
}

function readable<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const UNREADABLE = { last_success_at: null, healthy: false, blocked_by: CHECK_FAILED.reasons } as const;

function loops({ control, parts }: InternalSources): Required<InternalFields>['loops'] {
  const ofParts = PART_NAMES.map((part) => {
    const name: string = part;
    const { last_success_at, healthy, blocked_by } = readable(() => control[part].state()) ?? UNREADABLE;
    return { name, last_run_at: last_success_at, healthy, blocked_by };
  });
  const last = parts.housekeeping.at();
  const isRunning = last !== null && parts.clock.elapsedUs() - last.nowUs <= HOUSEKEEPING_LATE_US;
  const housekeeping = { last_run_at: isoTimeOrNull(last?.nowMs ?? null), healthy: isRunning, blocked_by: [] };
  return [...ofParts, { name: 'housekeeping', ...housekeeping }];
}

function capital({ parts }: InternalSources): Required<InternalFields>['capital'] {
  const { book, settings } = parts;
  if (book.block() === null) return [];
  return [settings.pair.btc.id, settings.pair.eure.id].flatMap((asset) => {
    const units = book.capital(asset);
    if (units === null) return [];
    const { creditedUnits, reservedForOrdersUnits, reservedForPositionsUnits } = units;
    return [
      {
        asset,
        credited: creditedUnits.toString(),
        spendable: units.spendableUnits.toString(),
        allocated: units.allocatedUnits.toString(),
        reserved_for_orders: reservedForOrdersUnits.toString(),
        reserved_for_positions: reservedForPositionsUnits.toString(),
        realized_pnl: units.realizedUnits.toString(),
        holds: creditedUnits - reservedForOrdersUnits - reservedForPositionsUnits >= 0n,
      },
    ];
  });
}

function venue({ control, parts }: InternalSources): Required<InternalFields>['venue'] {
  const { connected, subscribed } = parts.relay.state();
  const inventory = control.inventory.state();
  return {
    relay_connected: connected,
    relay_subscribed: subscribed,
    relay_last_frame_at: control.ingest.state().connection.last_frame_at,
    verifier_connected: inventory.connected === true,
    verifier_endpoint: inventory.poll.rpc.endpoint,
    block_height: inventory.block_height,
    key_registered: inventory.poll.key_registered,
    account_locked: inventory.poll.account_locked,
  };
}
