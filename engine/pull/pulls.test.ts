// The pull part with a book, a venue and a clock in the hands of the test.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { type NonceText, nonceText } from '../../contracts/ids.ts';
import type { ResultCode } from '../../contracts/reasons.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { EngineEvent } from '../model/events.ts';
import type { Fact, NonceResolvedFact, TransitionFact } from '../model/facts.ts';
import { makePrice } from '../model/fixtures.ts';
import type { SignedPull } from '../model/values.ts';
import { pullReasons, pullsState } from './control.ts';
import type { PullNonce } from './pull.ts';
import { createPulls, type Pulls } from './pulls.ts';
import type { SendResult } from './sender.ts';

const TAKEN: SendResult = { kind: 'taken', txHash: null };
const UNKNOWN: SendResult = { kind: 'unknown', reason: 'timeout', detail: 'no answer within 5000 ms' };

const signedBy = (nonce: NonceText, deadlineAtMs: number): SignedPull => ({
  nonce,
  intentHash: `hash of ${nonce} until ${deadlineAtMs}`,
  signedData: {
    standard: 'nep413',
    payload: { message: '{}', nonce, recipient: 'intents.near' },
    public_key: 'ed25519:key',
    signature: 'ed25519:signature',
  },
});

const nonceOf = (name: string, over: Partial<PullNonce> = {}): PullNonce => ({
  nonce: nonceText(name),
  asset: EURE.id,
  lane: 0,
  nonceDeadlineAtMs: 1000,
  liveQuotes: 2,
  used: false,
  executed: false,
  resolvedAs: null,
  pullable: true,
  pull: null,
  ...over,
});

type RigOptions = {
  readonly nonces: readonly PullNonce[];
  readonly answers?: readonly SendResult[];
  readonly distancePctE4?: bigint;
  readonly isDurable?: boolean;
  /** Takes what is to run after the turn, in place of running it at once. */
  readonly later?: (run: () => void) => void;
};

