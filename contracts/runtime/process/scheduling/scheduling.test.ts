import { describe, expect, test } from 'bun:test';
import { getPriority } from 'node:os';
import { leaveRealTime, lowerProcess, ownPriority, realTimeOf, takeRealTime, threadsOf } from './scheduling.ts';

const IS_LINUX = process.platform === 'linux';
/** Real time is a right that a user of an ordinary system has not. */
const MAY = IS_LINUX && allowed();

function allowed(): boolean {
  return takeRealTime(process.pid, 1) && leaveRealTime(process.pid);
}

describe.skipIf(!IS_LINUX)('threads of Linux', () => {
  test('the main thread has the number of the process, and is one of its threads', () => {
    expect(threadsOf(process.pid)).toContain(process.pid);
  });

  test('a process that is not there has no priority, and one that ended is left as it is', async () => {
    const child = Bun.spawn(['true']);
    await child.exited;
    expect(realTimeOf(child.pid)).toBeNull();
    expect(threadsOf(child.pid)).toEqual([child.pid]);
    lowerProcess(child.pid, 19);
  });

  test('every thread of a process is lowered, and none raised again', () => {
    const child = Bun.spawn([process.execPath, '-e', 'process.stdin.resume()'], { stdin: 'pipe', env: {} });
    try {
      lowerProcess(child.pid, 7);
      lowerProcess(child.pid, 3);
      const least = Math.max(7, getPriority());
      expect(threadsOf(child.pid).filter((thread) => getPriority(thread) < least)).toEqual([]);
    } finally {
      child.kill();
    }
  });
});

test.skipIf(!MAY)('real time is taken, said, and left; niceness stays', () => {
  const before = ownPriority();
  expect(takeRealTime(process.pid, 1)).toBe(true);
  try {
    expect(ownPriority()).toEqual({ ...before, real_time: 1 });
  } finally {
    expect(leaveRealTime(process.pid)).toBe(true);
  }
  expect(ownPriority()).toEqual({ ...before, real_time: 0 });
});

test('a priority that there is not is refused', () => {
  expect(takeRealTime(process.pid, 100)).toBe(false);
  expect(realTimeOf(process.pid) ?? 0).toBe(0);
});
