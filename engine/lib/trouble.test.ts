import { expect, test } from 'bun:test';
import { createTroubleLog } from './trouble.ts';

function recorded() {
  const lines: string[] = [];
  const write = (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
    lines.push(`${event} ${fields['code'] ?? ''}`.trim());
  };
  return { lines, log: { info: write, warn: write, error: write } };
}

test('tells a trouble once however often and in whatever numbers it repeats, and again after it was over', () => {
  const { lines, log } = recorded();
  const trouble = createTroubleLog(log, 'kafka_trouble');
  for (let attempt = 0; attempt < 50; attempt++) trouble.report('brokers_down', `connect refused after ${attempt} ms`);
  trouble.report('fatal', 'gave up');
  trouble.report('brokers_down', 'connect refused after 3 ms');
  expect(lines).toEqual(['kafka_trouble brokers_down', 'kafka_trouble fatal']);
  trouble.recovered();
  trouble.recovered();
  trouble.report('brokers_down', 'connect refused after 1 ms');
  expect(lines.slice(2)).toEqual(['kafka_trouble_over', 'kafka_trouble brokers_down']);
});

test('a flood of different words is bounded', () => {
  const { lines, log } = recorded();
  const trouble = createTroubleLog(log, 'x');
  for (let word = 0; word < 500; word++) trouble.report('code', `sentence ${'ab'.repeat(word)}`);
  expect(lines.length).toBeLessThanOrEqual(20);
});
