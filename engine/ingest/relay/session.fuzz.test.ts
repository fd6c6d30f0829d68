import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { DEFAULT_PAIR } from '../../../contracts/assets.ts';
import { parseFrame } from '../frame.ts';
import { anyFrame } from '../relay-frames.fixture.ts';
import { createSession, type SessionEffect } from './session.ts';
import { SUBSCRIBE_REPLY_LIMIT_MS } from './subscriptions.ts';

type Call =
  | { readonly kind: 'open' | 'close' | 'quote' | 'quote_status' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'taken'; readonly seq: number }
  | { readonly kind: 'tokens'; readonly tokens: readonly string[] | null }
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'answer'; readonly pick: number; readonly ok: boolean };

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constantFrom('open' as const, 'close' as const, 'quote' as const, 'quote_status' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400_000 }) }),
  fc.record({ kind: fc.constant('taken' as const), seq: fc.nat() }),
  fc.record({
    kind: fc.constant('tokens' as const),
    tokens: fc.option(fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 })),
  }),
  fc.record({ kind: fc.constant('reply' as const), text: anyFrame }),
  fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(), ok: fc.boolean() }),
);

const subscribing = (effects: readonly SessionEffect[] | null): number =>
  (effects ?? []).filter((effect) => effect.kind !== 'send' || !effect.text.includes('acknowledge')).length;

test('for any replies in any order the session asks for little and never stays stuck', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), fc.boolean(), (calls, guaranteed) => {
      let durable = 0;
      let nowUs = 1_000_000;
      let lastId = 0;
      let isOpen = false;
      /** Subscriptions without an answer on this connection, with the time of asking. */
      const open = new Map<number, number>();
      const session = createSession({ tokens: ['nep141:a'], guaranteed, nextId: () => ++lastId });
      const close = (): void => {
        session.onClose();
        isOpen = false;
        open.clear();
      };
      const perform = (effects: readonly SessionEffect[] | null): void => {
        expect(subscribing(effects)).toBeLessThanOrEqual(6);
        for (const effect of effects ?? []) {
          if (effect.kind === 'send') {
            const { id, method } = JSON.parse(effect.text);
            if (method === 'subscribe') open.set(id, nowUs);
          }
          if (effect.kind === 'drop') close();
        }
        expect(open.size).toBeLessThanOrEqual(2);
      };
      const reply = (text: string): void => {
        const frame = parseFrame(text, 1, DEFAULT_PAIR);
        if (frame.kind !== 'reply') return;
        if (frame.id !== null) open.delete(frame.id);
        perform(session.onReply(frame, nowUs));
      };
      for (const one of calls) {
        if (one.kind === 'open' && !isOpen) {
          isOpen = true;
          perform(session.onOpen(nowUs));
        } else if (one.kind === 'close' && isOpen) close();
        else if (one.kind === 'quote' || one.kind === 'quote_status') session.onHeard(one.kind, nowUs);
        else if (one.kind === 'taken') session.onTaken({ subscriptionId: 's', seq: one.seq, afterRecord: durable + 1 });
        else if (one.kind === 'tokens') perform(session.changeTokens(one.tokens, nowUs));
        else if (one.kind === 'reply') reply(one.text);
        else if (one.kind === 'answer' && open.size > 0) {
          const id = [...open.keys()][one.pick % open.size];
          reply(JSON.stringify(one.ok ? { id, result: 'subscription' } : { id, error: 'no' }));
        } else if (one.kind === 'wait') {
          nowUs += one.ms * 1000;
          perform(session.onTick(nowUs, durable++));
          for (const askedUs of open.values()) {
            expect(nowUs - askedUs).toBeLessThan(SUBSCRIBE_REPLY_LIMIT_MS * 1000);
          }
        }
        const { phase, reasons } = session.view(nowUs);
        expect(phase === 'down').toBe(!isOpen);
        expect(reasons.length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 1_000 },
  );
});
