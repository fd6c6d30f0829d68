// Takes withdrawals, and brings each that is not over one step further at a time: reserve, publish, find its transaction, follow it
// over the bridge. Each step begins from what is on disk, so that a kill between two of them repeats a step that can be repeated.

import type { Asset } from '../../../contracts/assets.ts';
import type { WithdrawalAnswer, WithdrawalBody, WithdrawalQuote } from '../../../contracts/control/withdrawals.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import { within } from '../../../contracts/runtime/wait.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import { ofKind } from '../actions/book.ts';
import type { Context } from '../actions/context.ts';
import { isOver, keyOf, noted, type Tracked } from '../actions/tracked.ts';
import type { Bridge, BridgeName, WithdrawalCost } from '../bridges/bridge.ts';
import type { Ledger } from '../store/ledger.ts';
import {
  type Asked,
  bridgeRefusal,
  judgeCost,
  judgeSigned,
  type Refusal,
  type Rules,
  readAsked,
  refusal,
} from './checks.ts';
import type { Reserver } from './engine.ts';
import type { OutsideReader, Shown } from './outside.ts';
import type { Publisher } from './relay.ts';
import {
  burned,
  depositAfter,
  failed,
  followedOutside,
  held,
  notPriced,
  priced,
  published,
  reserved,
  withdrawalOrdered,
  withdrawalRefused,
} from './steps.ts';
import type { NonceReader } from './verifier.ts';

export type DeskOptions = {
  readonly ledger: Ledger;
  readonly bridges: readonly Bridge[];
  readonly rules: () => Rules;
  readonly verifier: string;
  readonly reserver: Reserver;
  readonly publisher: Publisher;
  readonly nonces: NonceReader;
  readonly outside: OutsideReader;
  readonly context: () => Context;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly pollMs: number;
};

export type Taken = { readonly ok: true; readonly answer: WithdrawalAnswer } | Refusal;

/** The control API answers within 15 s. */
const ANSWER_MS = 5_000;
/** Behind a block, and room for its execution. */
const PUBLISH_MARGIN_MS = 20_000;
/** Of one withdrawal in one round: reserve, price, publish, find, follow, and room. */
const STEPS_MAX = 8;
const FORGOTTEN =
  'the verifier may have forgotten whether its nonce was used, and too few nodes of NEAR_RPC_URL show the blocks just after its deadline: archival nodes do, two of them or a single one';
/** While one waits to be reserved or published, a person waits as well. */
const HURRY_MS = 1_000;

