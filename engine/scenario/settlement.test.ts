// How quotes end, from frame to last record: taken, expired, voided together with a taken one, left open by a rotation of salts, or
// gone with a balance that nobody can explain. Loop, lane manager and book together; the verifier is what the test says.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import { type Answer, BTC_OUT, okReply, statusFrame } from './frames.fixture.ts';
import { ACCOUNT, EURE_UNITS, type Rig, readyRig, SALT } from './loop.fixture.ts';

/** Answered, and taken into the auction; a millisecond after the one before, so that no two payloads are the same. */
function accepted(rig: Rig, quoteId: string, over = {}): Answer {
  rig.clock.advance(1);
  const answer = rig.answered(quoteId, over);
  rig.frame(okReply(answer.requestId));
  return answer;
}

const changeOf = (answer: Answer): Record<string, bigint> =>
  Object.fromEntries(Object.entries(answer.diff).map(([asset, text]) => [asset, BigInt(text)]));

/** The chain executes the answer; the next snapshot shows it. */
async function settle(rig: Rig, answer: Answer, over: Parameters<Rig['poll']>[0] = {}): Promise<void> {
  rig.credit(changeOf(answer));
  rig.clock.advance(2000);
  await rig.poll({ used: [answer.nonce], ...over });
}

describe('a quote is taken', () => {
  test('named by quote_status: its lane is left at once, and it is settled at the final block', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = accepted(rig, 'quote-1');
    rig.frame(statusFrame(answer.quoteHash, 'tx-7'));
    expect(rig.statuses).toEqual(['tx-7']);
    rig.laneManager.maintain();
    await rig.settled();
    expect(rig.book.nonces().find(({ nonce }) => nonce === answer.nonce)?.draining).toBe('settling');
    // Not over before a final block shows it.
    expect(rig.stateOf('quote-1')).toBe('accepted');
    const next = rig.answered('quote-2');
    expect(next.nonce).not.toBe(answer.nonce);

    await settle(rig, answer);
    expect(rig.stepsOf('quote-1')).toEqual([
      'submitted answer_sent',
      'accepted relay_accepted',
      'settled settled_by_status',
    ]);
    const { settlement } = rig.movesOf('quote-1')[2] ?? {};
    expect(settlement).toMatchObject({ txHash: 'tx-7', intentHash: 'intent-1', balanceChange: changeOf(answer) });
    expect(rig.stateOf('quote-1')).toBeNull();
    expect(rig.book.capital(EURE.id)).toMatchObject({
      realizedUnits: BigInt(answer.diff[EURE.id] ?? '0'),
      reservedForPositionsUnits: 0n,
      allocatedUnits: EURE_UNITS as never,
    });
  });

  test('a status for a stranger is counted, and nothing else', async () => {
    using rig = await readyRig();
    accepted(rig, 'quote-1');
    rig.frame(statusFrame('somebody-else'));
    expect(rig.events.at(-1)).toEqual({ kind: 'passed_over', why: 'foreign_status' });
    expect(rig.statuses).toEqual([]);
  });

  test('without a status, by the change of the balances alone', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = accepted(rig, 'quote-1', BTC_OUT);
    await settle(rig, answer);
    expect(rig.stepsOf('quote-1').at(-1)).toBe('settled settled_by_balance');
  });

  test('by the transaction that names our payload', async () => {
    using rig = await readyRig({ lanes: 1 });
    const first = accepted(rig, 'quote-1');
    const second = accepted(rig, 'quote-2');
    rig.frame(statusFrame(second.quoteHash, 'tx-9'));
    const executed = [{ intentHash: second.quoteHash, accountId: ACCOUNT, nonce: second.nonce }];
    await settle(rig, second, { transactions: [{ txHash: 'tx-9', executed }] });
    expect(rig.stepsOf('quote-2').at(-1)).toBe('settled settled_by_status');
    expect(rig.stepsOf('quote-1').at(-1)).toBe('voided sibling_settled');
    expect(rig.movesOf('quote-2').at(-1)?.settlement?.txHash).toBe('tx-9');
    expect(first.nonce).toBe(second.nonce);
  });

  test('the others under its nonce are voided, those of other lanes stay live', async () => {
    using rig = await readyRig({ lanes: 2 });
    const answers = ['quote-1', 'quote-2', 'quote-3', 'quote-4'].map((id, n) =>
      accepted(rig, id, { exact_amount_in: String(10_000 + n) }),
    );
    const [taken] = answers;
    if (taken === undefined) throw new Error('no answer');
    await settle(rig, taken);
    const siblings = answers.slice(1).filter(({ nonce }) => nonce === taken.nonce);
    const others = answers.filter(({ nonce }) => nonce !== taken.nonce);
    const endOf = ({ quoteId }: Answer) => rig.stepsOf(quoteId).at(-1);
    expect(endOf(taken)).toBe('settled settled_by_balance');
    expect(siblings.map(endOf)).toEqual(['voided sibling_settled']);
    expect(others.map(endOf)).toEqual(['accepted relay_accepted', 'accepted relay_accepted']);
  });

  test('two of the same size under one nonce: both stay open and name each other, until the venue says which', async () => {
    using rig = await readyRig({ lanes: 1 });
    const first = accepted(rig, 'quote-1');
    const second = accepted(rig, 'quote-2');
    await settle(rig, first);
    rig.clock.advance(10_000);
    await rig.poll();
    for (const id of ['quote-1', 'quote-2']) {
      expect(rig.stepsOf(id).at(-1)).toBe('uncertain unattributed');
      expect(rig.movesOf(id).at(-1)?.settlement?.candidates).toEqual(['quote-1', 'quote-2'] as QuoteId[]);
    }
    rig.frame(statusFrame(second.quoteHash));
    rig.clock.advance(2000);
    await rig.poll();
    expect(rig.stepsOf('quote-2').at(-1)).toBe('settled settled_by_status');
    expect(rig.stepsOf('quote-1').at(-1)).toBe('voided sibling_settled');
  });

  test('before the reply came, and the reply then has no bearing', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = rig.answered('quote-1');
    rig.frame(statusFrame(answer.quoteHash));
    await settle(rig, answer);
    rig.frame(okReply(answer.requestId));
    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent', 'settled settled_by_status']);
  });

  test('while its outcome was open, after a time-out', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = rig.answered('quote-1');
    rig.clock.advance(5000);
    rig.loop.onTick();
    await settle(rig, answer);
    expect(rig.stepsOf('quote-1').slice(1)).toEqual(['uncertain reply_timeout', 'settled settled_by_balance']);
  });

  test('after the relay had refused it: whoever holds the payload may settle it, and that is recorded', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = rig.answered('quote-1');
    rig.frame(JSON.stringify({ jsonrpc: '2.0', id: answer.requestId, error: { code: 1, message: 'no' } }));
    await settle(rig, answer);
    expect(rig.stepsOf('quote-1').slice(1)).toEqual(['rejected relay_rejected', 'settled settled_by_balance']);
  });
});

