import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { parseReplayArgs, parseSimArgs } from './sim-options.ts';

const reasonOf = (parsed: ReturnType<typeof parseSimArgs> | ReturnType<typeof parseReplayArgs>): string =>
  parsed.ok ? '' : parsed.reason;

describe('sim', () => {
  test('without arguments: free ports, an account with both tokens, a throw-away key', () => {
    expect(parseSimArgs([])).toEqual({
      ok: true,
      options: {
        dir: '.unrip',
        accountId: 'maker.sim.near',
        publicKey: null,
        balances: { [BTC.id]: 1_000_000n, [EURE.id]: 400_000_000_000_000_000_000n },
        relayToken: null,
        ports: {},
      },
    });
  });

  test('everything given', () => {
    const key = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';
    const args = ['--account', 'a.near', '--public-key', key, '--balance', 'BTC=5', '--balance', 'nep141:x.near=7'];
    const more = ['--relay-token', 't', '--port', 'kraken=7001', '--port=control=0', '--dir', '/tmp/x'];
    expect(parseSimArgs([...args, ...more])).toEqual({
      ok: true,
      options: {
        dir: '/tmp/x',
        accountId: 'a.near',
        publicKey: key,
        balances: { [BTC.id]: 5n, 'nep141:x.near': 7n },
        relayToken: 't',
        ports: { kraken: 7001, control: 0 },
      },
    });
  });

  test.each([
    [['--balance', 'BTC'], 'expected TOKEN=UNITS'],
    [['--balance', 'BTC=1.5'], 'expected TOKEN=UNITS'],
    [['--port', 'moon=1'], 'the name is one of relay, near'],
    [['--port', 'near=70000'], 'expected NAME=0..65535'],
    [['--public-key', 'abc'], 'expected ed25519:BASE58'],
    [['--account', 'A B'], 'not a NEAR account id'],
    [['--nonsense'], 'nonsense'],
    [['stray'], 'stray'],
  ])('%p is refused', (args, reason) => {
    expect(reasonOf(parseSimArgs(args))).toContain(reason);
  });
});

describe('replay', () => {
  test.each([
    [['a.tape'], { tape: 'a.tape', speed: 1, sim: '.unrip/sim.json', quoteIds: 'fresh' }],
    [
      ['--speed', 'max', 'a.tape', '--sim', 'http://x'],
      { tape: 'a.tape', speed: 'max', sim: 'http://x', quoteIds: 'fresh' },
    ],
    [
      ['a.tape', '--speed=2.5', '--recorded-ids'],
      { tape: 'a.tape', speed: 2.5, sim: '.unrip/sim.json', quoteIds: 'recorded' },
    ],
  ])('%p', (args, options) => {
    expect(parseReplayArgs(args)).toEqual({ ok: true, options: options as never });
  });

  test.each([
    [[], 'which tape?'],
    [['a', 'b'], 'one tape at a time'],
    [['a', '--speed', '0'], 'expected max, or a number above 0'],
    [['a', '--speed', 'fast'], 'expected max, or a number above 0'],
    [['a', '--speed', '-1'], 'speed'],
    [['a', '--fast'], 'fast'],
  ])('%p is refused', (args, reason) => {
    expect(reasonOf(parseReplayArgs(args))).toContain(reason);
  });
});
