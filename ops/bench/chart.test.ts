import { expect, test } from 'bun:test';
import { roundTicks, svgOf } from './chart.ts';
import { latencyChart } from './latency-chart.ts';

test.each([
  { values: [3, 40], ticks: '2 5 10 20 50' },
  { values: [0.9, 1], ticks: '0.5 1' },
  { values: [100, 100], ticks: '100' },
  { values: [], ticks: '' },
  { values: [0, 1], ticks: '' },
])('round values around $values', ({ values, ticks }) => {
  expect(
    roundTicks(values, String)
      .map(({ text }) => text)
      .join(' '),
  ).toBe(ticks);
});

test('both axes are logarithmic, and texts cannot break the file', () => {
  const axis = { label: 'a & b', ticks: [1, 10, 100].map((value) => ({ value, text: `<${value}>` })) };
  const points = [1, 10, 100].map((value) => ({ x: value, y: value }));
  const svg = svgOf({ title: '"t"', notes: ['n'], x: axis, y: axis, curves: [{ name: 'c', points }] });
  expect(svg).toContain('d="M90.0 520.0L515.0 308.0L940.0 96.0"');
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('&lt;100&gt;');
  expect(svg).toContain('&quot;t&quot;');
});

test('latencies are drawn up to the rarest, with their percentiles', () => {
  const curve = { name: 'unrip', points: [2, 10, 990].map((oneIn) => ({ oneIn, value: oneIn * 100 })) };
  const svg = latencyChart({ title: 't', notes: [], curves: [curve] });
  for (const text of ['p50', 'p99', '200 us', '100 ms']) expect(svg).toContain(`>${text}</text>`);
  expect(svg).not.toContain('p99.9');
});