describe('a quote is not taken', () => {
  test('it is over once a final block is later than its deadline, whatever our clock says', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = accepted(rig, 'quote-1');
    rig.clock.advance(80_000);
    await rig.poll({ blockTimeMs: answer.deadlineAtMs });
    expect(rig.stateOf('quote-1')).toBe('accepted');
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThan(0n);
    rig.clock.advance(1000);
    await rig.poll({ blockTimeMs: answer.deadlineAtMs + 1 });
    expect(rig.stepsOf('quote-1').at(-1)).toBe('expired deadline_passed');
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits as bigint).toBe(0n);
  });

  test('a refused one ends in silence', async () => {
    using rig = await readyRig({ lanes: 1 });
    const answer = rig.answered('quote-1');
    rig.frame(JSON.stringify({ jsonrpc: '2.0', id: answer.requestId, error: { code: 1, message: 'no' } }));
    rig.clock.advance(80_000);
    await rig.poll();
    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent', 'rejected relay_rejected']);
    expect(rig.book.counts().open).toBe(0);
  });
});

const saltOf = (nonce: string): string => Buffer.from(nonce, 'base64').subarray(5, 9).toString('hex');

describe('salts', () => {
  test('a rotation changes one lane of an asset at a time; while that one waits for the disk the others answer', async () => {
    using rig = await readyRig({ lanes: 3 });
    for (let n = 0; n < 3; n++) accepted(rig, `before-${n}`);
    const currents = () => rig.book.nonces().filter(({ current, asset }) => current && asset === EURE.id);
    const rotatedCount = () => currents().filter(({ nonce }) => saltOf(nonce) === 'aabbccdd').length;

    rig.list.holdSyncs();
    rig.clock.advance(2000);
    await rig.poll({ salt: 'aabbccdd' });
    expect(currents()).toHaveLength(2);
    expect(rotatedCount()).toBe(0);
    rig.laneManager.maintain();
    await rig.settled();
    expect(currents()).toHaveLength(2);
    expect(saltOf(rig.answered('meanwhile').nonce)).toBe(SALT);

    rig.list.releaseSyncs();
    await rig.settled();
    expect(currents()).toHaveLength(3);
    expect(rotatedCount()).toBe(3);
    expect(saltOf(rig.answered('after').nonce)).toBe('aabbccdd');
    // What was live before is live still.
    expect(rig.book.counts().open).toBe(5);
    expect(rig.eventsOf('breached')).toEqual([]);
  });

  test('an invalidation makes what is open uncertain, and the lanes take the new salt', async () => {
    using rig = await readyRig({ lanes: 1 });
    accepted(rig, 'quote-1');
    rig.clock.advance(2000);
    await rig.poll({ salt: 'aabbccdd', invalidSalts: [SALT] });
    expect(rig.stepsOf('quote-1').at(-1)).toBe('uncertain salt_invalidated');
    const next = rig.answered('quote-2');
    expect(saltOf(next.nonce)).toBe('aabbccdd');
    rig.clock.advance(80_000);
    await rig.poll({ salt: 'aabbccdd', invalidSalts: [SALT] });
    expect(rig.stepsOf('quote-1').at(-1)).toBe('expired deadline_passed');
  });

  test('one that a snapshot does not speak of may still be valid: what is live with it can be withdrawn and can settle', async () => {
    using rig = await readyRig({ lanes: 2 });
    const answer = accepted(rig, 'quote-1');
    const nonceNow = () => rig.book.nonces().find(({ nonce }) => nonce === answer.nonce);
    rig.clock.advance(2000);
    // Rotated twice between two snapshots, or first used while this one was read: nobody was asked whether it is still valid.
    await rig.poll({ salt: 'ccddeeff' });
    expect(nonceNow()).toMatchObject({ draining: 'salt_rotated', pullable: true });
    rig.clock.advance(2000);
    await rig.poll({ salt: 'ccddeeff' });
    expect(rig.stateOf('quote-1')).toBe('accepted');

    // Settled, and forgotten with its salt before the next snapshot.
    rig.credit(changeOf(answer));
    rig.clock.advance(2000);
    await rig.poll({ salt: 'ccddeeff', invalidSalts: [SALT] });
    expect(rig.stepsOf('quote-1').at(-1)).toBe('settled settled_by_balance');
    expect(rig.eventsOf('breached')).toEqual([]);
  });
});