export class WithdrawalDesk {
  readonly #options: DeskOptions;
  #stopTimer: () => void = () => undefined;
  #round: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer();
    this.#options.publisher.close();
    this.#options.nonces.close();
    this.#options.outside.close();
    await this.#round;
  }

  /** Checks a request and, when it is signed, takes it. */
  async take(body: WithdrawalBody): Promise<Taken> {
    const { ledger, rules, context } = this.#options;
    const known = this.#find(body.withdrawal_id);
    if (known !== null) return this.#again(known, body);
    const read = readAsked(body, rules());
    if (!read.ok) return this.#refuse(body, null, read);
    const { asked } = read;
    const bridge = this.#bridgeOf(asked.asset);
    const cost = await bridge.withdrawalCost(asked.asset, asked.amountUnits, asked.destination);
    if (!cost.ok) return this.#refuse(body, asked, bridgeRefusal(cost));
    const unfit = judgeCost(asked, cost.value) ?? this.#judgeSigned(asked);
    if (unfit !== null) return this.#refuse(body, asked, unfit);
    const quote = quoteOf(asked, cost.value);
    const { withdrawalId, signed } = asked;
    if (signed === null) return { ok: true, answer: { withdrawal_id: withdrawalId, quote, action: null } };
    // What was true before the bridge was asked need not be any more.
    if (rules().isFrozen) return this.#refuse(body, asked, refusal('withdrawals_frozen', 'it was frozen meanwhile'));
    const twin = this.#find(withdrawalId);
    if (twin !== null) return this.#again(twin, body);
    // Executed once, it would be on record twice.
    const same = ofKind(ledger.book, 'withdrawal').find(({ action }) => action.intent_hash === signed.intent_hash);
    if (same !== undefined)
      return refusal('payload_differs', `the payload is that of the withdrawal ${same.action.liquidity_action_id}`);
    const alike = body.again === true ? null : this.#alike(asked);
    if (alike !== null) return this.#refuse(body, asked, refusal('alike_under_way', `it is ${alike}`));
    const ordered = withdrawalOrdered(
      ledger.book,
      { asked, signed, feeUnits: cost.value.feeUnits },
      (name, chain) => this.#targetOf(name, chain),
      context(),
    );
    if (!ledger.commit(ordered)) return refusal('publish_refused', 'the state cannot be written, so nothing was done');
    if (this.#find(withdrawalId) === null)
      return refusal('publish_refused', 'too many withdrawals are under way, so nothing was done');
    // Who asked is answered in time; what is not done by then goes on.
    await within(this.#options.clock, this.follow(), ANSWER_MS);
    const now = this.#find(withdrawalId);
    if (now !== null && now.action.status === 'failed')
      return refusal(now.action.reason_code ?? 'reservation_refused', now.action.detail);
    return { ok: true, answer: { withdrawal_id: withdrawalId, quote, action: now?.action ?? null } };
  }

  /** Brings every withdrawal that is not over as far as it goes now. One round at a time. */
  follow(): Promise<void> {
    this.#round ??= this.#followAll().finally(() => {
      this.#round = null;
      this.#schedule();
    });
    return this.#round;
  }

  #schedule(): void {
    this.#stopTimer();
    if (this.#isStopped) return;
    const isHurried = this.#open().some(
      ({ action, notes }) =>
        action.near_tx_hash === null &&
        // The bridge is asked no more often than by the polls.
        action.reason_code !== 'bridge_unreachable' &&
        this.#canPublish(notes.signed?.deadline ?? ''),
    );
    this.#stopTimer = this.#options.clock.after(isHurried ? HURRY_MS : this.#options.pollMs, () => {
      this.follow().catch((error: unknown) => this.#options.log.warn('withdrawal_round_failed', { failure: error }));
    });
  }

  async #followAll(): Promise<void> {
    for (const { action } of this.#open()) {
      try {
        await this.#goOn(action.liquidity_action_id);
      } catch (error) {
        // One that nobody foresaw must not keep back the others.
        this.#options.log.warn('withdrawal_step_failed', { failure: error });
      }
    }
  }

  /** As far as it goes: each step is on disk before the next begins. */
  async #goOn(withdrawalId: string): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX && !this.#isStopped; steps++) {
      const now = this.#find(withdrawalId);
      if (now === null || isOver(now.action)) return;
      const after = await this.#step(now);
      if (after === now || this.#isStopped || !this.#take(now, after)) return;
      // It is held: what kept it would keep it at once again.
      if (after.notes === now.notes) return;
    }
  }

  /** @returns whether the step was taken */
  #take(before: Tracked, after: Tracked): boolean {
    const { ledger, context } = this.#options;
    const now = ledger.book.get(keyOf(before.action));
    // Something else has changed it meanwhile: from what is there now, then.
    if (now?.action !== before.action) return true;
    // How long it waits is counted meanwhile, a few times in the time that an answer may take: that alone is no change.
    const isNextStep = after.action.status !== before.action.status;
    const taken = isNextStep ? after : noted(after, { waited_ms: now.notes.waited_ms });
    return ledger.commit([taken, ...this.#otherSide(taken, context())]);
  }

  /** The deposit of a move between chains learns what became of its withdrawal. */
  #otherSide({ action }: Tracked, context: Context): readonly Tracked[] {
    const deposit = action.rebalance
      ? this.#options.ledger.book.get(`deposit:${action.liquidity_action_id}`)
      : undefined;
    if (deposit === undefined) return [];
    const after = depositAfter(deposit, action, context);
    return after === deposit ? [] : [after];
  }

  /** The next state; the same object: there is none yet. */
  async #step(tracked: Tracked): Promise<Tracked> {
    const { action, notes } = tracked;
    if (action.near_tx_hash !== null) return await this.#toOtherChain(tracked, action.near_tx_hash);
    if (notes.signed === undefined || notes.signed === null) return tracked;
    if (notes.is_reserved !== true) return await this.#reserve(tracked, notes.signed);
    if (notes.is_published !== true) return await this.#publish(tracked, notes.signed);
    return await this.#findTransaction(tracked, notes.signed);
  }

  async #reserve(tracked: Tracked, signed: NonNullable<Tracked['notes']['signed']>): Promise<Tracked> {
    const { reserver, context, rules } = this.#options;
    const { action } = tracked;
    if (!this.#canPublish(signed.deadline))
      return failed(tracked, 'payload_expired', 'it expired before the amount was reserved', context());
    // Asked for before the freeze, and nothing of it is reserved: a freeze is meant to stop it.
    if (rules().isFrozen)
      return failed(tracked, 'withdrawals_frozen', 'it was frozen before the amount was reserved', context());
    const answer = await reserver.reserve({
      reservationId: action.liquidity_action_id,
      assetId: action.asset_id ?? '',
      amount: action.amount ?? '',
      until: signed.deadline,
      nonce: signed.nonce,
    });
    if (answer.kind === 'taken') return reserved(tracked, answer.id, context());
    if (answer.kind === 'refused') return failed(tracked, 'reservation_refused', answer.detail, context());
    return held(tracked, 'reservation_refused', answer.detail, context());
  }

  async #publish(tracked: Tracked, signed: NonNullable<Tracked['notes']['signed']>): Promise<Tracked> {
    const { publisher, context, rules } = this.#options;
    if (!this.#canPublish(signed.deadline)) return await this.#expired(tracked, signed);
    // Its amount stays reserved until the deadline, which ends it; released before, it goes on.
    if (rules().isFrozen)
      return held(
        tracked,
        'withdrawals_frozen',
        'it was frozen before the payload was known to be published',
        context(),
      );
    const { max_fee: maxFee = null } = tracked.notes;
    if (maxFee !== null) return await this.#price(tracked, BigInt(maxFee));
    const answer = await publisher.publish(signed.signed_data, signed.intent_hash);
    if (answer.kind === 'taken') return published(tracked, context());
    // Whoever has it can still have it executed: it is over with its deadline alone, and is published again until then.
    return held(tracked, answer.kind === 'refused' ? 'publish_refused' : 'publish_unknown', answer.detail, context());
  }

  /** What has waited, for live quotes or under a freeze, is not published for another fee than was agreed to: nobody has it yet. */
  async #price(tracked: Tracked, maxFeeUnits: bigint): Promise<Tracked> {
    const { context } = this.#options;
    const { amount, destination } = tracked.action;
    const asset = this.#assetOf(tracked);
    if (asset === undefined) return tracked;
    const amountUnits = BigInt(amount ?? '0');
    const cost = await this.#bridgeOf(asset).withdrawalCost(asset, amountUnits, destination ?? '');
    if (!cost.ok) return notPriced(tracked, bridgeRefusal(cost), context());
    const unfit = judgeCost({ amountUnits, maxFeeUnits }, cost.value);
    if (unfit !== null) return notPriced(tracked, unfit, context());
    return priced(tracked, cost.value.feeUnits, context());
  }

  async #findTransaction(tracked: Tracked, signed: NonNullable<Tracked['notes']['signed']>): Promise<Tracked> {
    const { publisher, context } = this.#options;
    const hash = await publisher.transactionOf(signed.intent_hash);
    if (hash !== null) return burned(tracked, hash, context());
    return this.#canPublish(signed.deadline) ? tracked : await this.#expired(tracked, signed);
  }

  /** Over once the verifier proves that nothing was taken, and that nothing can be any more. */
  async #expired(tracked: Tracked, signed: NonNullable<Tracked['notes']['signed']>): Promise<Tracked> {
    const { nonces, publisher, context } = this.#options;
    const outcome = await nonces.read(signed.nonce, parseIsoTime(signed.deadline) ?? 0);
    if (outcome === null || outcome === 'open') return tracked;
    if (outcome === 'forgotten') return held(tracked, 'publish_unknown', FORGOTTEN, context());
    if (outcome === 'never') {
      const { reason_code, detail } = tracked.action;
      return reason_code === 'publish_refused'
        ? failed(tracked, 'publish_refused', detail, context())
        : failed(tracked, 'payload_expired', 'it was not executed before its deadline', context());
    }
    const hash = await publisher.transactionOf(signed.intent_hash);
    if (hash !== null) return burned(tracked, hash, context());
    return published(tracked, context(), 'the nonce is used; the relay does not name the transaction yet');
  }

  /** The bridge names the transaction that pays; the chain shows whether it does. */
  async #toOtherChain(tracked: Tracked, nearTxHash: string): Promise<Tracked> {
    const { context, outside } = this.#options;
    const { action } = tracked;
    const asset = this.#assetOf(tracked);
    if (asset === undefined) return tracked;
    const { destination, amount } = action;
    const sent = { destination: destination ?? '', amountUnits: BigInt(amount ?? '0') };
    const asked = await this.#bridgeOf(asset).withdrawal(asset, nearTxHash, sent);
    const report = asked.ok ? asked.value : null;
    const unheard = asked.ok ? null : asked.detail;
    const txHash = report?.txHash ?? action.tx_hash;
    const shown = txHash === null ? null : await this.#shown(tracked, txHash);
    const confirmationsRequired = outside.confirmationsRequired(action.chain) ?? 1;
    return followedOutside(tracked, { report, unheard, shown, confirmationsRequired }, context());
  }

  /** Without what the transaction pays for other withdrawals. */
  async #shown({ action }: Tracked, txHash: string): Promise<Shown> {
    const { outside, ledger } = this.#options;
    const { chain, destination, liquidity_action_id: id } = action;
    const shown = await outside.payment({ chain, txHash, destination: destination ?? '' });
    if (shown.kind !== 'paid') return shown;
    const outputs = [...shown.outputs];
    for (const { action: other } of ofKind(ledger.book, 'withdrawal')) {
      if (other.liquidity_action_id === id || other.tx_hash !== txHash || other.credited_amount === null) continue;
      const at = outputs.indexOf(BigInt(other.credited_amount));
      if (other.chain === chain && other.destination === destination && at >= 0) outputs.splice(at, 1);
    }
    return { ...shown, outputs };
  }

  #canPublish(deadline: string): boolean {
    const deadlineAtMs = parseIsoTime(deadline);
    return deadlineAtMs !== null && deadlineAtMs > this.#options.clock.nowMs() + PUBLISH_MARGIN_MS;
  }

  #judgeSigned(asked: Asked): Refusal | null {
    const { verifier, context } = this.#options;
    const { settings, nowMs } = context();
    return asked.signed === null
      ? null
      : judgeSigned(asked, asked.signed, { account: settings.accountId, verifier, nowMs });
  }

  /** What was signed and refused is on record; what was only asked is not. */
  #refuse(body: WithdrawalBody, asked: Asked | null, why: Refusal): Taken {
    const { ledger, context } = this.#options;
    // The same request was taken while this one waited for the bridge: it must not be written over.
    const twin = this.#find(body.withdrawal_id);
    if (twin !== null) return this.#again(twin, body);
    if (asked !== null && body.signed !== null)
      ledger.commit([withdrawalRefused({ asked, signed: body.signed, feeUnits: 0n }, why, context())]);
    return why;
  }

  /** The same request again has the same outcome; another one under its id is refused. */
  #again({ action }: Tracked, { signed, amount, asset }: WithdrawalBody): Taken {
    const isSame =
      signed !== null &&
      signed.intent_hash === action.intent_hash &&
      amount === action.amount &&
      asset === action.asset_id;
    if (!isSame) return refusal('payload_differs', `the id is that of another withdrawal, which is ${action.status}`);
    if (action.status === 'failed') return refusal(action.reason_code ?? 'publish_refused', action.detail);
    const fee = action.fee ?? '0';
    const arrives = String(BigInt(action.amount ?? '0') - BigInt(fee));
    return {
      ok: true,
      answer: { withdrawal_id: action.liquidity_action_id, quote: { fee, minimum: '0', arrives }, action },
    };
  }

  #open(): readonly Tracked[] {
    return ofKind(this.#options.ledger.book, 'withdrawal').filter(({ action }) => !isOver(action));
  }

  /** The id of one that may still pay as much to the same address. */
  #alike({ asset, amountUnits, destination }: Asked): string | null {
    const alike = this.#open().find(
      ({ action }) =>
        action.asset_id === asset.id && action.amount === String(amountUnits) && action.destination === destination,
    );
    return alike?.action.liquidity_action_id ?? null;
  }

  #find(withdrawalId: string): Tracked | null {
    return this.#options.ledger.book.get(`withdrawal:${withdrawalId}`) ?? null;
  }

  #assetOf({ action }: Tracked): Asset | undefined {
    return this.#options.bridges.flatMap(({ assets }) => assets).find(({ id }) => id === action.asset_id);
  }

  #bridgeOf(asset: Asset): Bridge {
    const found = this.#options.bridges.find(({ name }) => name === asset.bridge);
    if (found === undefined) throw new Error(`no bridge ${asset.bridge}`);
    return found;
  }

  #targetOf(name: BridgeName, chain: string): string | null {
    const bridge = this.#options.bridges.find((each) => each.name === name);
    return bridge?.assets.find((asset) => asset.chain === chain)?.id ?? null;
  }
}

function quoteOf({ amountUnits, maxFeeUnits, asset }: Asked, cost: WithdrawalCost): WithdrawalQuote {
  // Over the Omni bridge the network may take all that is signed for, and the bridge keeps its own fee next to that.
  const mostUnits = asset.bridge === 'omni' ? maxFeeUnits + cost.apartUnits : cost.feeUnits;
  return {
    fee: String(cost.feeUnits),
    minimum: String(cost.minimumUnits),
    arrives: String(amountUnits - mostUnits),
  };
}