function make(options: RigOptions) {
  const { nonces, answers = [], distancePctE4 = 10_000n, isDurable = true, later = (run) => run() } = options;
  const clock = new ManualClock();
  const book = new Map(nonces.map((each) => [each.nonce, each]));
  const steps: string[] = [];
  const lines: string[] = [];
  const left = [...answers];
  const prices: [NonceText, bigint, 'higher' | 'lower'][] = [];
  const durable = Promise.withResolvers<void>();
  if (isDurable) durable.resolve();
  const rig = { recordFails: null as Error | null, transactions: [] as string[], asked: 0, failures: [] as unknown[] };
  const line = (event: string) => void lines.push(event);
  const pulls: Pulls = createPulls({
    book: {
      nonces: () => [...book.values()],
      eachSigningPrice: (visit) => {
        for (const [nonce, worstE8, worse] of prices) if (book.get(nonce)?.pull === null) visit(nonce, worstE8, worse);
      },
    },
    signer: { sign: signedBy },
    sender: {
      via: 'relay',
      async send({ nonce }) {
        steps.push(`send ${nonce}`);
        return left.shift() ?? TAKEN;
      },
      async transactionsOf() {
        rig.asked++;
        return rig.transactions;
      },
      close: () => steps.push('closed'),
    },
    distancePctE4,
    clock,
    random: { fraction: () => 0.5 },
    log: { info: line, warn: line, error: line },
    record(fact: Fact) {
      if (rig.recordFails !== null) throw rig.recordFails;
      if (fact.kind !== 'pull_signed') return;
      steps.push(`record ${fact.nonce} ${fact.cause}`);
      const { cause, detail, intentHash, atMs } = fact;
      set(fact.nonce, { pull: { cause, detail, intentHash, atMs, txHashes: [] } });
    },
    durable: () => durable.promise,
    later,
    onBegun: () => steps.push('begun'),
    onSent: (txHash) => steps.push(`read ${txHash}`),
    onFailure: (error) => rig.failures.push(error),
  });
  const set = (name: string, over: Partial<PullNonce> | null): void => {
    const nonce = nonceText(name);
    const known = book.get(nonce);
    if (over === null) book.delete(nonce);
    else if (known !== undefined) book.set(nonce, { ...known, ...over });
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const request = (over = {}) => pulls.request({ cause: 'operator', detail: 'somebody', asset: null, ...over });
  const all = (over = {}) => request(over) ?? { begun: [], underWay: 0 };
  return {
    ...{ pulls, clock, steps, lines, set, rig, durable, settled, request, all, prices },
    sends: () => steps.filter((step) => step.startsWith('send')),
    /** Moves the time on in rounds, letting what is due run. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        await settled();
      }
    },
  };
}

const movedTo = (nonce: string, to: TransitionFact['to'], code?: ResultCode): EngineEvent => ({
  kind: 'moved',
  fact: { attempt: { nonce: nonceText(nonce) }, to, code } as TransitionFact,
});

describe('a pull', () => {
  test('is on record and on disk before it is sent', async () => {
    const { all, steps, durable, settled } = make({ nonces: [nonceOf('a')], isDurable: false });
    all();
    await settled();
    expect(steps).toEqual(['record a operator', 'begun']);
    durable.resolve();
    await settled();
    expect(steps).toEqual(['record a operator', 'begun', 'send a', 'read null']);
  });

  test('is not sent when the journal fails, and what was not recorded is not begun', async () => {
    const { all, sends, durable, pass, pulls, lines } = make({
      nonces: [nonceOf('a'), nonceOf('b')],
      isDurable: false,
    });
    all();
    durable.reject(new Error('no space left'));
    await pass(5);
    expect(sends()).toEqual([]);
    expect(pulls.underWay()).toEqual([]);
    expect(pulls.isUndelivered()).toBe(false);
    expect(pulls.recent()).toMatchObject([{ outcome: 'not_sent' }, { outcome: 'not_sent' }]);
    expect(pullsState(pulls, 0n).recent).toMatchObject([{ outcome: 'not_sent' }, { outcome: 'not_sent' }]);
    expect(lines.filter((event) => event === 'pull_ended')).toHaveLength(2);
    const other = make({ nonces: [nonceOf('c')] });
    other.rig.recordFails = new Error('no space left');
    expect(() => other.all()).toThrow('no space left');
    expect(other.pulls.underWay()).toEqual([]);
  });

  test('takes the lanes that can be pulled, of the asset asked for, each once', async () => {
    const nonces = [
      nonceOf('eure'),
      nonceOf('btc', { asset: BTC.id }),
      nonceOf('empty', { pullable: false }),
      nonceOf('used', { used: true, pullable: false }),
    ];
    const { all, steps, settled } = make({ nonces });
    expect(all({ asset: BTC.id }).begun.map(({ nonce }) => String(nonce))).toEqual(['btc']);
    const second = all();
    expect(second.begun.map(({ nonce }) => String(nonce))).toEqual(['eure']);
    expect(second.underWay).toBe(1);
    expect(all()).toEqual({ begun: [], underWay: 2 });
    await settled();
    expect(steps.filter((step) => step.startsWith('record'))).toEqual(['record btc operator', 'record eure operator']);
  });

  test('is sent again after a failure, soon; after an answer, once there was time to become final', async () => {
    const { all, sends, pass, settled } = make({ nonces: [nonceOf('a')], answers: [UNKNOWN, TAKEN] });
    all();
    await settled();
    expect(sends()).toHaveLength(1);
    await pass(1);
    expect(sends()).toHaveLength(2);
    await pass(13);
    expect(sends()).toHaveLength(2);
    await pass(3);
    expect(sends()).toHaveLength(3);
  });

  test('asks for its transaction until it is named, and has it read then, and again half a minute later', async () => {
    const { all, set, pass, steps, rig } = make({ nonces: [nonceOf('a')] });
    const reads = () => steps.filter((step) => step.startsWith('read tx'));
    all();
    await pass(1);
    set('a', { used: true, pullable: false });
    await pass(5);
    expect([rig.asked, reads().length]).toEqual([5, 0]);
    rig.transactions = ['tx-1', 'tx-2'];
    await pass(29);
    expect(reads()).toEqual(['read tx-1', 'read tx-2']);
    await pass(3);
    expect(reads()).toEqual(['read tx-1', 'read tx-2', 'read tx-1', 'read tx-2']);
    expect(rig.asked).toBe(7);
    set('a', { executed: true });
    await pass(60);
    expect(reads()).toHaveLength(4);
  });

  test('has a transaction that was named with the send read at once, and not every second', async () => {
    const answers: SendResult[] = [{ kind: 'taken', txHash: 'tx-1' }];
    const { all, pass, steps, rig } = make({ nonces: [nonceOf('a')], answers });
    rig.transactions = ['tx-1'];
    all();
    await pass(15);
    expect(steps).toEqual(['record a operator', 'begun', 'send a', 'read tx-1']);
  });

  test('asks again for its transactions after a send without an answer, which may have led to another one', async () => {
    const answers: SendResult[] = [{ kind: 'taken', txHash: 'tx-1' }, ...Array.from({ length: 20 }, () => UNKNOWN)];
    const { all, pass, steps, rig } = make({ nonces: [nonceOf('a')], answers });
    rig.transactions = ['tx-1', 'tx-2'];
    all();
    await pass(25);
    expect(steps).toContain('read tx-2');
  });

  test('ends when its nonce was used and its quotes have ended, and says how', async () => {
    const { all, pulls, set, sends, pass, steps, rig, lines } = make({ nonces: [nonceOf('a')] });
    all();
    await pass(1);
    set('a', { used: true, pullable: false });
    rig.transactions = ['tx-1'];
    await pass(30);
    // Nothing is sent any more.
    expect(sends()).toHaveLength(1);
    expect(steps).toContain('read tx-1');
    pulls.see(movedTo('a', 'pulled'));
    pulls.see(movedTo('a', 'pulled'));
    pulls.see(movedTo('other', 'settled'));
    pulls.resolved({ nonce: nonceText('a'), outcome: 'pulled' });
    set('a', null);
    await pass(1);
    expect(pulls.underWay()).toEqual([]);
    expect(pulls.recent()).toMatchObject([{ outcome: 'pulled', pulledQuotes: 2, sends: 1, cause: 'operator' }]);
    expect(pulls.counts()).toMatchObject({ begun: { operator: 1 }, sends: { taken: 1 }, ended: { pulled: 1 } });
    expect(lines).toEqual(['pull_begun', 'pull_ended']);
  });

  test.each<[NonceResolvedFact['outcome'] | null, readonly [TransitionFact['to'], ResultCode][], string]>([
    [
      'settled',
      [
        ['settled', 'settled_by_balance'],
        ['voided', 'sibling_settled'],
      ],
      'settled',
    ],
    ['pulled', [['pulled', 'pulled_by_balance']], 'pulled'],
    ['burned', [['voided', 'nonce_burned']], 'burned'],
    // Quotes that were over, or that a crash took from the journal, leave no end.
    ['settled', [], 'settled'],
    ['pulled', [], 'pulled'],
    ['burned', [], 'burned'],
    [
      'open',
      [
        ['voided', 'sibling_settled'],
        ['uncertain', 'unattributed'],
      ],
      'unattributed',
    ],
    ['open', [['voided', 'sibling_settled']], 'unattributed'],
    [
      'open',
      [
        ['uncertain', 'unattributed'],
        ['settled', 'settled_by_status'],
      ],
      'settled',
    ],
    [null, [['uncertain', 'chain_replaced']], 'unattributed'],
    [
      null,
      [
        ['uncertain', 'reply_timeout'],
        ['expired', 'deadline_passed'],
      ],
      'expired',
    ],
    [null, [['uncertain', 'restarted']], 'expired'],
    [null, [], 'expired'],
  ])('whose nonce is resolved as %p, with quotes that became %p, is %s', async (resolvedAs, ends, outcome) => {
    const { all, pulls, set, pass } = make({ nonces: [nonceOf('a'), nonceOf('b')] });
    all();
    await pass(1);
    if (resolvedAs !== null) pulls.resolved({ nonce: nonceText('a'), outcome: resolvedAs });
    pulls.resolved({ nonce: nonceText('other'), outcome: 'burned' });
    for (const [to, code] of ends) pulls.see(movedTo('a', to, code));
    set('a', null);
    await pass(1);
    expect(pulls.recent().map((ended) => ended.outcome as string)).toEqual([outcome]);
  });

  test('that an earlier run began, of a nonce that was resolved then, ends as that says', async () => {
    const pull = { cause: 'operator', detail: '', intentHash: 'old', atMs: 7, txHashes: [] } as const;
    const over = { pull, used: true, pullable: false, resolvedAs: 'pulled' } as const;
    const { pulls, set, pass } = make({ nonces: [nonceOf('a', over)] });
    pulls.start();
    await pass(1);
    set('a', null);
    await pass(1);
    expect(pulls.recent()).toMatchObject([{ outcome: 'pulled' }]);
  });

  test('whose quotes are all over is given up', async () => {
    const { all, pulls, set, pass, sends } = make({ nonces: [nonceOf('a')], answers: [UNKNOWN, UNKNOWN, UNKNOWN] });
    all();
    set('a', { pullable: false, liveQuotes: 0 });
    await pass(30);
    expect(sends().length).toBeLessThanOrEqual(1);
    expect(pulls.recent()).toMatchObject([{ outcome: 'expired' }]);
  });

  test('that fails again and again is unhealthy by name, and not any more once the nonce is used', async () => {
    const answers = Array.from({ length: 50 }, () => UNKNOWN);
    const { all, pulls, pass, set, lines } = make({ nonces: [nonceOf('a')], answers });
    all();
    await pass(1);
    expect(pullReasons(pulls)).toEqual([]);
    await pass(20);
    expect(pullReasons(pulls)).toEqual(['pull_failing']);
    expect(pullsState(pulls, 10_000n).under_way).toMatchObject([
      { failing: true, last_send: { result: 'unknown', reason: 'timeout' }, cause: 'operator', detail: 'somebody' },
    ]);
    // Once, however often.
    expect(lines.filter((event) => event === 'pull_send_failed')).toHaveLength(1);
    set('a', { used: true, pullable: false });
    expect(pullReasons(pulls)).toEqual([]);
  });
});

describe('a restart', () => {
  const pull = { cause: 'price_moved', detail: 'figures', atMs: 7, txHashes: [] } as const;
  const hash = signedBy(nonceText('a'), 1000).intentHash;

  test('goes on with what was under way, under the same hash, without a second record', async () => {
    const { pulls, steps, settled } = make({ nonces: [nonceOf('a', { pull: { ...pull, intentHash: hash } })] });
    pulls.start();
    await settled();
    expect(steps).toEqual(['send a', 'read null']);
    expect(pulls.underWay()).toMatchObject([{ cause: 'price_moved', detail: 'figures', beganAtMs: 7 }]);
    expect(pulls.counts().begun).toMatchObject({ price_moved: 0 });
  });

  test('under another contract or account records the new hash first', async () => {
    const { pulls, steps, settled } = make({ nonces: [nonceOf('a', { pull: { ...pull, intentHash: 'old' } })] });
    pulls.start();
    await settled();
    expect(steps).toEqual(['record a price_moved', 'send a', 'read null']);
  });

  test('asks for the transaction of a nonce that was used meanwhile, and sends nothing', async () => {
    const used = nonceOf('a', { pull: { ...pull, intentHash: hash }, used: true, pullable: false });
    const { pulls, steps, settled, rig } = make({ nonces: [used, nonceOf('b')] });
    rig.transactions = ['tx-9'];
    pulls.start();
    await settled();
    expect(steps).toEqual(['read tx-9']);
  });

  test('leaves alone what was begun before it took up the earlier ones', async () => {
    const { pulls, all, pass, sends } = make({ nonces: [nonceOf('a')] });
    all();
    pulls.start();
    await pass(5);
    expect([sends().length, pulls.underWay().length]).toEqual([1, 1]);
  });

  test('leaves alone what was over', () => {
    const nonces = [
      nonceOf('proven', { pull: { ...pull, intentHash: hash }, used: true, executed: true, pullable: false }),
      nonceOf('over', { pull: { ...pull, intentHash: hash }, pullable: false }),
    ];
    const { pulls } = make({ nonces });
    pulls.start();
    expect(pulls.underWay()).toEqual([]);
  });

  test('a stopped part sends nothing more', async () => {
    const { all, pulls, sends, pass, steps } = make({ nonces: [nonceOf('a')], answers: [UNKNOWN] });
    all();
    await pass(0);
    pulls.stop();
    await pass(60);
    expect(sends().length).toBeLessThanOrEqual(1);
    expect(steps.at(-1)).toBe('closed');
  });
});

describe('an orderly end', () => {
  test('has to wait for a pull until the venue took it, also between a send that failed and the next one', async () => {
    const { all, pulls, durable, pass, sends } = make({ nonces: [nonceOf('a')], answers: [UNKNOWN], isDurable: false });
    expect(pulls.isUndelivered()).toBe(false);
    all();
    expect(pulls.isUndelivered()).toBe(true);
    durable.resolve();
    await pass(0);
    await pass(1);
    expect([sends().length, pulls.isUndelivered()]).toEqual([1, true]);
    await pass(3);
    expect([sends().length, pulls.isUndelivered()]).toEqual([2, false]);
  });

  test('has to wait for a pull that a stop asked for, also before it is begun', async () => {
    const queue: (() => void)[] = [];
    const { pulls, sends, settled } = make({ nonces: [nonceOf('a')], later: (run) => void queue.push(run) });
    pulls.see({ kind: 'stopped', stop: { code: 'process_faulted', detail: '', atMs: 0 } });
    expect(pulls.isUndelivered()).toBe(true);
    for (const run of queue.splice(0)) run();
    expect(pulls.isUndelivered()).toBe(true);
    await settled();
    expect([sends(), pulls.isUndelivered()]).toEqual([['send a'], false]);
  });

  test('waits for no pull whose nonce was used', async () => {
    const { all, pulls, set, pass } = make({ nonces: [nonceOf('a')], answers: [UNKNOWN] });
    all();
    await pass(1);
    set('a', { used: true, pullable: false });
    expect(pulls.isUndelivered()).toBe(false);
  });

  test('once it stopped the part, nothing is begun, and nothing is on record', () => {
    const { pulls, request, steps } = make({ nonces: [nonceOf('a')] });
    pulls.stop();
    expect(request()).toBeNull();
    pulls.see({ kind: 'stopped', stop: { code: 'turns_failed', detail: '', atMs: 0 } });
    expect(steps).toEqual(['closed']);
    expect(pulls.underWay()).toEqual([]);
  });
});

describe('what begins a pull by itself', () => {
  test('a price that moved too far, of that lane alone, with the figures', async () => {
    const { pulls, prices, clock, steps, settled, set } = make({ nonces: [nonceOf('a'), nonceOf('b')] });
    const price = makePrice({ asOfUs: clock.elapsedUs() });
    const bid = price.bids[0]?.priceE8 ?? 0n;
    prices.push([nonceText('a'), (bid * 102n) / 100n, 'lower'], [nonceText('b'), bid, 'lower']);
    const now = { nowMs: clock.nowMs(), nowUs: clock.elapsedUs() };
    pulls.onPrice(price, now);
    pulls.onPrice(price, now);
    await settled();
    expect(steps.filter((step) => step.startsWith('record'))).toEqual(['record a price_moved']);
    expect(pulls.underWay()[0]?.detail).toMatch(
      /^signed at [0-9.]+, now [0-9.]+ EURe per BTC: 1\.[0-9]+ % against us$/,
    );
    set('a', null);
  });

  test.each([
    ['stopped', 'turns_failed', true],
    ['stopped', 'capital_breach', true],
    ['stopped', 'journal_failed', false],
    ['breached', 'balance_loss', true],
  ] as const)('%s by %s: %p', (kind, code, isPulled) => {
    const { pulls } = make({ nonces: [nonceOf('a')] });
    const event =
      kind === 'stopped'
        ? { kind, stop: { code, detail: '', atMs: 0 } }
        : { kind, breach: { code: 'balance_loss' as const, detail: '' }, inventoryId: null };
    pulls.see(event);
    expect(pulls.underWay().map(({ cause, detail }) => `${cause} ${detail}`)).toEqual(
      isPulled ? [`stopped ${code}`] : [],
    );
  });

  test('a journal that cannot be written is reported, and breaks nothing', () => {
    const { pulls, rig } = make({ nonces: [nonceOf('a')] });
    rig.recordFails = new Error('no space left');
    pulls.see({ kind: 'stopped', stop: { code: 'turns_failed', detail: '', atMs: 0 } });
    expect(rig.failures).toEqual([rig.recordFails]);
    expect(() => pulls.request({ cause: 'operator', detail: 'x', asset: null })).toThrow('no space left');
  });
});
