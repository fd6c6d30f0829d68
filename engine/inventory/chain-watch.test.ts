import { describe, expect, test } from 'bun:test';
import type { Hold } from '../model/values.ts';
import { readyRig } from '../scenario/loop.fixture.ts';
import { createChainWatch } from './chain-watch.ts';

async function start() {
  const rig = await readyRig({ lanes: 1 });
  const lines: string[] = [];
  const line = (level: string) => (event: string) => lines.push(`${level} ${event}`);
  let hold: Hold | null = null;
  const watch = createChainWatch({
    book: rig.book,
    wentBack: () => hold,
    record: (fact) => rig.record(fact),
    log: { info: line('info'), warn: line('warn'), error: line('error') },
  });
  const now = () => ({ nowMs: rig.clock.nowMs(), nowUs: rig.clock.elapsedUs() });
  return {
    rig,
    lines,
    watch,
    now,
    back: (next: Hold | null) => (hold = next),
    [Symbol.dispose]: () => rig[Symbol.dispose](),
  };
}

describe('a chain that went back', () => {
  test('is said once when it begins and once when it is over', async () => {
    using started = await start();
    const { lines, watch, back } = started;
    watch.watch();
    expect(lines).toEqual([]);
    back({ value: 3, limit: 101 });
    watch.watch();
    watch.watch();
    expect(lines).toEqual(['error inventory_block_went_back']);
    back(null);
    watch.watch();
    watch.watch();
    expect(lines).toEqual(['error inventory_block_went_back', 'info inventory_block_went_back_over']);
  });

  test('is accepted when nothing can settle any more, and the engine answers on the new one', async () => {
    using started = await start();
    const { rig, watch, now, back } = started;
    rig.answered('old');
    expect(watch.accept(now(), 'ops')).toEqual({ kind: 'not_back' });
    back({ value: 3, limit: 101 });
    const early = watch.accept(now(), 'ops');
    if (early.kind !== 'too_early') throw new Error(early.kind);
    expect(rig.journalled.some(({ kind }) => kind === 'chain_replaced')).toBe(false);
    rig.clock.advance(early.fromMs - rig.clock.nowMs());
    expect(watch.accept(now(), 'ops')).toEqual({ kind: 'accepted' });
    expect(rig.journalled.at(-1)).toMatchObject({ kind: 'chain_replaced', by: 'ops' });
    expect(rig.ask('between')).toBeNull();
    expect(rig.reasonOf('between')).toBe('inventory_missing');
    rig.setHeight(3);
    await rig.poll();
    await rig.settled();
    expect(rig.stepsOf('old').at(-1)).toBe('uncertain chain_replaced');
    rig.answered('new');
    expect(rig.troubles()).toEqual([]);
  });
});
