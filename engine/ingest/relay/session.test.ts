import { describe, expect, test } from 'bun:test';
import type { ReplyFrame } from '../frame.ts';
import { accepted, refused, sentIn } from './replies.fixture.ts';
import { createSession, type Session, type SessionEffect } from './session.ts';
import { SILENCE_LIMITS } from './silence.ts';
import { type Stream, SUBSCRIBE_REPLY_LIMIT_MS } from './subscriptions.ts';

const TOKENS = ['nep141:a', 'nep141:b'];
const NOW_US = 1_000;

function begin(tokens: readonly string[] | null = TOKENS): { session: Session; quoteId: number; statusId: number } {
  let id = 0;
  const session = createSession({ tokens, guaranteed: false, nextId: () => ++id });
  const [quote, status] = sentIn(session.onOpen(NOW_US));
  return { session, quoteId: quote?.id ?? 0, statusId: status?.id ?? 0 };
}

describe('a session', () => {
  test('subscribes to quotes of the tokens in both directions, and to the status of quotes', () => {
    const session = createSession({ tokens: TOKENS, guaranteed: false, nextId: () => 7 });
    expect(session.view(NOW_US).phase).toBe('down');
    expect(sentIn(session.onOpen(NOW_US))).toEqual([
      {
        jsonrpc: '2.0',
        id: 7,
        method: 'subscribe',
        params: ['quote', { tokens_in: TOKENS, tokens_out: TOKENS }],
      } as never,
      { jsonrpc: '2.0', id: 7, method: 'subscribe', params: ['quote_status'] } as never,
    ]);
    expect(session.view(NOW_US).phase).toBe('subscribing');
  });

  test('without tokens asks for all quotes', () => {
    expect(
      sentIn(createSession({ tokens: null, guaranteed: false, nextId: () => 1 }).onOpen(NOW_US))[0]?.params,
    ).toEqual(['quote']);
  });

  test.each([
    ['quote first', ['quoteId', 'statusId']],
    ['status first', ['statusId', 'quoteId']],
  ] as const)('is live when both are answered, %s, and says so once', (_name, order) => {
    const begun = begin();
    expect(begun.session.onReply(accepted(begun[order[0]]), NOW_US)).toEqual([]);
    expect(begun.session.view(NOW_US).phase).toBe('subscribing');
    expect(begun.session.onReply(accepted(begun[order[1]]), NOW_US)).toEqual([
      { kind: 'say', event: 'subscribed', detail: 'filtered' },
    ]);
    expect(begun.session.view(NOW_US)).toEqual({
      phase: 'live',
      quote: 'filtered',
      quoteStatus: true,
      guaranteed: false,
      leftOut: 0,
      filterRefused: false,
      quoteAgeMs: null,
      quoteStatusAgeMs: null,
      reasons: [],
      notes: [],
    });
  });

  test('goes on without the filter when the relay refuses it, says so once, and does not ask again', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(statusId), NOW_US);
    const [again] = sentIn(session.onReply(refused(quoteId), NOW_US));
    expect(again?.params).toEqual(['quote']);
    expect(session.view(NOW_US).filterRefused).toBe(false);
    const events = (session.onReply(accepted(again?.id ?? 0), NOW_US) ?? []).map(
      (effect) => effect.kind === 'say' && effect.event,
    );
    expect(events).toEqual(['filter_refused', 'subscribed']);
    expect(session.view(NOW_US)).toMatchObject({ phase: 'live', quote: 'unfiltered', filterRefused: true });

    session.onClose();
    const [quote, status] = sentIn(session.onOpen(NOW_US));
    expect(quote?.params).toEqual(['quote']);
    session.onReply(accepted(status?.id ?? 0), NOW_US);
    expect(session.onReply(accepted(quote?.id ?? 0), NOW_US)).toEqual([
      { kind: 'say', event: 'subscribed', detail: 'unfiltered' },
    ]);
  });

  test('gives the connection up when quotes are refused altogether, and tries the filter again on the next', () => {
    const { session, quoteId } = begin();
    const [again] = sentIn(session.onReply(refused(quoteId), NOW_US));
    expect(session.onReply(refused(again?.id ?? 0, 'too many subscriptions'), NOW_US)).toEqual([
      { kind: 'drop', detail: 'the relay refused the subscription to quote: too many subscriptions' },
    ]);
    session.onClose();
    expect(sentIn(session.onOpen(NOW_US))[0]?.params.length).toBe(2);
  });

  test('is live without the status of quotes, and says so', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(quoteId), NOW_US);
    expect(session.onReply(refused(statusId, 'unknown stream'), NOW_US)).toEqual([
      { kind: 'say', event: 'quote_status_refused', detail: 'unknown stream' },
      { kind: 'say', event: 'subscribed', detail: 'filtered' },
    ]);
    expect(session.view(NOW_US)).toMatchObject({ phase: 'live', quoteStatus: false });
  });

  test('gives the connection up when a subscription is not answered in time', () => {
    const { session, quoteId } = begin();
    session.onReply(accepted(quoteId), NOW_US);
    expect(session.onTick(NOW_US + SUBSCRIBE_REPLY_LIMIT_MS * 1000 - 1, 0)).toEqual([]);
    expect(session.onTick(NOW_US + SUBSCRIBE_REPLY_LIMIT_MS * 1000, 0)).toEqual([
      { kind: 'drop', detail: 'the relay did not answer the subscription to quote_status within 5000 ms' },
    ]);
  });

  test('forgets what was asked when the connection ends: a late or strange reply changes nothing', () => {
    const { session, quoteId, statusId } = begin();
    session.onClose();
    expect(session.view(NOW_US).phase).toBe('down');
    expect(session.onTick(NOW_US + 1_000_000, 0)).toEqual([]);
    session.onOpen(NOW_US);
    for (const id of [quoteId, statusId, 999]) expect(session.onReply(accepted(id), NOW_US)).toBeNull();
    expect(session.view(NOW_US).phase).toBe('subscribing');
  });

  test('replaces the filter of a live connection and stays live', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(quoteId), NOW_US);
    session.onReply(accepted(statusId), NOW_US);
    const [changed] = sentIn(session.changeTokens(['nep141:c'], NOW_US));
    expect(changed?.params).toEqual(['quote', { tokens_in: ['nep141:c'], tokens_out: ['nep141:c'] }]);
    expect(session.view(NOW_US).phase).toBe('live');
    expect(session.onReply(accepted(changed?.id ?? 0), NOW_US)).toEqual([]);
    session.onClose();
    expect(session.changeTokens(null, NOW_US)).toEqual([]);
    expect(sentIn(session.onOpen(NOW_US))[0]?.params).toEqual(['quote']);
  });

  test('waits with another filter until the one before is answered', () => {
    const { session, quoteId, statusId } = begin();
    session.onReply(accepted(statusId), NOW_US);
    for (const token of ['nep141:c', 'nep141:d']) expect(session.changeTokens([token], NOW_US)).toEqual([]);
    const [changed, ...others] = sentIn(session.onReply(accepted(quoteId), NOW_US));
    expect(changed?.params[1]).toEqual({ tokens_in: ['nep141:d'], tokens_out: ['nep141:d'] });
    expect(others).toEqual([]);
    expect(sentIn(session.onReply(accepted(changed?.id ?? 0), NOW_US))).toEqual([]);
  });

  test('an acknowledgement counts once, and one of another id not at all', () => {
    const { session, quoteId } = begin();
    expect(session.onReply(accepted(quoteId), NOW_US)).toEqual([]);
    expect(session.onReply(accepted(quoteId), NOW_US)).toBeNull();
    expect(session.onReply(accepted(quoteId + 100), NOW_US)).toBeNull();
  });

  test.each([
    ['without an id', null],
    ['to what nobody waits for, like an acknowledgement', 900],
  ])('an error %s is said once a connection', (_, id) => {
    const { session } = begin();
    const error: ReplyFrame = { ...refused(0, 'slow down'), id };
    const said = [{ kind: 'say', event: 'error_received', detail: 'slow down' }] as const;
    expect(session.onReply(error, NOW_US)).toEqual([...said]);
    expect(session.onReply(error, NOW_US)).toEqual([]);
    session.onClose();
    session.onOpen(NOW_US);
    expect(session.onReply(error, NOW_US)).toEqual([...said]);
  });
});

