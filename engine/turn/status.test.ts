import { describe, expect, test } from 'bun:test';
import { type Rig, readyRig } from '../scenario/loop.fixture.ts';

describe('a status of one of our quotes', () => {
  const guaranteed = (quoteHash: string, seq: number, txHash = 'tx-1'): string =>
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'event',
      params: { subscription: 's', seq, data: { quote_hash: quoteHash, intent_hash: 'theirs', tx_hash: txHash } },
    });
  const statusesOf = (rig: Rig) => rig.journalled.filter(({ kind }) => kind === 'status_seen');

  test('that is on record already is counted only, under whatever subscription it comes again', async () => {
    using rig = await readyRig();
    const { quoteHash } = rig.answered('quote-1');
    for (const seq of [1, 2]) rig.frame(guaranteed(quoteHash, seq));
    expect([statusesOf(rig).length, rig.statuses]).toEqual([1, ['tx-1']]);
    expect(rig.events.at(-1)).toEqual({ kind: 'passed_over', why: 'repeated_status' });
    rig.frame(guaranteed(quoteHash, 3, 'tx-2'));
    expect([statusesOf(rig).length, rig.statuses]).toEqual([2, ['tx-1', 'tx-2']]);
  });

  test('and of any other solver is acknowledged once it was taken in', async () => {
    using rig = await readyRig();
    const { quoteHash } = rig.answered('quote-1');
    rig.frame(guaranteed('9yWu1o7WyPFGmQZp6xYqvJ4tNcGv3n6Rk1hS2dTfVbXa', 4));
    rig.frame(guaranteed(quoteHash, 5));
    rig.frame(guaranteed(quoteHash, 5));
    expect(rig.acknowledged).toEqual([
      ['s', 4],
      ['s', 5],
      ['s', 5],
    ]);
  });

  test('is not acknowledged when it could not be recorded: it comes again', async () => {
    using rig = await readyRig();
    const { quoteHash } = rig.answered('quote-1');
    const { apply } = rig.book;
    rig.book.apply = () => {
      throw new Error('a slip');
    };
    rig.frame(guaranteed(quoteHash, 5));
    rig.book.apply = apply;
    expect(rig.acknowledged).toEqual([]);
  });
});
