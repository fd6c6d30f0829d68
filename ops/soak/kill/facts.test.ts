import { expect, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../../testing/temp-dir.ts';
import { copySegments } from './facts.ts';

test('a segment that was removed while the ones before it were copied leaves no gap in the copy', () => {
  using from = tempDir('from');
  using to = tempDir('to');
  for (const name of ['1', '3', '4']) writeFileSync(join(from.path, name), name);
  copySegments(from.path, to.path, ['1', '2', '3', '4']);
  expect(readdirSync(to.path).sort()).toEqual(['3', '4']);
});
