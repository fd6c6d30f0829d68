import { expect, test } from 'bun:test';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import { lockAlerts } from './state-file.ts';

test('a state directory has one sentinel at a time', () => {
  using dir = tempDir();
  const release = lockAlerts(dir.path);
  expect(release).not.toBeNull();
  expect(lockAlerts(dir.path)).toBeNull();
  release?.();
  const next = lockAlerts(dir.path);
  expect(next).not.toBeNull();
  next?.();
});
