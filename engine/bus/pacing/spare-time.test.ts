import { describe, expect, test } from 'bun:test';
import { SpareTime } from './spare-time.ts';

const SLICE_US = 200;

/** A thread in simulated time, of which other work takes a share and publishing as much as it may, up to what it needs. */
function runThread({ others, seconds, lagUs = 0, needs = 1 }: Thread, spare = newSpare()) {
  let { nowUs } = spare;
  const endUs = nowUs + seconds * 1e6;
  const halfUs = nowUs + (seconds * 1e6) / 2;
  let publishedUs = 0;
  while (nowUs < endUs) {
    const isDue = publishedUs < needs * Math.max(0, nowUs - halfUs) || nowUs < halfUs;
    const waitUs = spare.time.waitUs(nowUs);
    if (waitUs === 0 && isDue) {
      nowUs += SLICE_US;
      spare.cpuUs += SLICE_US;
      spare.time.worked({ beganUs: nowUs - SLICE_US, endedUs: nowUs, lagUs: () => lagUs });
      if (nowUs > halfUs) publishedUs += SLICE_US;
    }
    // The others have their share of the time that passes, and what is left over is idle.
    const passedUs = Math.max(SLICE_US, Math.ceil(waitUs / 1000) * 1000);
    nowUs += passedUs;
    spare.cpuUs += others * (passedUs + (waitUs === 0 && isDue ? SLICE_US : 0));
  }
  spare.nowUs = nowUs;
  // Of the second half, when it is known what there is.
  return { share: publishedUs / (nowUs - halfUs), spare };
}

type Thread = { readonly others: number; readonly seconds: number; readonly lagUs?: number; readonly needs?: number };

function newSpare() {
  const spare = { cpuUs: 0, nowUs: 0, time: null as unknown as SpareTime };
  spare.time = new SpareTime({ threadCpuUs: () => spare.cpuUs, giveWayMaxMs: 1_000 });
  return spare;
}

describe('publishing', () => {
  test.each([
    ['is free where there is little else to do', 0.25, 0.45, 0.55],
    ['has the rest of the thread, less a reserve', 0.6, 0.2, 0.3],
    ['has little where next to nothing is left', 0.78, 0.05, 0.1],
    ['has a minimum share on a thread that is busy all the time', 1, 0.03, 0.06],
  ])('%s', (_which, others, least, most) => {
    const { share } = runThread({ others, seconds: 4 });
    expect(share).toBeGreaterThanOrEqual(least);
    expect(share).toBeLessThanOrEqual(most);
  });

  test('does not wait where what it needs fits into the thread', () => {
    const { share, spare } = runThread({ others: 0.55, seconds: 4, needs: 0.15 });
    expect(share).toBeGreaterThan(0.145);
    expect(spare.time.givesWay(spare.nowUs)).toBe(false);
  });

  test('says that it gives way, and for a second after', () => {
    const { spare } = runThread({ others: 0.8, seconds: 2 });
    expect(spare.time.givesWay(spare.nowUs)).toBe(true);
    expect(spare.time.givesWay(spare.nowUs + 1_100_000)).toBe(false);
  });

  test('takes its time again when records are too far behind, and when the burst is over', () => {
    const busy = runThread({ others: 0.8, seconds: 2 });
    const late = runThread({ others: 0.8, seconds: 2, lagUs: 1_000_001 }, busy.spare);
    expect(late.share).toBeGreaterThan(0.45);
    const again = runThread({ others: 0.8, seconds: 2, lagUs: 1_000_000 }, late.spare);
    expect(again.share).toBeLessThan(0.1);
    expect(runThread({ others: 0.1, seconds: 2 }, again.spare).share).toBeGreaterThan(0.45);
  });

  test('owes nothing of what it worked before it had to give way', () => {
    const { spare } = runThread({ others: 0, seconds: 2 });
    const [beganUs, endedUs] = [spare.nowUs, spare.nowUs + 100_000];
    // A long piece, in a thread that was busy with everything else as well.
    spare.cpuUs += 500_000;
    spare.time.worked({ beganUs, endedUs, lagUs: () => 0 });
    expect(spare.time.waitUs(endedUs)).toBeLessThanOrEqual(4_000);
  });
});
