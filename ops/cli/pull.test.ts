import { describe, expect, test } from 'bun:test';
import { disarm } from './disarm.ts';
import { makeShell, serve } from './engine-call.fixture.ts';
import { linesOf, parse, pull } from './pull.ts';

describe('pull', () => {
  test.each([
    [[], 'all'],
    [['--all'], 'all'],
    [['--asset', 'BTC'], 'BTC'],
    [['--asset', 'EURe'], 'EURe'],
  ])('%p withdraws %s, and says what has begun', async (args, pulled) => {
    const engine = await serve();
    expect(await pull(args, engine.shell)).toBe(0);
    expect(engine.calls).toEqual([`${pulled} pulled by operator: operator`]);
    expect(engine.out()).toBe('withdrawing: lane 0 of asset, 3 live quotes\nbegun before: 1 lanes\n');
  });

  test.each([
    [['--asset', 'ETH'], '--asset is BTC or EURe, not "ETH"'],
    [['--asset', 'BTC', '--all'], 'exclude each other'],
    [['now'], 'Unexpected argument'],
    [['--none'], "Unknown option '--none'"],
  ])('%p is refused', async (args, words) => {
    const engine = await serve();
    expect(await pull(args, engine.shell)).toBe(2);
    expect(engine.err()).toContain(words);
    expect(engine.calls).toEqual([]);
    expect(typeof parse(args)).toBe('string');
  });

  test('says that nothing was live', () => {
    expect(linesOf({ begun: [], under_way: 0 })).toBe('no live quotes\n');
  });

  test('refused by the engine, or without one, is a failure with the reason', async () => {
    const engine = await serve({ journalFailure: 'no space left on device' });
    expect(await pull([], engine.shell)).toBe(1);
    expect(engine.err()).toContain('refused: The journal cannot be written: ');
    const { shell, err } = makeShell(null);
    expect(await pull([], shell)).toBe(1);
    expect(err()).toContain('no engine runs with STATE_DIR');
  });
});

describe('disarm --pull', () => {
  test('disarms both parts and withdraws all quotes', async () => {
    const engine = await serve();
    expect(await disarm(['--pull'], engine.shell)).toBe(0);
    expect(engine.calls).toContain('all pulled by operator: operator');
    expect(engine.out()).toContain('disarmed: executor and strategy');
    expect(engine.out()).toContain('withdrawing: lane 0');
  });

  test('disarms all the same when nothing can be withdrawn, and fails', async () => {
    const engine = await serve({ journalFailure: 'no space left on device' });
    expect(await disarm(['--pull'], engine.shell)).toBe(1);
    expect(engine.control.executor.arming.state().armed).toBe(false);
    expect(engine.out()).toContain('disarmed: executor and strategy');
    expect(engine.err()).toContain('no space left on device');
  });

  test('without it nothing is withdrawn', async () => {
    const engine = await serve();
    expect(await disarm([], engine.shell)).toBe(0);
    expect(engine.calls.filter((call) => call.includes('pulled'))).toEqual([]);
    expect(await disarm(['--push'], engine.shell)).toBe(2);
  });
});
