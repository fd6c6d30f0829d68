import { describe, expect, test } from 'bun:test';
import { TRIES_MAX } from './delivery-tries.ts';
import { accepted, refused, sentIn } from './replies.fixture.ts';
import { createSession, type SessionEffect } from './session.ts';
import { SILENCE_LIMITS } from './silence.ts';
import { SUBSCRIBE_REPLY_LIMIT_MS } from './subscriptions.ts';

const NOW_US = 1_000;

describe('guaranteed delivery of statuses', () => {
  function begun(outcome: 'accepted' | 'refused') {
    let id = 0;
    const session = createSession({ tokens: null, guaranteed: true, nextId: () => ++id });
    const [quote, status] = sentIn(session.onOpen(NOW_US));
    session.onReply(accepted(quote?.id ?? 0), NOW_US);
    const effects = session.onReply((outcome === 'accepted' ? accepted : refused)(status?.id ?? 0), NOW_US) ?? [];
    return { session, status, effects };
  }

  test('is asked for with the subscription, and every event is acknowledged once its record is durable', () => {
    const { session, status } = begun('accepted');
    expect(status?.params).toEqual(['quote_status', null, true]);
    expect(session.view(NOW_US)).toMatchObject({ phase: 'live', quoteStatus: true, guaranteed: true });
    session.onTaken({ subscriptionId: 'subscription', seq: 41, afterRecord: 7 });
    session.onTaken({ subscriptionId: 'subscription', seq: 42, afterRecord: 8 });
    expect(session.onTick(NOW_US, 6)).toEqual([]);
    expect(sentIn(session.onTick(NOW_US, 7))).toMatchObject([{ method: 'acknowledge', params: ['subscription', 41] }]);
    expect(sentIn(session.onTick(NOW_US, 9))).toMatchObject([{ method: 'acknowledge', params: ['subscription', 42] }]);
    expect(session.onTick(NOW_US, 9)).toEqual([]);
  });

  test('is left out where the relay refuses it, said, and asked for again on the next connection', () => {
    const { session, effects } = begun('refused');
    expect(effects[0]).toEqual({ kind: 'say', event: 'delivery_not_guaranteed', detail: 'no' });
    const [again] = sentIn(effects);
    expect(again?.params).toEqual(['quote_status']);
    session.onReply(accepted(again?.id ?? 0), NOW_US);
    expect(session.view(NOW_US)).toMatchObject({ phase: 'live', quoteStatus: true, guaranteed: false });
    session.onClose();
    expect(sentIn(session.onOpen(NOW_US))[1]?.params).toEqual(['quote_status', null, true]);
  });

  const statusParams = (effects: readonly SessionEffect[]) => sentIn(effects)[1]?.params;
  const ASKED = ['quote_status', null, true];
  const NOT_ASKED = ['quote_status'];

  /** A relay that never answers the subscription with guaranteed delivery, and everything else. */
  function deaf() {
    let id = 0;
    const session = createSession({ tokens: null, guaranteed: true, nextId: () => ++id });
    const said: SessionEffect[] = [];
    return {
      session,
      said,
      connect() {
        const effects = session.onOpen(NOW_US);
        for (const { id: asked, params } of sentIn(effects)) {
          if (params[2] !== true) said.push(...(session.onReply(accepted(asked), NOW_US) ?? []));
        }
        return statusParams(effects);
      },
    };
  }

  test('is not asked for after a connection on which it was not answered, and then again', () => {
    const { session, said, connect } = deaf();
    expect(connect()).toEqual(ASKED);
    expect(session.onReply({ ...refused(0), id: null }, NOW_US)).toMatchObject([{ event: 'error_received' }]);
    expect(session.onTick(NOW_US + SUBSCRIBE_REPLY_LIMIT_MS * 1000, 0)).toMatchObject([{ kind: 'drop' }]);
    session.onClose();
    expect([session.asksGuaranteed(), connect()]).toEqual([false, NOT_ASKED]);
    expect(session.view(NOW_US)).toMatchObject({ phase: 'live', quoteStatus: true, guaranteed: false });
    expect(said).toMatchObject([{ event: 'subscribed' }, { event: 'delivery_not_guaranteed' }]);
    session.onClose();
    expect([session.asksGuaranteed(), connect()]).toEqual([true, ASKED]);
  });

  test('is not asked for any more after several connections in a row that asked in vain', () => {
    const { session, connect } = deaf();
    const asked = Array.from({ length: 2 * TRIES_MAX + 2 }, () => {
      const params = connect();
      session.onClose();
      return params;
    });
    expect(asked).toEqual([
      ...Array.from({ length: TRIES_MAX }, () => [ASKED, NOT_ASKED]).flat(),
      NOT_ASKED,
      NOT_ASKED,
    ]);
  });

  test('is asked for again and again of a relay that takes no connection, with it or without', () => {
    let id = 0;
    const session = createSession({ tokens: null, guaranteed: true, nextId: () => ++id });
    for (let round = 0; round < 2 * TRIES_MAX; round++) {
      expect(session.asksGuaranteed()).toBe(true);
      session.onConnectRefused();
      expect(session.asksGuaranteed()).toBe(false);
      session.onConnectRefused();
    }
  });

  test('is asked for on the next connection where it was answered on this', () => {
    const { session } = begun('accepted');
    session.onClose();
    expect(session.asksGuaranteed()).toBe(true);
  });

  test('of a subscription that was renewed are acknowledged under the new one alone, as they come again there', () => {
    const { session } = begun('accepted');
    const renewedUs = NOW_US + SILENCE_LIMITS.renewMs * 1000;
    session.onTaken({ subscriptionId: 'subscription', seq: 41, afterRecord: 7 });
    const asked = sentIn(session.onTick(renewedUs, 6));
    expect(asked.map(({ method }) => method)).toEqual(['unsubscribe', 'subscribe', 'subscribe']);
    expect(session.onTick(renewedUs, 9)).toEqual([]);
    // On its way when the subscription ended.
    session.onTaken({ subscriptionId: 'subscription', seq: 42, afterRecord: 8 });
    session.onReply({ ...accepted(asked[1]?.id ?? 0), resultText: 'renewed' }, renewedUs);
    session.onTaken({ subscriptionId: 'renewed', seq: 41, afterRecord: 9 });
    expect(sentIn(session.onTick(renewedUs, 9))).toMatchObject([{ method: 'acknowledge', params: ['renewed', 41] }]);
  });

  test('of a subscription that is renewed under the same id go on to be acknowledged', () => {
    const { session } = begun('accepted');
    const renewedUs = NOW_US + SILENCE_LIMITS.renewMs * 1000;
    const asked = sentIn(session.onTick(renewedUs, 0));
    session.onReply(accepted(asked[1]?.id ?? 0), renewedUs);
    session.onTaken({ subscriptionId: 'subscription', seq: 41, afterRecord: 7 });
    expect(sentIn(session.onTick(renewedUs, 7))).toMatchObject([{ params: ['subscription', 41] }]);
  });

  test('are not guaranteed where a renewed subscription is refused altogether', () => {
    const { session } = begun('accepted');
    const renewedUs = NOW_US + SILENCE_LIMITS.renewMs * 1000;
    const asked = sentIn(session.onTick(renewedUs, 0));
    const [again] = sentIn(session.onReply(refused(asked[1]?.id ?? 0), renewedUs));
    session.onReply(refused(again?.id ?? 0), renewedUs);
    expect(session.view(renewedUs)).toMatchObject({ phase: 'live', quoteStatus: false, guaranteed: false });
  });

  test('what was not acknowledged is forgotten with the connection: it comes again on the next', () => {
    const { session } = begun('accepted');
    session.onTaken({ subscriptionId: 'subscription', seq: 1, afterRecord: 1 });
    session.onClose();
    session.onTaken({ subscriptionId: 'subscription', seq: 2, afterRecord: 1 });
    session.onOpen(NOW_US);
    expect(session.onTick(NOW_US, 9)).toEqual([]);
  });
});
