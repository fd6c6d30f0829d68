import { expect, test } from 'bun:test';
import { untilAborted } from './until-aborted.ts';

test('gives what the work gives, and how it fails', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(async () => 7, signal)).toBe(7);
  await expect(
    untilAborted(async () => {
      throw new Error('of the work');
    }, signal),
  ).rejects.toThrow('of the work');
});

test('ends with the interrupt, whatever the work does', async () => {
  const controller = new AbortController();
  const endless = untilAborted(() => new Promise<never>(() => {}), controller.signal);
  controller.abort();
  await expect(endless).rejects.toThrow('interrupted');
});

test('work is not begun after an interrupt', async () => {
  const controller = new AbortController();
  controller.abort();
  let isBegun = false;
  const work = async () => {
    isBegun = true;
  };
  await expect(untilAborted(work, controller.signal)).rejects.toThrow('interrupted');
  expect(isBegun).toBe(false);
});
