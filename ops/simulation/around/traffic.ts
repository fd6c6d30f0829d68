// Who asks and who takes: requests of both directions and both kinds, of sizes that are and are not served, now and then of other
// pairs and of shapes that should not be, and users who take some of the answers sooner or later.

import { BTC, EURE } from '../../../contracts/assets.ts';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { Random } from '../machine/random.ts';
import type { Asked } from '../model/sent.ts';
import { PARTNERS } from '../setting.ts';
import type { Sim } from '../sim.ts';

/** Of a machine that answers slowly. */
const SLOW_US = 1_000;
/** Readings of the clock within the window of a request, at most: an answer takes some. */
const READINGS_MAX = 12;
/** Requests that are kept: those of a minute or two. */
const LATELY = 40;
/** Value of a request that nothing is wrong with, in cents of a EUR. */
const PLAIN_CENTS = [60, 90] as const;
const OTHER = 'nep141:wrap.near';
const OTHER_BTC = 'nep141:nbtc.bridge.near';

type AskOptions = Parameters<Sim['world']['relay']['ask']>[1];
type Fields = Record<string, unknown> & { quote_id: string };

/** Value of a request, in cents of a EUR. */
function cents(random: Random): number {
  if (random.chance(1, 40)) return 0;
  if (random.chance(1, 12)) return random.between(500, 40_000);
  return random.between(20, 520);
}

/** Both assets and one amount. @param value in cents of a EUR */
function terms(random: Random, value: number): Record<string, unknown> {
  const isBtcIn = random.chance(1, 2);
  const [assetIn, assetOut] = isBtcIn ? [BTC.id, EURE.id] : [EURE.id, BTC.id];
  const fixesIn = random.chance(1, 2);
  const isBtc = fixesIn === isBtcIn;
  // At some 39,000 EUR; of nothing one unit is left, which the other side rounds to zero.
  const units = isBtc ? (BigInt(value) * 10_000n) / 389n || 1n : BigInt(value) * 10n ** 16n || 1n;
  return {
    defuse_asset_identifier_in: assetIn,
    defuse_asset_identifier_out: assetOut,
    [fixesIn ? 'exact_amount_in' : 'exact_amount_out']: String(units),
  };
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

export type Plain = {
  /** Left out: nobody takes it. */
  readonly takeAfterMs?: number;
  readonly maxWaitMs?: number;
};

export type Traffic = {
  /** One more request. */
  ask(): void;
  /** Requests for the same amounts, one a call, that an engine answers if nothing is against it. A call gives the quote id. */
  alike(): (plain?: Plain) => string;
  /** Of a request that a machine as slow as this one may be too late for. */
  shortWindowMs(): number;
  /** Newest requests of `ask` and `alike`. */
  lately(): readonly QuoteRequest[];
  /** As a relay that was not heard. */
  again(requests: readonly QuoteRequest[]): void;
  asked(): number;
};

export function createTraffic(sim: Sim): Traffic {
  const random = sim.random('traffic');
  let asked = 0;
  const lately: QuoteRequest[] = [];

  function fieldsOf(): Fields {
    asked += 1;
    const fields: Fields = {
      quote_id: `${random.hex(8)}-${asked}`,
      ...terms(random, cents(random)),
      min_deadline_ms: random.pick([60_000, 60_000, 30_000, 20_000]),
      min_wait_ms: random.pick([0, 500, 1900]),
      max_wait_ms: random.pick([3000, 2000, 5000]),
    };
    // A slow machine meets windows that are short for it: over before the request is read, before the answer has left, or in time.
    if (sim.readingUs > SLOW_US && random.chance(1, 2)) fields['max_wait_ms'] = shortWindowMs();
    return random.chance(1, 12) ? odd(random, fields) : fields;
  }

  const shortWindowMs = (): number => Math.ceil((random.between(1, READINGS_MAX) * sim.readingUs) / 1_000);

  /** Taken within the life of an answer, mostly soon. */
  const takenAfter = (): number | undefined => {
    if (!random.chance(1, 7)) return undefined;
    return random.chance(2, 3) ? random.between(500, 6_000) : random.between(6_000, 68_000);
  };

  function send(request: QuoteRequest, partnerId: string | null, options: AskOptions): void {
    sim.model.answers.asked(askedOf(request, partnerId));
    sim.world.relay.ask(request, options);
    lately.push(request);
    if (lately.length > LATELY) lately.shift();
  }

  return {
    asked: () => asked,
    shortWindowMs,
    lately: () => [...lately],
    again(requests) {
      const [partner_id] = PARTNERS;
      for (const request of requests) send(request, partner_id, { shape: 'event', metadata: { partner_id } });
    },
    alike() {
      const fields = { ...terms(random, random.between(...PLAIN_CENTS)), min_deadline_ms: 60_000, min_wait_ms: 0 };
      return ({ maxWaitMs, ...plain } = {}) => {
        asked += 1;
        const quote_id = `${random.hex(8)}-${asked}`;
        const request = { ...fields, quote_id, max_wait_ms: maxWaitMs ?? 5_000 } as unknown as QuoteRequest;
        const metadata = { partner_id: PARTNERS[0] };
        send(request, metadata.partner_id, { shape: 'event', metadata, ...plain });
        return request.quote_id;
      };
    },
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
      send(request, partnerId, { shape, ...metadata, ...(takeAfterMs === undefined ? {} : { takeAfterMs }) });
      // The same once more under another id: the amounts do not say which of them settles.
      if (!random.chance(1, 10)) return;
      asked += 1;
      const twin = { ...request, quote_id: `${random.hex(8)}-${asked}` };
      sim.later(random.between(50, 2_500), () => {
        send(twin, null, { shape, ...(random.chance(1, 4) ? { takeAfterMs: 3_000 } : {}) });
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
