import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Pages } from './pages.ts';

test('gives each item an index that stays its own, and goes through them in order', () => {
  const pages = new Pages<string>();
  const indexes = ['a', 'b', 'c'].map((item) => pages.add(item));
  expect(indexes).toEqual([0, 1, 2]);
  expect(pages.removeAt(1)).toBe(true);
  expect(pages.removeAt(1)).toBe(false);
  expect(pages.add('d')).toBe(3);
  expect([...pages]).toEqual(['a', 'c', 'd']);
  expect(pages.at(1)).toBeUndefined();
  expect(pages.at(3)).toBe('d');
  expect(pages.replaceAt(3, 'e')).toBe(true);
  expect(pages.replaceAt(1, 'f')).toBe(false);
  expect([...pages]).toEqual(['a', 'c', 'e']);
});

test('has nothing at an index that it never gave', () => {
  const pages = new Pages<string>();
  pages.add('a');
  for (const index of [-1, 1, 128, 1e12]) {
    expect(pages.at(index)).toBeUndefined();
    expect(pages.removeAt(index)).toBe(false);
  }
  expect(pages.size).toBe(1);
});

test('holds what a Map would hold after any additions and removals over many pages', () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ removeOldest: fc.integer({ min: 1, max: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ removeEvery: fc.integer({ min: 1, max: 5 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const pages = new Pages<{ readonly at: number }>();
      const model = new Map<number, { readonly at: number }>();
      let next = 0;
      for (const each of steps) {
        if ('add' in each) {
          for (let left = each.add; left > 0; left--) {
            const item = { at: next++ };
            model.set(pages.add(item), item);
          }
        } else {
          const indexes = [...model.keys()];
          const gone =
            'removeOldest' in each
              ? indexes.slice(0, each.removeOldest)
              : indexes.filter((_, at) => at % each.removeEvery === 0);
          for (const index of gone) expect(pages.removeAt(index)).toBe(model.delete(index));
        }
        expect(pages.size).toBe(model.size);
        expect([...pages]).toEqual([...model.values()]);
        for (const [index, item] of model) expect(pages.at(index)).toBe(item);
      }
    }),
  );
});

test('goes through items that come while it does so, and not through those that go', () => {
  const pages = new Pages<number>();
  for (let at = 0; at < 300; at++) pages.add(at);
  const seen: number[] = [];
  for (const item of pages) {
    seen.push(item);
    // The page that it is at, those before it, and the one that comes next.
    if (item === 130) for (let at = 0; at < 260; at++) pages.removeAt(at);
    if (item === 299) pages.add(300);
    if (item === 300) expect(pages.removeAt(300)).toBe(true);
    if (item === 300) for (let at = 301; at < 400; at++) pages.add(at);
  }
  const upTo = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, at) => first + at);
  expect(seen).toEqual([...upTo(0, 130), ...upTo(260, 399)]);
});
