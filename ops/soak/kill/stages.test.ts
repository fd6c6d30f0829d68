import { expect, test } from 'bun:test';
import { seededPrng } from '../../sim/tape/prng.ts';
import { killsOf, STAGES } from './stages.ts';

test('300 kills fall into each stage twenty times and more, plain and as power cuts', () => {
  const kills = killsOf(300, seededPrng(1));
  expect(kills).toHaveLength(300);
  for (const stage of STAGES) {
    const those = kills.filter((kill) => kill.stage === stage);
    expect(those.filter(({ powerCut }) => powerCut).length).toBeGreaterThanOrEqual(20);
    expect(those.filter(({ powerCut }) => !powerCut).length).toBeGreaterThanOrEqual(20);
  }
});

test('fourteen of them are each stage once, plain and as a power cut', () => {
  const kills = killsOf(14, seededPrng(2));
  expect(new Set(kills.map(({ stage, powerCut }) => `${stage} ${powerCut}`)).size).toBe(14);
  const sides = (stage: string) => kills.filter((kill) => kill.stage === stage).map(({ at }) => at?.side ?? null);
  expect(sides('before the journal')).toEqual(['before', 'before']);
  expect(sides('between journal and send')).toEqual(['after', 'after']);
  expect(sides('between send and acknowledgement')).toEqual([null, null]);
});

test('recoveries end within them and from outside, plain and as power cuts', () => {
  const recoveries = killsOf(28, seededPrng(3)).filter(({ stage }) => stage === 'during recovery');
  expect(recoveries.map(({ at, powerCut }) => [at === null, powerCut])).toEqual([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ]);
});
