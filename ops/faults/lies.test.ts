import { expect, test } from 'bun:test';
import type { HttpAnswer, HttpRewrite } from '../proxy/http-proxy.ts';
import { rpcLie, stampedBack } from './lies.ts';

const BLOCK =
  '{"result":{"header":{"height":500,"hash":"h","timestamp":1700000000123456789,"timestamp_nanosec":"1700000000123456789"}}}';
const VIEW = '{"result":{"result":[49],"block_height":500}}';

const bodyOf = (rewrite: HttpRewrite, body: string): HttpAnswer['body'] | null =>
  rewrite.reply?.({ status: 200, body })?.body ?? null;

test('a liar about height and time moves both, to the nanosecond', () => {
  const lie = rpcLie({ heightAhead: 7, timeAheadMs: 1000 });
  expect(bodyOf(lie, BLOCK)).toBe(
    '{"result":{"header":{"height":507,"hash":"h","timestamp":1700000001123456789,"timestamp_nanosec":"1700000001123456789"}}}',
  );
  expect(bodyOf(lie, VIEW)).toBe('{"result":{"result":[49],"block_height":507}}');
});

test('who asks for the block that the liar named gets that block', () => {
  const lie = rpcLie({ heightAhead: 7 });
  expect(lie.request?.('{"params":{"block_id":507}}')).toBe('{"params":{"block_id":500}}');
});

test('one answer in two', () => {
  const lie = rpcLie({ heightAhead: 7, oneIn: 2 });
  expect([bodyOf(lie, VIEW), bodyOf(lie, VIEW) !== null, bodyOf(lie, VIEW)]).toEqual([null, true, null]);
});

test('a liar about its network leaves everything else', () => {
  const lie = rpcLie({ chainId: 'othernet' });
  expect(bodyOf(lie, '{"result":{"chain_id":"mainnet","height":1}}')).toBe(
    '{"result":{"chain_id":"othernet","height":1}}',
  );
  expect(bodyOf(lie, VIEW)).toBeNull();
});

test('stamps of Kraken go back, texts that are no times stay', () => {
  const frame = '{"data":[{"timestamp":"2026-01-01T00:01:00.250000Z"}],"other":[{"timestamp":"soon"}]}';
  expect(stampedBack(60_000)(frame)).toEqual([
    '{"data":[{"timestamp":"2026-01-01T00:00:00.250Z"}],"other":[{"timestamp":"soon"}]}',
  ]);
});

test('a liar about balances makes them ten times as large, and no other view', () => {
  const view = (text: string) => `{"result":{"result":[${[...text].map((char) => char.charCodeAt(0)).join(',')}]}}`;
  const lie = rpcLie({ richer: true });
  expect(bodyOf(lie, view('["12","0"]'))).toBe(view('["120","0"]'));
  expect(bodyOf(lie, view('"252812b3"'))).toBeNull();
  expect(bodyOf(lie, view('true'))).toBeNull();
});
