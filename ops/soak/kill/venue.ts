// The venue of a kill run, in the process of the run itself, so that the order of what happens there is known: asks at a
// steady rate, takes quotes, holds acknowledgements back, and keeps every event in the order in which it came about.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { foreignStatus } from '../../sim/relay/foreign-status.ts';
import { statusFrame } from '../../sim/relay/frames.ts';
import type { Answer } from '../../sim/relay/records.ts';
import type { Prng } from '../../sim/tape/prng.ts';
import { accountOf } from '../../sim/verifier/state.ts';
import { startWorld, type World } from '../../sim/world.ts';
import { waitFor } from '../../testing/wait.ts';
import type { VenueEvent } from './exposure.ts';
import { type KillRequest, killRequest } from './requests.ts';

export type VenueOptions = {
  readonly accountId: string;
  readonly publicKey: string;
  readonly balances: Readonly<Record<string, bigint>>;
  readonly ratePerS: number;
  /** Every so many quotes one is taken. */
  readonly takeEvery: number;
  readonly prng: Prng;
};

export type Venue = {
  readonly world: World;
  /** In order, with what the verifier has seen used by now. */
  readonly events: readonly VenueEvent[];
  /** Every quote that was asked, by id. */
  readonly asked: ReadonlyMap<string, KillRequest>;
  /** Quotes that were settled. */
  readonly settled: ReadonlySet<string>;
  answers(): readonly Answer[];
  /** Asks so many, or as long as the condition holds, at the steady rate, and takes some on the way. */
  ask(count: number, goOn?: () => boolean): Promise<void>;
  /** A trade of another solver, which every subscriber hears of. */
  tellForeignTrade(): void;
  /** Asks these once more, as a relay does that was not heard. */
  askAgain(quoteIds: readonly string[]): void;
  /** Settles one of these answers that pays the asset and can still settle; false when there is none. */
  take(from: readonly Answer[], assetOut: string): boolean;
  close(): Promise<void>;
};

const ASSETS = [BTC.id, EURE.id] as const;
/** Only lately answered quotes are taken, as a user does. */
const TAKEN_FROM_LAST = 30;
const TICK_MS = 4;
/** Kraken's book does not change in between: a price that is not confirmed for long stops the engine. */
const STIR_MS = 500;
const GONE_LIMIT_MS = 10_000;

export function startVenue(options: VenueOptions): Venue {
  const { accountId, publicKey, balances, ratePerS, takeEvery, prng } = options;
  const world = startWorld({ account: { accountId, publicKey }, balances, stirMs: STIR_MS });
  world.chain.mine(3);
  const asked = new Map<string, KillRequest>();
  const events: VenueEvent[] = [];
  const settled = new Set<string>();
  let nextIndex = 0;
  let takes = 0;

  const nonces = followNonces(world, accountId, events);

  world.relay.onAnswer((answer) => {
    nonces.noteUsed();
    const request = asked.get(answer.quoteId);
    const { nonceHex, amountOutUnits, deadlineNs } = answer;
    // What cannot be read far enough cannot settle either; that there is none of it is checked on the answers themselves.
    if (request === undefined || nonceHex === null || amountOutUnits === null || deadlineNs === null) return;
    nonces.open(nonceHex);
    events.push({
      kind: 'answered',
      atMs: answer.receivedAtMs,
      quoteId: answer.quoteId,
      nonceHex,
      assetOut: request.assetOut,
      amountOutUnits,
      deadlineMs: Number(deadlineNs / 1_000_000n),
    });
  });

  const take = (from: readonly Answer[], assetOut: string): boolean => {
    nonces.noteUsed();
    const nowMs = Date.now();
    const candidates = from.filter(
      ({ quoteId, verdict, nonceHex, deadlineNs }) =>
        verdict === 'accepted' &&
        asked.get(quoteId)?.assetOut === assetOut &&
        nonceHex !== null &&
        !nonces.isUsed(nonceHex) &&
        (deadlineNs ?? 0n) / 1_000_000n > nowMs,
    );
    const chosen = candidates[prng.below(Math.max(1, candidates.length))];
    if (chosen === undefined) return false;
    const settlement = world.relay.takeNow(chosen.quoteId);
    const nonceHex = chosen.nonceHex ?? '';
    if (settlement?.ok !== true) throw new Error(`${chosen.quoteId} was not settled: ${settlement?.reason}`);
    settled.add(chosen.quoteId);
    nonces.use(nonceHex, settlement.settledAtMs);
    return true;
  };

  const askNext = (): void => {
    const made = killRequest(accountId, nextIndex, prng);
    nextIndex += 1;
    asked.set(made.request.quote_id, made);
    world.relay.ask(made.request, { shape: prng.pick(['event', 'subscribe']) });
    if (nextIndex % takeEvery !== 0) return;
    // One asset, then the other, so that the balances stay about as they are.
    const assetOut = ASSETS[takes % 2] ?? BTC.id;
    if (take(world.relay.answers().slice(-TAKEN_FROM_LAST), assetOut)) takes += 1;
  };

  return {
    world,
    get events() {
      nonces.noteUsed();
      return events;
    },
    asked,
    settled,
    answers: () => world.relay.answers(),
    tellForeignTrade: () => world.relay.sendRaw(statusFrame('subscribe', foreignStatus(), '')),
    askAgain(quoteIds) {
      for (const quoteId of quoteIds) {
        const made = asked.get(quoteId);
        if (made !== undefined) world.relay.ask(made.request, { shape: 'event' });
      }
    },
    take,
    async ask(count, goOn = () => true) {
      const startMs = performance.now();
      for (let sent = 0; sent < count && goOn(); sent++) {
        while (performance.now() - startMs < (sent * 1000) / ratePerS) await Bun.sleep(TICK_MS);
        askNext();
      }
    },
    async close() {
      await world.close();
    },
  };
}

/** The nonces of the answers, and which of them the verifier has seen used: by a settlement, or by a pull, which exposes no more. */
function followNonces(world: World, accountId: string, events: VenueEvent[]) {
  const open = new Set<string>();
  const used = new Set<string>();
  const accountNow = () => accountOf(world.chain.state(), accountId);
  const use = (nonceHex: string, atMs: number): void => {
    const { balances } = accountNow();
    open.delete(nonceHex);
    used.add(nonceHex);
    const held = Object.fromEntries(ASSETS.map((asset) => [asset, balances.get(asset) ?? 0n]));
    events.push({ kind: 'settled', atMs, nonceHex, balances: held });
  };
  return {
    open: (nonceHex: string) => void open.add(nonceHex),
    isUsed: (nonceHex: string) => used.has(nonceHex),
    use,
    noteUsed(): void {
      const { usedNonces } = accountNow();
      for (const nonceHex of open) if (usedNonces.has(nonceHex) && !used.has(nonceHex)) use(nonceHex, Date.now());
    },
  };
}

/** Resolves when nobody is connected to the relay any more: what was on its way has then arrived. */
export async function untilGone(world: World): Promise<void> {
  await waitFor(() => world.relay.clients() === 0, { what: 'the relay to lose its client', limitMs: GONE_LIMIT_MS });
}
