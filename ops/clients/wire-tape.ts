// A tape as a client hears it that knows only the shape of quote events that is seen on the wire: requests in the shape of
// the documentation are put into it, everything else stays.

import type { QuoteRequest } from '../../contracts/wire/relay.ts';
import { readTape } from '../sim/tape/reader.ts';
import type { TapeFrame, TapeHeader } from '../sim/tape/record.ts';
import { readRelayFrame } from '../sim/tape/relay-frame.ts';
import { writeTape } from '../sim/tape/writer.ts';

/** The frame in the `event` shape, when it is a request in the other one. */
export function toWireShape(frame: TapeFrame): TapeFrame {
  if (frame.kind !== 'relay') return frame;
  const act = readRelayFrame(frame.text);
  if (act.kind !== 'ask' || act.shape === 'event') return frame;
  const params = { subscription: 'tape', data: act.request };
  return { ...frame, text: JSON.stringify({ jsonrpc: '2.0', method: 'event', params }) };
}

/** The request of a frame for one of the two directions between these tokens; null for any other frame. */
export function requestBetween(frame: TapeFrame, tokens: readonly string[]): QuoteRequest | null {
  const act = frame.kind === 'relay' ? readRelayFrame(frame.text) : null;
  if (act?.kind !== 'ask') return null;
  const { defuse_asset_identifier_in: tokenIn, defuse_asset_identifier_out: tokenOut } = act.request;
  return tokenIn !== tokenOut && tokens.includes(tokenIn) && tokens.includes(tokenOut) ? act.request : null;
}

/**
 * Writes the tape to `to`. Gives the requests between these tokens, in their order, repeated ones as often as they come.
 * @throws Error when the tape is damaged
 */
export async function makeWireTape(from: string, to: string, tokens: readonly string[]): Promise<QuoteRequest[]> {
  const frames: TapeFrame[] = [];
  let header: TapeHeader | null = null;
  let durationMs = 0;
  for await (const read of readTape(from)) {
    if (read.kind === 'fault') throw new Error(`${from}: ${read.reason}`);
    if (read.kind === 'header') header = read.header;
    else if (read.kind === 'frame') frames.push(toWireShape(read.frame));
    else durationMs = read.durationMs;
  }
  if (header === null) throw new Error(`${from}: the tape is empty`);
  await writeTape(to, header, frames, () => durationMs);
  return frames.map((frame) => requestBetween(frame, tokens)).filter((request) => request !== null);
}