describe('a balance that nothing explains', () => {
  test('less than before is reported once, with asset, loss and block', async () => {
    using rig = await readyRig();
    rig.credit({ [BTC.id]: -500n });
    rig.clock.advance(2000);
    await rig.poll();
    const breaches = rig.eventsOf('breached').map(({ breach }) => breach.detail);
    expect(breaches).toEqual([`credited ${BTC.id} fell by 500 more than settlements explain at block 102`]);
  });

  test('less than is promised breaches the invariant, and no new promise is made', async () => {
    using rig = await readyRig({ lanes: 1 });
    accepted(rig, 'quote-1');
    rig.credit({ [EURE.id]: -EURE_UNITS });
    rig.clock.advance(2000);
    await rig.poll();
    expect(rig.book.breach()?.detail).toContain('only 0 credited');
    expect(rig.ask('quote-2')).toBeNull();
    expect(rig.reasonOf('quote-2')).toBe('inventory_insufficient');
    rig.answered('quote-3', BTC_OUT);
  });

  test('more than before is an inflow: spendable, and no breach', async () => {
    using rig = await readyRig();
    rig.credit({ [BTC.id]: 500n });
    rig.clock.advance(2000);
    await rig.poll();
    expect(rig.events).toEqual([]);
    expect(rig.book.capital(BTC.id)?.allocatedUnits as bigint).toBe(1_000_500n);
  });
});
