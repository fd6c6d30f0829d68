// Who asks and who takes: requests of both directions and both kinds, of sizes that are and are not served, now and then of other
// pairs and of shapes that should not be, and users who take some of the answers sooner or later.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { Random } from '../machine/random.ts';
import type { Asked } from '../model/model.ts';
import { PARTNERS } from '../setting.ts';
import type { Sim } from '../sim.ts';

/** Of a machine that answers slowly. */
const SLOW_US = 1_000;
const OTHER = 'nep141:wrap.near';
const OTHER_BTC = 'nep141:nbtc.bridge.near';

type Fields = Record<string, unknown> & { quote_id: string };

/** Value of a request, in cents of a EUR. */
function cents(random: Random): number {
  if (random.chance(1, 40)) return 0;
  if (random.chance(1, 12)) return random.between(500, 40_000);
  return random.between(20, 520);
}

function amounts(random: Random, isBtcIn: boolean): Record<string, unknown> {
  const value = cents(random);
  const fixesIn = random.chance(1, 2);
  const isBtc = fixesIn === isBtcIn;
  // At some 39,000 EUR; of nothing one unit is left, which the other side rounds to zero.
  const units = isBtc ? (BigInt(value) * 10_000n) / 389n || 1n : BigInt(value) * 10n ** 16n || 1n;
  return fixesIn ? { exact_amount_in: String(units) } : { exact_amount_out: String(units) };
}

/** What should not be asked. */
function odd(random: Random, fields: Fields): Fields {
  switch (random.below(6)) {
    case 0:
      return { ...fields, exact_amount_in: '10000', exact_amount_out: '10000' };
    case 1:
      return { ...fields, exact_amount_in: undefined, exact_amount_out: undefined };
    case 2:
      return { ...fields, min_deadline_ms: random.between(66_000, 900_000) };
    case 3:
      return { ...fields, max_wait_ms: random.between(1, 40) };
    case 4:
      return { ...fields, defuse_asset_identifier_in: OTHER };
    default:
      return { ...fields, [`defuse_asset_identifier_${random.pick(['in', 'out'])}`]: OTHER_BTC };
  }
}

export type Traffic = {
  /** One more request. */
  ask(): void;
  asked(): number;
};

export function createTraffic(sim: Sim): Traffic {
  const random = sim.random('traffic');
  let asked = 0;

  function fieldsOf(): Fields {
    const isBtcIn = random.chance(1, 2);
    asked += 1;
    const fields: Fields = {
      quote_id: `${random.hex(8)}-${asked}`,
      defuse_asset_identifier_in: isBtcIn ? BTC.id : EURE.id,
      defuse_asset_identifier_out: isBtcIn ? EURE.id : BTC.id,
      ...amounts(random, isBtcIn),
      min_deadline_ms: random.pick([60_000, 60_000, 30_000, 20_000]),
      min_wait_ms: random.pick([0, 500, 1900]),
      max_wait_ms: random.pick([3000, 2000, 5000]),
    };
    // A slow machine meets short windows.
    if (sim.readingUs > SLOW_US && random.chance(1, 2)) fields['max_wait_ms'] = random.between(20, 120);
    return random.chance(1, 12) ? odd(random, fields) : fields;
  }

  /** Taken within the life of an answer, mostly soon. */
  const takenAfter = (): number | undefined => {
    if (!random.chance(1, 7)) return undefined;
    return random.chance(2, 3) ? random.between(500, 6_000) : random.between(6_000, 68_000);
  };

  return {
    asked: () => asked,
    ask() {
      const fields = fieldsOf();
      const request = fields as unknown as QuoteRequest;
      const partner_id = random.pick([...PARTNERS, 'somebody']);
      // Some were on their way for long.
      const late = random.chance(1, 40)
        ? { quote_timestamp: sim.machine.schedule.nowMs - random.between(2_000, 9_000) }
        : {};
      const metadata = random.chance(2, 3) ? { metadata: { partner_id, ...late } } : {};
      const takeAfterMs = takenAfter();
      const shape = random.pick(['event', 'event', 'subscribe'] as const);
      const partnerId = shape === 'event' && 'metadata' in metadata ? partner_id : null;
      sim.model.asked(askedOf(request, partnerId));
      sim.world.relay.ask(request, { shape, ...metadata, ...(takeAfterMs === undefined ? {} : { takeAfterMs }) });
      // The same once more under another id: the amounts do not say which of them settles.
      if (!random.chance(1, 10)) return;
      asked += 1;
      const twin = { ...request, quote_id: `${random.hex(8)}-${asked}` };
      sim.later(random.between(50, 2_500), () => {
        sim.model.asked(askedOf(twin, null));
        sim.world.relay.ask(twin, { shape, ...(random.chance(1, 4) ? { takeAfterMs: 3_000 } : {}) });
      });
    },
  };
}

/** A request as the model takes it. */
export function askedOf(request: QuoteRequest, partnerId: string | null): Asked {
  const unitsOf = (text: unknown): bigint | null => (typeof text === 'string' ? BigInt(text) : null);
  return {
    quoteId: request.quote_id,
    assetIn: request.defuse_asset_identifier_in,
    assetOut: request.defuse_asset_identifier_out,
    exactIn: unitsOf(request.exact_amount_in),
    exactOut: unitsOf(request.exact_amount_out),
    minDeadlineMs: request.min_deadline_ms,
    partnerId,
  };
}

/** Requests at the rate of the venue: some minutes busy, some quiet. */
export function startTraffic(sim: Sim, traffic: Traffic, perMinute: number): void {
  const random = sim.random('pace');
  let pace = perMinute;
  const next = (): void => {
    if (sim.isCalm) return;
    traffic.ask();
    if (random.chance(1, 30)) pace = random.pick([perMinute / 3, perMinute, perMinute, perMinute * 3]);
    sim.later(random.around(60_000 / pace), next);
  };
  sim.later(5_000, next);
}
