// Batches in, verdicts out: line by line, whatever the pieces of text are.
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { simVerify } from './sim-verify.ts';

const GOLDEN = readFileSync(new URL('../sim/verifier/fixtures/verifier-batches.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .slice(0, 6);
const EMPTY = '{"state":{"now_ms":0,"salt":"252812b3"},"signed":[]}';

async function run(chunks: readonly string[]) {
  const lines: string[] = [];
  async function* input() {
    yield* chunks;
  }
  const exitCode = await simVerify(input(), (text) => lines.push(text));
  expect(lines.every((line) => line.endsWith('\n'))).toBe(true);
  return { exitCode, verdicts: lines.map((line) => JSON.parse(line)) };
}

test('golden lines give their verdicts, in their order', async () => {
  const { exitCode, verdicts } = await run([`${GOLDEN.join('\n')}\n`]);
  expect(exitCode).toBe(0);
  const expected = GOLDEN.map((line) => JSON.parse(line).expect);
  const cut = (verdict: { error: string | null }) => ({
    ...verdict,
    error: verdict.error?.split(' at line ')[0] ?? null,
  });
  expect(verdicts.map(cut)).toEqual(expected.map(cut));
});

test('text may come in any pieces', async () => {
  const text = `${EMPTY}\n${EMPTY}\n${EMPTY}`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 6 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const { exitCode, verdicts } = await run(at.slice(1).map((end, index) => text.slice(at[index], end)));
      expect(exitCode).toBe(0);
      expect(verdicts).toEqual(Array(3).fill({ ok: true, error: null, hashes: [], balances: {}, used: [] }));
    }),
    { numRuns: 50 },
  );
});

test('a verdict leaves before the next piece is asked for', async () => {
  const order: string[] = [];
  async function* input() {
    yield `${EMPTY}\n`;
    order.push('asked again');
  }
  await simVerify(input(), () => order.push('verdict'));
  expect(order).toEqual(['verdict', 'asked again']);
});

test.each([
  ['no JSON', 'nonsense', 'not JSON'],
  ['no batch', '{"signed":[]}', '/state'],
  [
    'an amount that does not fit',
    '{"state":{"now_ms":0,"salt":"252812b3","balances":{"a.near":{"nep141:b.near":"1e3"}}},"signed":[]}',
    '/state/balances',
  ],
  [
    'a key that is none',
    '{"state":{"now_ms":0,"salt":"252812b3","keys":{"a.near":["ed25519:x"]}},"signed":[]}',
    'state.keys',
  ],
  ['no time', '{"state":{"now_ms":null,"salt":"252812b3"},"signed":[]}', 'now_ms'],
])('%s: said in its place, the others are judged, exit 1', async (_name, line, text) => {
  const { exitCode, verdicts } = await run([`${EMPTY}\n${line}\n${EMPTY}\n`]);
  expect(exitCode).toBe(1);
  expect(verdicts.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(verdicts[1]).toMatchObject({ malformed: true, hashes: null });
  expect(verdicts[1].error).toStartWith('line 2: ');
  expect(verdicts[1].error).toContain(text);
});
