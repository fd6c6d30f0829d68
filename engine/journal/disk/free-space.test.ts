import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { REAL_FILES } from '../files.ts';
import { temporaryDirectory } from '../fixtures.ts';
import { createFreeSpace } from './free-space.ts';

const MIB = 1024 ** 2;

type Answer = (error: Error | null, bytes: number) => void;

/** A disk that answers when the test says so. */
function begin() {
  const clock = new ManualClock();
  const asked: Answer[] = [];
  const lines: string[] = [];
  const space = createFreeSpace({
    directory: '/state',
    files: { freeBytes: (_directory, done) => void asked.push(done) },
    clock,
    log: {
      info: (event) => void lines.push(`info ${event}`),
      warn: (event) => void lines.push(`warn ${event}`),
      error: (event) => void lines.push(`error ${event}`),
    },
  });
  const stop = space.start();
  const answer = (mib: number, error: Error | null = null): void => asked.shift()?.(error, mib * MIB);
  /** One check later. */
  const later = (mib: number): void => {
    clock.advance(10_000);
    answer(mib);
  };
  return { clock, asked, lines, space, stop, answer, later };
}

describe('the room on the disk', () => {
  test('is not known before the disk has answered, and is then what it said last', () => {
    const { space, answer, later } = begin();
    expect(space.state()).toEqual({ bytes: null, isLow: false, isUnanswered: false });
    answer(5000);
    expect(space.state()).toEqual({ bytes: 5000 * MIB, isLow: false, isUnanswered: false });
    later(4000);
    expect(space.state().bytes).toBe(4000 * MIB);
  });

  test('is low below 1 GiB until 1.25 GiB are free, which is logged once each', () => {
    const { space, lines, answer, later } = begin();
    const steps = [1024, 1023, 900, 1100, 1279, 1280, 1025, 1023].map((mib, index) => {
      if (index === 0) answer(mib);
      else later(mib);
      return space.state().isLow;
    });
    expect(steps).toEqual([false, true, true, true, true, false, false, true]);
    expect(lines).toEqual(['warn disk_space_low', 'info disk_space_low_over', 'warn disk_space_low']);
  });

  test('a disk that hangs is asked once, however long; after a minute nothing is known, which is logged once', () => {
    const { clock, asked, space, lines, answer, later } = begin();
    answer(900);
    for (let check = 0; check < 60; check++) clock.advance(10_000);
    expect(asked).toHaveLength(1);
    // What was low is not taken for enough because the disk says nothing.
    expect(space.state()).toEqual({ bytes: null, isLow: true, isUnanswered: true });
    expect(lines).toEqual(['warn disk_space_low', 'warn disk_space_unknown']);
    answer(900);
    expect(space.state()).toEqual({ bytes: 900 * MIB, isLow: true, isUnanswered: false });
    later(5000);
    expect(lines.slice(2)).toEqual(['info disk_space_unknown_over', 'info disk_space_low_over']);
  });

  test('a disk that answers with errors is asked again each time, and is unknown after a minute', () => {
    const { clock, asked, space, lines, answer } = begin();
    for (let check = 0; check < 7; check++) {
      expect(asked).toHaveLength(1);
      answer(0, new Error('EIO'));
      clock.advance(10_000);
    }
    expect(space.state()).toEqual({ bytes: null, isLow: false, isUnanswered: true });
    expect(lines).toEqual(['warn disk_space_unknown']);
  });

  test('is not asked for once it is stopped, and a late answer is not logged', () => {
    const { clock, asked, lines, stop, answer } = begin();
    stop();
    answer(1);
    clock.advance(60_000);
    expect(asked).toHaveLength(0);
    expect(lines).toEqual([]);
  });

  test('of this machine is a number', async () => {
    using directory = temporaryDirectory();
    const read = Promise.withResolvers<number>();
    REAL_FILES.freeBytes(directory.path, (error, bytes) => (error === null ? read.resolve(bytes) : read.reject(error)));
    expect(await read.promise).toBeGreaterThan(0);
    const failed = Promise.withResolvers<Error | null>();
    REAL_FILES.freeBytes(`${directory.path}/none`, (error) => failed.resolve(error));
    expect((await failed.promise)?.message).toContain('ENOENT');
  });
});
