// The lane manager: what allows new promises is on disk before it counts, what takes them away counts at once, and a
// journal that cannot be written ends the granting.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { readyRig, startRig } from '../../scenario/loop.fixture.ts';

const currentsOf = (rig: ReturnType<typeof startRig>) => rig.book.nonces().filter(({ current }) => current);

describe('granting', () => {
  test('nothing before the first balance, lanes of both assets after it', async () => {
    using rig = startRig({ lanes: 3 });
    rig.begin();
    rig.laneManager.maintain();
    await rig.settled();
    expect(rig.book.nonces()).toEqual([]);
    expect(rig.laneManager.salts()).toBeNull();
    await rig.poll();
    expect(currentsOf(rig).map(({ asset, lane }) => `${asset} ${lane}`)).toEqual(
      [BTC, EURE].flatMap(({ id }) => [0, 1, 2].map((lane) => `${id} ${lane}`)),
    );
    expect(rig.laneManager.salts()).toEqual({ current: '252812b3', invalid: [] });
  });

  test('a snapshot without a salt opens nothing and keeps the salts that were known', async () => {
    using rig = startRig();
    rig.begin();
    await rig.poll({ salt: null as never });
    expect(rig.book.nonces()).toEqual([]);
    await rig.poll();
    expect(currentsOf(rig)).toHaveLength(4);
    await rig.poll({ salt: null as never });
    expect(rig.laneManager.salts()?.current).toBe('252812b3');
  });

  test('while a grant is on its way to the disk no other is made, whatever is asked in between', async () => {
    using rig = startRig({ lanes: 1 });
    rig.begin();
    rig.list.holdSyncs();
    await rig.poll();
    for (let n = 0; n < 5; n++) {
      rig.laneManager.maintain();
      rig.clock.advance(2000);
      await rig.poll();
    }
    expect(rig.journalled.filter(({ kind }) => kind === 'nonce_opened')).toHaveLength(2);
    expect(rig.book.nonces()).toEqual([]);
    rig.list.releaseSyncs();
    await rig.settled();
    expect(currentsOf(rig)).toHaveLength(2);
    expect(rig.events).toEqual([]);
  });

  test('a ceiling that rises counts once it is durable, one that falls at once', async () => {
    using rig = await readyRig({ lanes: 1 });
    const ceiling = () => currentsOf(rig).find(({ asset }) => asset === BTC.id)?.ceilingUnits as bigint;
    rig.list.holdSyncs();
    rig.credit({ [BTC.id]: 1000n });
    rig.clock.advance(2000);
    await rig.poll();
    expect(ceiling()).toBe(1_000_000n);
    rig.list.releaseSyncs();
    await rig.settled();
    expect(ceiling()).toBe(1_001_000n);
    rig.list.holdSyncs();
    rig.credit({ [BTC.id]: -5000n });
    rig.clock.advance(2000);
    await rig.poll();
    expect(ceiling()).toBe(996_000n);
  });

  test('nonces differ, and live an hour at most', async () => {
    using rig = await readyRig({ lanes: 8 });
    const nonces = rig.book.nonces();
    expect(new Set(nonces.map(({ nonce }) => nonce)).size).toBe(16);
    for (const { nonceDeadlineAtMs } of nonces) expect(nonceDeadlineAtMs).toBe(rig.clock.nowMs() + 3_600_000);
  });
});

