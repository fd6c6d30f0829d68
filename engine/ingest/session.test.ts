import { describe, expect, test } from 'bun:test';
import type { ReplyFrame } from './frame.ts';
import { createSession, type Session, type SessionEffect, SUBSCRIBE_REPLY_LIMIT_MS } from './session.ts';

const TOKENS = ['nep141:a', 'nep141:b'];
const NOW_MS = 1_000;

type Sent = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

function sentIn(effects: readonly SessionEffect[]): Sent[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [JSON.parse(effect.text) as Sent] : []));
}

const accepted = (id: number): ReplyFrame => ({
  kind: 'reply',
  id,
  ok: true,
  result: 'subscription',
  errorCode: null,
  errorText: null,
});
const refused = (id: number, errorText = 'no'): ReplyFrame => ({
  kind: 'reply',
  id,
  ok: false,
  result: null,
  errorCode: -32602,
  errorText,
});

function begin(tokens: readonly string[] | null = TOKENS): { session: Session; quoteId: number; statusId: number } {
  let id = 0;
  const session = createSession(tokens, () => ++id);
  const [quote, status] = sentIn(session.onOpen(NOW_MS));
  return { session, quoteId: quote?.id ?? 0, statusId: status?.id ?? 0 };
}

describe('a session', () => {
  test('subscribes to quotes of the tokens in both directions, and to the status of quotes', () => {
    const session = createSession(TOKENS, () => 7);
    expect(session.view().phase).toBe('down');
    expect(sentIn(session.onOpen(NOW_MS))).toEqual([
      {
        jsonrpc: '2.0',
        id: 7,
        method: 'subscribe',
        params: ['quote', { tokens_in: TOKENS, tokens_out: TOKENS }],
      } as never,
      { jsonrpc: '2.0', id: 7, method: 'subscribe', params: ['quote_status'] } as never,
    ]);
    expect(session.view().phase).toBe('subscribing');
  });

  test('without tokens asks for all quotes', () => {
    expect(sentIn(createSession(null, () => 1).onOpen(NOW_MS))[0]?.params).toEqual(['quote']);
  });

  test.each([
    ['quote first', ['quoteId', 'statusId']],
    ['status first', ['statusId', 'quoteId']],
  ] as const)('is live when both are answered, %s, and says so once', (_name, order) => {
    const begun = begin();
    expect(begun.session.onReply(accepted(begun[order[0]]), NOW_MS)).toEqual([]);
    expect(begun.session.view().phase).toBe('subscribing');
    expect(begun.session.onReply(accepted(begun[order[1]]), NOW_MS)).toEqual([
      { kind: 'say', event: 'subscribed', detail: 'filtered' },
    ]);
    expect(begun.session.view()).toEqual({ phase: 'live', quote: 'filtered', quoteStatus: true, filterRefused: false });
  });

  test('goes on without the filter when the relay refuses it, says so once, and does not ask again', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(statusId), NOW_MS);
    const [again] = sentIn(session.onReply(refused(quoteId), NOW_MS));
    expect(again?.params).toEqual(['quote']);
    expect(session.view().filterRefused).toBe(false);
    const events = session
      .onReply(accepted(again?.id ?? 0), NOW_MS)
      .map((effect) => effect.kind === 'say' && effect.event);
    expect(events).toEqual(['filter_refused', 'subscribed']);
    expect(session.view()).toMatchObject({ phase: 'live', quote: 'unfiltered', filterRefused: true });

    session.onClose();
    const [quote, status] = sentIn(session.onOpen(NOW_MS));
    expect(quote?.params).toEqual(['quote']);
    session.onReply(accepted(status?.id ?? 0), NOW_MS);
    expect(session.onReply(accepted(quote?.id ?? 0), NOW_MS)).toEqual([
      { kind: 'say', event: 'subscribed', detail: 'unfiltered' },
    ]);
  });

  test('gives the connection up when quotes are refused altogether, and tries the filter again on the next', () => {
    const { session, quoteId } = begin();
    const [again] = sentIn(session.onReply(refused(quoteId), NOW_MS));
    expect(session.onReply(refused(again?.id ?? 0, 'too many subscriptions'), NOW_MS)).toEqual([
      { kind: 'drop', detail: 'the relay refused the subscription to quote: too many subscriptions' },
    ]);
    session.onClose();
    expect(sentIn(session.onOpen(NOW_MS))[0]?.params.length).toBe(2);
  });

  test('is live without the status of quotes, and says so', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(quoteId), NOW_MS);
    expect(session.onReply(refused(statusId, 'unknown stream'), NOW_MS)).toEqual([
      { kind: 'say', event: 'quote_status_refused', detail: 'unknown stream' },
      { kind: 'say', event: 'subscribed', detail: 'filtered' },
    ]);
    expect(session.view()).toMatchObject({ phase: 'live', quoteStatus: false });
  });

  test('gives the connection up when a subscription is not answered in time', () => {
    const { session, quoteId } = begin();
    session.onReply(accepted(quoteId), NOW_MS);
    expect(session.onTick(NOW_MS + SUBSCRIBE_REPLY_LIMIT_MS - 1)).toEqual([]);
    expect(session.onTick(NOW_MS + SUBSCRIBE_REPLY_LIMIT_MS)).toEqual([
      { kind: 'drop', detail: 'the relay did not answer the subscription to quote_status within 5000 ms' },
    ]);
  });

  test('forgets what was asked when the connection ends: a late or strange reply changes nothing', () => {
    const { session, quoteId, statusId } = begin();
    session.onClose();
    expect(session.view().phase).toBe('down');
    expect(session.onTick(NOW_MS + 1_000_000)).toEqual([]);
    session.onOpen(NOW_MS);
    for (const id of [quoteId, statusId, 999]) expect(session.onReply(accepted(id), NOW_MS)).toEqual([]);
    expect(session.view().phase).toBe('subscribing');
  });

  test('replaces the filter of a live connection and stays live', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(quoteId), NOW_MS);
    session.onReply(accepted(statusId), NOW_MS);
    const [changed] = sentIn(session.changeTokens(['nep141:c'], NOW_MS));
    expect(changed?.params).toEqual(['quote', { tokens_in: ['nep141:c'], tokens_out: ['nep141:c'] }]);
    expect(session.view().phase).toBe('live');
    expect(session.onReply(accepted(changed?.id ?? 0), NOW_MS)).toEqual([]);
    session.onClose();
    expect(session.changeTokens(null, NOW_MS)).toEqual([]);
    expect(sentIn(session.onOpen(NOW_MS))[0]?.params).toEqual(['quote']);
  });
});
