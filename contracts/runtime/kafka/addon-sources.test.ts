import { afterEach, beforeEach, expect, test } from 'bun:test';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '../../../ops/testing/temp-dir.ts';
import { staleAddon } from './addon-sources.ts';

const OWN = join(import.meta.dir, '../../../ops/toolchain/kafka-addon');
const RELEASE = 'node_modules/@confluentinc/kafka-javascript/build/Release';

let place: TempDir;
const at = (...names: readonly string[]) => join(place.path, ...names);

/** A checkout whose addon is that of its sources, as `place_kafka_addon` leaves it. */
beforeEach(() => {
  place = tempDir('addon');
  for (const path of ['build.sh', 'compat'])
    cpSync(join(OWN, path), at('ops/toolchain/kafka-addon', path), { recursive: true });
  mkdirSync(at(RELEASE), { recursive: true });
  writeFileSync(at(RELEASE, 'confluent-kafka-javascript.node'), '');
  cpSync(join(OWN, 'compat'), at(RELEASE, 'sources'), { recursive: true });
  cpSync(join(OWN, 'build.sh'), at(RELEASE, 'sources/build.sh'));
});
afterEach(() => place.remove());

test('an addon of the sources of its checkout is loaded; whether there is one is for the loader to say', () => {
  expect(staleAddon(place.path)).toBeNull();
  rmSync(at(RELEASE), { recursive: true });
  expect(staleAddon(place.path)).toBeNull();
});

test.each<[string, () => void]>([
  [
    'was built before a source changed',
    () => writeFileSync(at('ops/toolchain/kafka-addon/compat/reports.h'), '// other'),
  ],
  ['was built before a source came', () => writeFileSync(at('ops/toolchain/kafka-addon/compat/new.h'), '')],
  ['was built with a source that is gone', () => rmSync(at('ops/toolchain/kafka-addon/compat/text.h'))],
  ['was built in another way', () => writeFileSync(at('ops/toolchain/kafka-addon/build.sh'), '')],
  ['does not say from what', () => rmSync(at(RELEASE, 'sources'), { recursive: true })],
])('one that %s is refused, with the fix', (_what, change) => {
  change();
  expect(staleAddon(place.path)).toContain('start through ./unrip');
});

test('the addon of this checkout is that of its sources', () => {
  expect(staleAddon()).toBeNull();
});
