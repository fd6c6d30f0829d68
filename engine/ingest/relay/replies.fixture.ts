// What a session sends, and replies of a relay to it.

import type { ReplyFrame } from '../frame.ts';
import type { SessionEffect } from './session.ts';

type Sent = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

export function sentIn(effects: readonly SessionEffect[] | null): Sent[] {
  return (effects ?? []).flatMap((effect) => (effect.kind === 'send' ? [JSON.parse(effect.text) as Sent] : []));
}

export const accepted = (id: number): ReplyFrame => ({
  kind: 'reply',
  id,
  ok: true,
  resultText: 'subscription',
  errorCode: null,
  errorText: null,
});
export const refused = (id: number, errorText = 'no'): ReplyFrame => ({
  kind: 'reply',
  id,
  ok: false,
  resultText: null,
  errorCode: -32602,
  errorText,
});
