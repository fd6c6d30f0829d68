import { expect, test } from 'bun:test';
import { Disk, type FileNode } from './disk.ts';
import { randomOf } from './random.ts';
import { Schedule } from './schedule.ts';

const contentOf = ({ data, size }: FileNode): string => Buffer.from(data.subarray(0, size)).toString();

test('what a power cut leaves is a beginning of what was written, whatever became of the memory it was written from', () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const schedule = new Schedule();
    const disk = new Disk(schedule, randomOf(`${seed}`));
    const file = disk.newFile();
    disk.link('/journal', file);
    disk.syncNow(disk.open(disk.find('/'), true));
    const memory = Buffer.alloc(5);
    for (const text of ['first', 'other', 'third']) {
      memory.write(text);
      disk.write(file, '/journal', memory, file.size);
    }
    memory.write('never');
    disk.powerCut();
    const left = contentOf(file);
    expect('firstotherthird'.startsWith(left)).toBe(true);
    lengths.add(left.length);
  }
  expect(lengths.size).toBeGreaterThan(5);
});
