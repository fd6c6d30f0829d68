// Reads a relay frame of a tape into what is to be done with it on playing. Pure and total.

import { Value } from '@sinclair/typebox/value';
import { QuoteEvent, type QuoteMetadata, type QuoteRequest } from '../../../contracts/wire/relay.ts';

export type RelayShape = 'event' | 'subscribe';

export type RelayAct =
  /** A request for a quote, in one of the venue's two shapes. */
  | {
      readonly kind: 'ask';
      readonly request: QuoteRequest;
      readonly shape: RelayShape;
      readonly metadata: QuoteMetadata | undefined;
    }
  /** A reply to something that the recording's own client had sent: nobody here waits for it. */
  | { readonly kind: 'skip' }
  /** Anything else goes out as it is: other notifications, and frames that are broken on purpose. */
  | { readonly kind: 'raw' };

export function readRelayFrame(text: string): RelayAct {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'raw' };
  }
  if (Value.Check(QuoteEvent, value)) {
    if (value.method === 'event') {
      return { kind: 'ask', request: value.params.data, shape: 'event', metadata: value.params.metadata };
    }
    const { subscription: _ofTheRecording, ...request } = value.params;
    return { kind: 'ask', request, shape: 'subscribe', metadata: undefined };
  }
  const isReply = typeof value === 'object' && value !== null && 'id' in value && !('method' in value);
  return isReply ? { kind: 'skip' } : { kind: 'raw' };
}

/**
 * Gives quote ids of a tape another name in each run, so that a tape played twice is not one long repetition; the same
 * id gets the same name within a run, so a repeat on the tape stays one.
 * @param sha256Hex hex of the hash of a text; passed in because a pure file knows no runtime
 */
export function quoteRenamer(runId: string, sha256Hex: (text: string) => string): (quoteId: string) => string {
  return (quoteId) => {
    const hex = sha256Hex(`${runId}\n${quoteId}`);
    // Version 8 is the UUID whose bits are one's own business; the variant digit is one of 8 to b.
    const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}
