import { expect, spyOn, test } from 'bun:test';
import { command } from './bench.ts';

test.each([
  { args: [], reason: 'which bench?' },
  { args: ['nothing'], reason: 'there is no bench "nothing"' },
  { args: ['loop', '--rounds', '0'], reason: '--rounds 0' },
])('$args is wrong usage, with the help', async ({ args, reason }) => {
  const said = spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    expect(await command.run(args)).toBe(2);
    const text = String(said.mock.calls[0]?.[0]);
    expect(text).toContain(reason);
    expect(text).toContain('bench loop');
  } finally {
    said.mockRestore();
  }
});

test('the help lists the benches', () => {
  expect(command.help).toContain('bench loop');
  expect(command.help).toContain('bench kafka');
});