describe('silence after the subscriptions were acknowledged', () => {
  const { noteMs, renewMs, limitMs, firstLimitMs, statusRenewMs, statusLimitMs, quoteRenewMs } = SILENCE_LIMITS;

  /** A live session in which time passes second by second, with what it asked for. */
  function live(tokens: readonly string[] | null = TOKENS, statusOk = true) {
    let id = 0;
    let nowMs = 1_000;
    const session = createSession({ tokens, guaranteed: false, nextId: () => ++id });
    const asked: string[] = [];
    const drops: { readonly detail: string; readonly atMs: number }[] = [];
    const take = (effects: readonly SessionEffect[] | null): void => {
      for (const effect of effects ?? [])
        if (effect.kind === 'drop') drops.push({ detail: effect.detail, atMs: nowMs });
      for (const sent of sentIn(effects)) {
        asked.push(`${sent.method} ${String(sent.params[0])}`);
        if (sent.method === 'subscribe') {
          const isRefused = sent.params[0] === 'quote_status' && !statusOk;
          take(session.onReply(isRefused ? refused(sent.id) : accepted(sent.id), nowMs * 1000));
        }
      }
    };
    const open = () => {
      take(session.onOpen(nowMs * 1000));
      asked.length = 0;
    };
    open();
    return {
      session,
      asked,
      drops,
      view: () => session.view(nowMs * 1000),
      hear: (stream: Stream) => session.onHeard(stream, nowMs * 1000),
      /** @param heard called before each second */
      pass(ms: number, heard: () => void = () => {}) {
        for (let left = ms; left > 0; left -= 1_000) {
          heard();
          nowMs += Math.min(1_000, left);
          take(session.onTick(nowMs * 1000, 0));
        }
      },
      reopen() {
        session.onClose();
        open();
      },
    };
  }

  test('of everything: a note, then subscribed again, then a new connection, unhealthy until something is heard', () => {
    const relay = live();
    relay.pass(noteMs - 1);
    expect(relay.view()).toMatchObject({ reasons: [], notes: [] });
    relay.pass(1);
    expect(relay.view()).toMatchObject({ reasons: [], notes: ['relay_quiet'] });
    relay.pass(renewMs - noteMs - 1);
    expect(relay.asked).toEqual([]);
    relay.pass(1);
    expect(relay.asked).toEqual(['unsubscribe subscription', 'subscribe quote_status', 'subscribe quote']);
    relay.pass(limitMs - renewMs - 1);
    expect(relay.asked).toHaveLength(3);
    expect([relay.drops.length, relay.view().reasons]).toEqual([0, []]);
    relay.pass(1);
    expect(relay.drops).toEqual([{ detail: `nothing on any stream for ${limitMs} ms`, atMs: 1_000 + limitMs }]);
    relay.reopen();
    expect(relay.view()).toMatchObject({ phase: 'live', reasons: ['relay_silent'] });
    relay.pass(limitMs - 1);
    expect(relay.drops).toHaveLength(1);
    relay.hear('quote_status');
    expect(relay.view()).toMatchObject({ reasons: [], notes: [], quoteStatusAgeMs: 0 });
  });

  test('that ended and comes again is met as the first time', () => {
    const relay = live();
    for (let round = 1; round <= 3; round++) {
      relay.pass(renewMs);
      expect(relay.asked).toEqual(['unsubscribe subscription', 'subscribe quote_status', 'subscribe quote']);
      relay.asked.length = 0;
      for (const stream of ['quote', 'quote_status'] as const) relay.hear(stream);
    }
  });

  test('of the pair is none of the connection: quotes are subscribed again now and then, nothing else', () => {
    const relay = live();
    relay.pass(2 * quoteRenewMs, () => relay.hear('quote_status'));
    expect(relay.asked).toEqual(['subscribe quote', 'subscribe quote']);
    expect(relay.drops).toEqual([]);
    expect(relay.view()).toMatchObject({ reasons: [], notes: [], quoteAgeMs: null });
  });

  test('of the statuses of all solvers: subscribed again, then a new connection, unhealthy meanwhile', () => {
    const relay = live();
    const quotes = () => relay.hear('quote');
    relay.pass(statusRenewMs - 1, quotes);
    expect(relay.asked).toEqual([]);
    relay.pass(1, quotes);
    expect(relay.asked).toEqual(['unsubscribe subscription', 'subscribe quote_status']);
    relay.pass(statusLimitMs - statusRenewMs - 1, quotes);
    expect(relay.view().reasons).toEqual([]);
    relay.pass(1, quotes);
    expect(relay.drops).toEqual([
      { detail: `no quote_status of any solver for ${statusLimitMs} ms`, atMs: 1_000 + statusLimitMs },
    ]);
    relay.reopen();
    expect(relay.view().reasons).toEqual(['quote_status_silent']);
    relay.hear('quote');
    expect(relay.view().reasons).toEqual(['quote_status_silent']);
    relay.hear('quote_status');
    expect(relay.view().reasons).toEqual([]);
  });

  test('of the statuses is no reason any more where the relay refuses them', () => {
    const relay = live();
    relay.pass(statusLimitMs, () => relay.hear('quote'));
    expect(relay.view().reasons).toEqual(['quote_status_silent']);
    relay.session.onClose();
    const [, status] = sentIn(relay.session.onOpen(NOW_US));
    relay.session.onReply(refused(status?.id ?? 0), NOW_US);
    expect(relay.view().reasons).toEqual([]);
  });

  test('of a new connection counts from its beginning, and its first event is demanded sooner', () => {
    const relay = live();
    relay.hear('quote_status');
    relay.session.onClose();
    relay.pass(10 * limitMs);
    relay.reopen();
    relay.pass(firstLimitMs - 1);
    expect([relay.drops, relay.view().reasons]).toEqual([[], []]);
    relay.pass(1);
    expect(relay.drops).toMatchObject([{ detail: `no first event within ${firstLimitMs} ms of the subscription` }]);
  });

  test('with statuses refused and a filter proves nothing: a note only', () => {
    const relay = live(TOKENS, false);
    relay.pass(4 * limitMs);
    expect([relay.drops, relay.view().reasons, relay.view().notes]).toEqual([[], [], ['relay_quiet']]);
  });

  test('with statuses refused and quotes of all pairs is a fault', () => {
    const relay = live(null, false);
    relay.pass(limitMs);
    expect(relay.drops).toHaveLength(1);
  });

  test('broken by an event in time starts again from nothing', () => {
    const relay = live();
    for (let round = 0; round < 5; round++) {
      relay.pass(limitMs - 1);
      relay.hear(round % 2 === 0 ? 'quote' : 'quote_status');
    }
    expect([relay.drops, relay.view().reasons]).toEqual([[], []]);
  });
});
