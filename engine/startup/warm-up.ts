// Runs made-up quotes through a loop of the same code before the first real one, so that this meets compiled code, filled caches
// and a ready key object: a cold turn takes several times as long as a warm one. Nothing of it touches the real parts: book, key,
// journal and relay are stand-ins that end with the call.

import { priceE8, units } from '../../contracts/amounts.ts';
import type { Pair } from '../../contracts/assets.ts';
import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { partitionOf } from '../../contracts/runtime/kafka/partition.ts';
import { createRender } from '../bus/render/render.ts';
import { createAnswerTimes } from '../executor/answer-times.ts';
import { createExecutor } from '../executor/executor.ts';
import { createReplies } from '../executor/replies.ts';
import { createThrowAwaySigner } from '../executor/sign.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { OtherIds } from '../ingest/other-ids.ts';
import { createPairFilter, filterOf } from '../ingest/pair-filter.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { frameOf } from '../journal/codec.ts';
import { momentOf } from '../lib/moment.ts';
import { createEventIds } from '../lib/uuid.ts';
import { createLoop } from '../loop.ts';
import type { Fact } from '../model/facts.ts';
import type { Random } from '../model/ports.ts';
import type { Limits, Moment, PriceView, ReceivedFrame } from '../model/values.ts';
import { Breaker } from '../safety/breaker/breaker.ts';
import { Exposure } from '../safety/breaker/exposure.ts';
import { createSigningRoom } from '../safety/breaker/signing-room.ts';
import { createRecorder } from '../turn/recorder.ts';
import { createShadow } from '../turn/shadow.ts';
import { rehearsalSteering } from '../turn/steering.ts';

/** Enough for the optimising compiler: later thousands gain nothing (measured on Bun 1.4.5). */
const QUOTES = 3000;
const SALT = '00000000';
const LEVEL = { priceE8: priceE8(4_000_000_000_000n), quantityE8: 1_000_000_000_000n };

export type RehearsalOptions = {
  readonly pair: Pair;
  readonly clock: Clock;
  readonly random: Random;
  readonly account: AccountId;
  readonly verifier: string;
  readonly limits: Limits;
};

/** More than 3000 quotes of a few cents can be worth. */
const UNLIMITED = { minuteE18: 10n ** 30n, dayE18: 10n ** 30n, failuresInRow: QUOTES };

/**
 * Encodes as the real journal does, and renders what goes to Kafka of it, which in use follows within the same turns. Writes and
 * sends nothing.
 */
function rehearsalJournal(account: AccountId) {
  const render = createRender(account, partitionOf);
  return {
    failure: null,
    append(fact: Fact) {
      frameOf(fact, 1, 0);
      render(fact);
      return 1;
    },
  };
}

const fail = (error: unknown): never => {
  throw error instanceof Error ? error : new Error(JSON.stringify(error));
};

const arrived = (clock: Clock, text: string): ReceivedFrame => ({
  text,
  receivedAtMs: clock.nowMs(),
  receivedElapsedUs: clock.elapsedUs(),
  connectionId: 'rehearsal',
});

