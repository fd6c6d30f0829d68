import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { Parts } from '../control/parts.ts';
import { drainEngine } from './drain.ts';

const LIMIT_MS = 1000;

/** The parts as the drain uses them; each step it takes is noted. */
function begin(waiting: { replies?: number; pull?: boolean }) {
  const clock = new ManualClock();
  const steps: string[] = [];
  const left = { replies: 0, pull: false, ...waiting };
  const step = (name: string) => () => void steps.push(name);
  const stopping = (name: string) => ({ stop: step(`${name} stopped`), close: step(`${name} closed`) });
  const parts = {
    clock,
    switches: { draining: false },
    strategyArming: { disarm: step('strategy disarmed') },
    executorArming: { disarm: step('executor disarmed') },
    bus: {
      ...stopping('bus'),
      republisher: stopping('republisher'),
      flush: (ms: number) => {
        steps.push(`flush within ${ms} ms`);
        return Promise.resolve(0);
      },
    },
    background: stopping('background'),
    replies: { count: () => left.replies },
    pulls: { ...stopping('pulls'), isUndelivered: () => left.pull },
    relay: stopping('relay'),
    reference: stopping('reference'),
    verifier: stopping('verifier'),
    laneManager: stopping('lanes'),
    observer: { flush: () => {} },
    signedIds: { idle: () => Promise.resolve() },
    journal: stopping('journal'),
    book: { liveQuotes: () => [], nonces: () => [] },
  };
  const ended = drainEngine({
    parts: parts as unknown as Parts,
    loop: { abandonReplies: step('replies abandoned') },
    stopTimers: step('timers stopped'),
    limitMs: LIMIT_MS,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  return { parts, left, steps, ended, pass, isWaiting: () => !steps.includes('pulls stopped') };
}

describe('a drain', () => {
  test.each([
    ['replies in flight', { replies: 1 }],
    ['a pull that has not reached the venue', { pull: true }],
  ])('waits for %s, and goes on as soon as there is none', async (_name, waiting) => {
    const { left, steps, ended, pass, isWaiting } = begin(waiting);
    await pass(300);
    expect(isWaiting()).toBe(true);
    Object.assign(left, { replies: 0, pull: false });
    await pass(10);
    expect(isWaiting()).toBe(false);
    expect(await ended).toEqual({ outboxLeft: 0, settleable: { quotes: 0, untilMs: null } });
    expect(steps.slice(0, 4)).toEqual([
      'strategy disarmed',
      'executor disarmed',
      'republisher closed',
      'replies abandoned',
    ]);
  });

  test.each([
    ['replies in flight', { replies: 1 }],
    ['a pull that has not reached the venue', { pull: true }],
  ])(
    'waits for %s no longer than its share of the limit, and leaves the rest to the records',
    async (_name, waiting) => {
      const { ended, pass, isWaiting } = begin(waiting);
      await pass(390);
      expect(isWaiting()).toBe(true);
      await pass(10);
      expect(isWaiting()).toBe(false);
      await ended;
    },
  );

  test('takes in nothing new from its first moment on', async () => {
    const { parts, ended, pass } = begin({});
    expect(parts.switches.draining).toBe(true);
    await pass(10);
    await ended;
  });

  test.each([
    ['at once', 0, 900],
    ['after a reply', 300, 590],
  ])('begun %s, leaves all but a tenth of what is left to the records', async (_name, waitMs, flushMs) => {
    const { left, steps, ended, pass } = begin({ replies: waitMs === 0 ? 0 : 1 });
    await pass(waitMs);
    left.replies = 0;
    await pass(10);
    await ended;
    expect(steps.filter((step) => step.startsWith('flush'))).toEqual([`flush within ${flushMs} ms`]);
  });

  test('closes the journal when nothing is left that writes to it: verifier and lanes are stopped before', async () => {
    const { steps, ended, pass } = begin({});
    await pass(10);
    await ended;
    expect(steps.filter((step) => ['verifier stopped', 'lanes stopped', 'journal closed'].includes(step))).toEqual([
      'verifier stopped',
      'lanes stopped',
      'journal closed',
    ]);
  });
});