describe('a snapshot', () => {
  test('that the ledger does not take is named, and teaches no salt', async () => {
    using rig = await readyRig();
    rig.clock.advance(2000);
    const blockTimeMs = rig.clock.nowMs() + 86_400_000;
    expect(await rig.poll({ blockTimeMs, salt: 'aabbccdd' })).toMatchObject({
      reason: 'block_time_ahead',
    });
    expect(rig.laneManager.salts()?.current).toBe('252812b3');
    expect(rig.journalled.at(-1)?.kind).not.toBe('balance');
    expect(await rig.poll()).toBeNull();
  });

  test.each([
    ['of a later block', 0],
    ['of the block of the newest balance', -1],
  ])('%s that no second endpoint confirms teaches no salt either', async (_which, behind) => {
    using rig = await readyRig();
    const { nonce } = rig.answered('quote-1');
    rig.clock.advance(2000);
    rig.setHeight(rig.height() + behind);
    const lie = { salt: 'aabbccdd', invalidSalts: ['252812b3'] };
    expect(await rig.poll({ confirmed: false, ...lie })).toBeNull();
    expect(rig.laneManager.salts()).toEqual({ current: '252812b3', invalid: [] });
    expect(currentsOf(rig).every(({ draining }) => draining === null)).toBe(true);
    expect(currentsOf(rig)).toHaveLength(4);
    expect(rig.book.nonces().find((view) => view.nonce === nonce)).toMatchObject({ pullable: true });
  });

  test.each([
    ['under way', { [EURE.id]: -1n }],
    ['over at once', { [EURE.id]: 0n }],
  ])(
    'that invalidates a salt opens no lane under it, while a search for what was settled is %s',
    async (_how, change) => {
      using rig = await readyRig({ lanes: 1 });
      let nonce = '';
      for (let n = 0; n < 300; n++) ({ nonce } = rig.answered(`q${n}`, { exact_amount_in: String(1000 + n) }));
      rig.clock.advance(2000);
      rig.credit(change);
      await rig.poll({ used: [nonce], invalidSalts: ['252812b3'], salt: 'aabbccdd' });
      for (let turn = 0; turn < 20; turn++) await rig.settled();
      const drained = rig.journalled.findIndex(({ kind }) => kind === 'nonce_draining');
      const opened = rig.journalled.slice(drained).flatMap((fact) => (fact.kind === 'nonce_opened' ? [fact.salt] : []));
      expect(opened).toEqual(['aabbccdd', 'aabbccdd']);
    },
  );

  test('that ends many quotes records a bounded number a turn, and the rest in the turns that follow', async () => {
    using rig = await readyRig({ lanes: 1 });
    for (let index = 0; index < 700; index++) rig.answered(`q${index}`, { exact_amount_in: String(1000 + index) });
    rig.clock.advance(75_000);
    const perTurn: number[] = [];
    const ended = () => rig.journalled.filter((fact) => fact.kind === 'transition' && fact.to === 'expired').length;
    const polled = rig.poll();
    perTurn.push(ended());
    await polled;
    while (ended() < 700) {
      const before = ended();
      await rig.settled();
      perTurn.push(ended() - before);
    }
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(12);
    expect(rig.book.counts().open).toBe(0);
  });
});

test('a stop ends a snapshot that takes several turns and ends that are due: the journal is closed after it', async () => {
  using rig = await readyRig({ lanes: 1 });
  const answers = Array.from({ length: 300 }, (_, n) => rig.answered(`q${n}`, { exact_amount_in: String(1000 + n) }));
  rig.clock.advance(2000);
  rig.credit({ [EURE.id]: -1n });
  void rig.poll({ used: answers.slice(0, 1).map(({ nonce }) => nonce) });
  rig.laneManager.stop();
  const kinds = rig.journalled.map(({ kind }) => kind);
  for (let turn = 0; turn < 5; turn++) await rig.settled();
  rig.laneManager.maintain();
  void rig.poll();
  await rig.settled();
  expect(kinds).toContain('nonce_used');
  expect(rig.journalled.map(({ kind }) => kind)).toEqual(kinds);
});

describe('between polls', () => {
  test('a nonce grows old by our clock, and its lane gets another before it is refused', async () => {
    using rig = await readyRig({ lanes: 1 });
    const before = new Set(currentsOf(rig).map(({ nonce }) => nonce));
    rig.clock.advance(3_600_000 - 600_000 - 75_000 + 1);
    rig.laneManager.maintain();
    await rig.settled();
    expect(currentsOf(rig)).toHaveLength(2);
    for (const { nonce } of currentsOf(rig)) expect(before.has(nonce)).toBe(false);
    // The old ones had no live quote: they are closed.
    expect(rig.book.nonces()).toHaveLength(2);
  });
});

describe('a journal that fails', () => {
  const DISK_GONE = new Error('disk gone');

  test('while a grant waits for it: reported once, and nothing is granted any more', async () => {
    using rig = startRig({ lanes: 1 });
    rig.begin();
    rig.list.holdSyncs();
    await rig.poll();
    rig.list.fail(DISK_GONE);
    await rig.settled();
    expect(rig.events).toEqual([{ kind: 'lanes_failed', error: DISK_GONE }]);
    expect(rig.book.nonces()).toEqual([]);
    rig.laneManager.maintain();
    await rig.settled();
    expect(rig.book.nonces()).toEqual([]);
  });

  test('at a snapshot: reported, the poll has failed, and the book stays where the journal ends', async () => {
    using rig = await readyRig({ lanes: 1 });
    expect(await rig.poll()).toBeNull();
    rig.list.fail(DISK_GONE);
    rig.credit({ [BTC.id]: 7n });
    rig.clock.advance(2000);
    expect(await rig.poll()).toEqual({ reason: 'ledger_failed', detail: 'disk gone' });
    expect(rig.events).toEqual([{ kind: 'lanes_failed', error: DISK_GONE }]);
    expect(rig.book.capital(BTC.id)?.creditedUnits as bigint).toBe(1_000_000n);
  });
});
