import { expect, test } from 'bun:test';
import { waitFor } from '../testing/wait.ts';
import { onInterrupts } from './interrupts.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

test('each of the signals interrupts, as often as it comes, until they are released', async () => {
  const listeners = () => SIGNALS.map((signal) => process.listenerCount(signal));
  const before = listeners();
  const heard: string[] = [];
  const release = onInterrupts((signal) => heard.push(signal));
  try {
    for (const signal of [...SIGNALS, 'SIGHUP'] as const) {
      const count = heard.length;
      process.kill(process.pid, signal);
      await waitFor(() => heard.length > count, { what: signal });
    }
  } finally {
    release();
  }
  expect(heard).toEqual([...SIGNALS, 'SIGHUP']);
  expect(listeners()).toEqual(before);
});