/** @returns how many answers it made; fewer than asked for would mean that the rehearsal does not rehearse */
export function rehearse({ pair, clock, random, account, verifier, limits }: RehearsalOptions): number {
  let answers = 0;
  let requestId = 0;
  const price: PriceView = {
    priceId: 'rehearsal',
    source: 'kraken',
    bids: [LEVEL],
    asks: [LEVEL],
    hasDepth: true,
    asOfMs: Number.MAX_SAFE_INTEGER,
    asOfUs: Number.MAX_SAFE_INTEGER,
    heardAtUs: Number.MAX_SAFE_INTEGER,
    maxAgeMs: 0,
    paused: false,
    tradable: true,
    divergencePctE4: null,
    basisKind: 'par',
    eurPerEureE8: 100_000_000n,
    kraken: null,
    coingecko: null,
  };
  const book = fundedBook({ pair, now: momentOf(clock), quoteLifetimeMaxMs: limits.quoteLifetimeMaxMs, random });
  const breaker = new Breaker({ exposure: new Exposure(), limits: UNLIMITED, onTrip: fail, onFilled: () => {} });
  const loop = createLoop({
    clock,
    pair,
    recorder: createRecorder({ journal: rehearsalJournal(account), book, breaker, onBreach: fail, onFault: fail }),
    newEventId: createEventIds((bytes) => random.fill(bytes)),
    pairFilter: createPairFilter(filterOf('all', pair)),
    otherIds: new OtherIds(pair),
    decided: createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) }),
    price: () => price,
    book,
    signingRoom: createSigningRoom(breaker, []),
    shadow: createShadow({ book, breaker, armings: [], quoteLifetimeMaxMs: limits.quoteLifetimeMaxMs }),
    answerTimes: createAnswerTimes(),
    executor: createExecutor(account, verifier, createThrowAwaySigner()),
    replies: createReplies(),
    steering: rehearsalSteering({ ...limits, inventoryMaxAgeMs: Number.MAX_SAFE_INTEGER, partners: [] }),
    emit: () => {},
    onFault: fail,
    verifier,
    relay: {
      nextId: () => ++requestId,
      send(text) {
        answers += text.length > 0 ? 1 : 0;
        return true;
      },
      onReply: () => false,
      heard: () => {},
      taken: () => {},
    },
    later: () => {},
    stamped: () => {},
    onOurStatus: () => {},
    pendingInbound: () => null,
  });
  for (let quote = 0; quote < QUOTES; quote++) {
    loop.onFrame(arrived(clock, requestOf(pair, quote)));
    loop.onFrame(arrived(clock, `{"jsonrpc":"2.0","id":${quote + 1},"result":"OK"}`));
  }
  return answers;
}

/** All four kinds of request in turn. Tiny amounts pass whatever the maximum notional is. */
function requestOf({ btc, eure }: Pair, quote: number): string {
  const paysEure = quote % 2 === 0;
  const exactIn = quote % 4 < 2;
  const [assetIn, assetOut] = paysEure ? [btc.id, eure.id] : [eure.id, btc.id];
  const fixed = exactIn === paysEure ? '100' : '40000000000000000';
  const side = exactIn ? 'exact_amount_in' : 'exact_amount_out';
  return `{"jsonrpc":"2.0","method":"event","params":{"subscription":"rehearsal","data":{"quote_id":"rehearsal-${quote}","defuse_asset_identifier_in":"${assetIn}","defuse_asset_identifier_out":"${assetOut}","${side}":"${fixed}","min_deadline_ms":1000,"min_wait_ms":1900,"max_wait_ms":60000},"metadata":{"partner_id":"rehearsal"}}}`;
}

type Funding = {
  readonly pair: Pair;
  readonly now: Moment;
  readonly quoteLifetimeMaxMs: number;
  readonly random: Random;
};

function fundedBook({ pair, now, quoteLifetimeMaxMs, random }: Funding) {
  const { nowMs, nowUs } = now;
  const book = createBook({ lanes: 4, pair, quoteLifetimeMaxMs, beganUs: nowUs });
  const credited = { [pair.btc.id]: units(10n ** 12n), [pair.eure.id]: units(10n ** 24n) };
  const snapshot = {
    block: { height: 1, hash: 'rehearsal', timeMs: nowMs },
    readAtMs: nowMs,
    readAtUs: nowUs,
    confirmed: true,
    confirmedTimeMs: nowMs,
    credited,
    nonces: [],
    invalidSalts: [],
    transactions: [],
  };
  for (const fact of book.observe(snapshot, nowMs, () => 'rehearsal').facts) book.apply(fact);
  const salts = { current: SALT, invalid: [] };
  const randomBytes = (): Uint8Array => {
    const bytes = new Uint8Array(15);
    random.fill(bytes);
    return bytes;
  };
  const plan = book.housekeeping(nowMs, salts, randomBytes);
  for (const fact of [...plan.immediate, ...plan.durableFirst]) book.apply(fact);
  return book;
}
