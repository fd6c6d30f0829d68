import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { BTC, EURE } from '../../contracts/assets.ts';
import { readTape } from '../sim/tape/reader.ts';
import type { TapeFrame } from '../sim/tape/record.ts';
import { readRelayFrame } from '../sim/tape/relay-frame.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { makeWireTape, requestBetween, toWireShape } from './wire-tape.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const TOKENS = [BTC.id, EURE.id];

const request = {
  quote_id: 'one',
  defuse_asset_identifier_in: BTC.id,
  defuse_asset_identifier_out: EURE.id,
  exact_amount_in: '1000',
  min_deadline_ms: 60_000,
};
const relayFrame = (value: unknown): TapeFrame => ({
  kind: 'relay',
  at_ms: 5,
  text: typeof value === 'string' ? value : JSON.stringify(value),
  take_after_ms: 10,
});
const flat = { jsonrpc: '2.0', method: 'subscribe', params: { subscription: 's', ...request } };
const nested = { jsonrpc: '2.0', method: 'event', params: { subscription: 's', data: request } };

test('a request in the shape of the documentation gets the one of the wire, and keeps everything else', () => {
  const frame = toWireShape(relayFrame(flat));
  expect(frame).toMatchObject({ kind: 'relay', at_ms: 5, take_after_ms: 10 });
  expect(readRelayFrame(frame.text)).toEqual({ kind: 'ask', request, shape: 'event', metadata: undefined });
});

test.each([relayFrame(nested), relayFrame('{"cut off'), { kind: 'kraken', at_ms: 1, text: '{}' } as const])(
  'any other frame stays: %j',
  (frame) => {
    expect(toWireShape(frame)).toEqual(frame);
  },
);

test('only requests between the two tokens count', () => {
  expect(requestBetween(relayFrame(nested), TOKENS)).toEqual(request);
  expect(requestBetween(relayFrame(nested), [BTC.id])).toBeNull();
  const same = { ...request, defuse_asset_identifier_out: BTC.id };
  expect(requestBetween(relayFrame({ ...nested, params: { subscription: 's', data: same } }), TOKENS)).toBeNull();
  expect(requestBetween({ kind: 'kraken', at_ms: 1, text: JSON.stringify(nested) }, TOKENS)).toBeNull();
});

test('the tape of the repository, all in one shape', async () => {
  using folder = tempDir('tape');
  const to = join(folder.path, 'wire.tape');
  const requests = await makeWireTape(TAPE, to, TOKENS);
  const shapes = new Set<string>();
  let frames = 0;
  for await (const read of readTape(to)) {
    expect(read.kind).not.toBe('fault');
    if (read.kind !== 'frame') continue;
    frames += 1;
    const act = read.frame.kind === 'relay' ? readRelayFrame(read.frame.text) : null;
    if (act?.kind === 'ask') shapes.add(act.shape);
  }
  expect([...shapes]).toEqual(['event']);
  expect(frames).toBe(2833);
  expect(requests).toHaveLength(745);
});

test('a damaged tape is an error', async () => {
  using folder = tempDir('tape');
  await expect(makeWireTape(join(folder.path, 'none'), join(folder.path, 'to'), TOKENS)).rejects.toThrow('no tape');
});
