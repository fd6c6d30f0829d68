import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { cpuUsIn, loadOf, residentBytesIn } from './process-load.ts';

test('user and system time are summed, whatever the name of the process is', () => {
  const rest = '1 42 42 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 3 0 100 1000 200';
  expect(cpuUsIn(`42 (bun) S ${rest}`)).toBe(3_000_000);
  expect(cpuUsIn(`42 (a) b (c)) S ${rest}`)).toBe(3_000_000);
  expect(cpuUsIn('nonsense')).toBeNull();
});

test('resident memory is the one of now', () => {
  expect(residentBytesIn('Name:\tbun\nVmHWM:\t    900 kB\nVmRSS:\t    512 kB\n')).toBe(512 * 1024);
  expect(residentBytesIn('Rss:  900 kB\nPss:   300 kB\nPss_Dirty: 1 kB\n')).toBe(300 * 1024);
  expect(residentBytesIn('Name:\tkthreadd\n')).toBeNull();
});

test('children count with their parent, and what has ended does not', async () => {
  const shell = Bun.spawn(['sh', '-c', 'sleep 60 & echo started; trap "kill $!" TERM; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await shell.stdout.getReader().read();
  try {
    const alone = residentBytesIn(readFileSync(`/proc/${shell.pid}/smaps_rollup`, 'utf8'));
    expect(loadOf(shell.pid)?.residentBytes).toBeGreaterThan(alone ?? Number.NaN);
  } finally {
    shell.kill('SIGTERM');
    await shell.exited;
  }
  expect(loadOf(shell.pid)).toBeNull();
});
