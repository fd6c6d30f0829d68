import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { ARCHITECTURE } from './architecture.ts';
import { checkDirection, checkPlaces } from './direction.ts';
import { importsOf, makeSource, readSources, render } from './sources.ts';

const violationsOf = (path: string, text: string) => checkDirection([makeSource(path, text)]);

test('every import of the checkout follows the table of architecture.ts', () => {
  const sources = readSources(CHECKOUT);
  expect(sources.length).toBeGreaterThan(100);
  expect(render(checkDirection(sources))).toBe('');
});

test('every part of the engine, room of contracts/runtime and sidecar has a row of its own', () => {
  expect(render(checkPlaces(readSources(CHECKOUT)))).toBe('');
});

test.each([
  ['engine/hedging', 'STAGES'],
  ['contracts/runtime/redis', 'RUNTIME_ROOMS'],
  ['sidecars/tax-reporter', 'SIDECARS'],
])('a new folder %s without a row is found, and the list is named that it belongs into', (folder, list) => {
  const found = checkPlaces([makeSource(`${folder}/main.ts`, ''), makeSource(`${folder}/deeper/a.ts`, '')]);
  expect(found.map(({ file }) => file)).toEqual([folder]);
  expect(render(found)).toContain('add it to ops/checks/architecture.ts');
  expect(render(found)).toContain(list);
});

test('a folder of tests alone needs no row', () => {
  expect(
    checkPlaces([makeSource('engine/hedging/a.test.ts', ''), makeSource('engine/hedging/b.fixture.ts', '')]),
  ).toEqual([]);
});

test('no row of the table hides behind an earlier one', () => {
  for (const [index, { files }] of ARCHITECTURE.entries()) {
    expect(ARCHITECTURE.findIndex((row) => files.startsWith(row.files))).toBe(index);
  }
});

describe('the checker refuses', () => {
  test.each([
    ['contracts on the engine', 'contracts/ids.ts', "import { a } from '../engine/loop.ts';"],
    ['contracts on its own runtime', 'contracts/ids.ts', "import { a } from './runtime/log.ts';"],
    ['another package than TypeBox in contracts', 'contracts/ids.ts', "import pino from 'pino';"],
    ['the platform in contracts', 'contracts/ids.ts', "import { readFileSync } from 'node:fs';"],
    ['the engine on a sidecar', 'engine/main.ts', "import { a } from '../sidecars/shared/poller.ts';"],
    [
      'a part of the engine on the bridge',
      'engine/executor/a.ts',
      "import { a } from '../../contracts/wire/poa-bridge.ts';",
    ],
    ['the engine on a chain of deposits', 'engine/engine.ts', "import { a } from '../contracts/wire/esplora.ts';"],
    ['the engine on ops', 'engine/main.ts', "import { a } from '../ops/sim/world.ts';"],
    ['a test of the engine on a command', 'engine/a.test.ts', "import { a } from '../ops/cli/demo.ts';"],
    ['one stage on another', 'engine/executor/plan.ts', "import { a } from '../inventory/lanes.ts';"],
    ['one stage on another, for a type only', 'engine/bus/a.ts', "import type { A } from '../journal/b.ts';"],
    ['a stage on the composition', 'engine/ingest/frame.ts', "import { a } from '../loop.ts';"],
    ['the loop on the composition root', 'engine/loop.ts', "import { a } from './main.ts';"],
    ['the loop on the platform', 'engine/loop.ts', "import { a } from 'node:fs';"],
    ['the strategy on the platform', 'engine/strategy/decide.ts', "import { a } from 'node:crypto';"],
    ['the strategy on a package', 'engine/strategy/decide.ts', "import { a } from 'msgpackr';"],
    ['the strategy on ports', 'engine/strategy/decide.ts', "import type { Clock } from '../ports.ts';"],
    ['the tools on a stage', 'engine/lib/int.ts', "import type { A } from '../bus/a.ts';"],
    ['the tools on the platform', 'engine/lib/int.ts', "import { a } from 'node:os';"],
    ['a test on builders of another folder', 'contracts/a.test.ts', "import { a } from '../engine/fixtures.ts';"],
    [
      'a sidecar on the engine',
      'sidecars/history-writer/postgres/rows.ts',
      "import { a } from '../../engine/model/facts.ts';",
    ],
    ['a sidecar on another', 'sidecars/reconciler/main.ts', "import { a } from '../history-writer/rows.ts';"],
    ['shared on a sidecar', 'sidecars/shared/poller.ts', "import { a } from '../reconciler/main.ts';"],
    ['the simulators on the engine', 'ops/sim/relay/judge.ts', "import { a } from '../../../engine/lib/base58.ts';"],
    ['the simulators on our ids', 'ops/sim/relay/judge.ts', "import { a } from '../../../contracts/ids.ts';"],
    ['the simulators with the library of the engine', 'ops/sim/verifier/a.ts', "import { a } from '@near-js/crypto';"],
    ['a program on test helpers', 'engine/main.ts', "import { a } from '../ops/testing/wait.ts';"],
    ['a program on builders of tests', 'engine/loop.ts', "import { a } from './fixtures.ts';"],
    ['a program on bun:test', 'engine/observe/log.ts', "import { test } from 'bun:test';"],
    ['a key parser outside the signer', 'engine/executor/plan.ts', "import { KeyPair } from '@near-js/crypto';"],
    ['a private key outside the signer', 'engine/main.ts', "import { createPrivateKey } from 'node:crypto';"],
    ['the same under another name', 'engine/main.ts', "import { hash, sign as s } from 'node:crypto';"],
    ['the whole of node:crypto', 'engine/main.ts', "import * as crypto from 'node:crypto';"],
    ['the Kafka package elsewhere', 'engine/bus/producer.ts', "import K from '@confluentinc/kafka-javascript';"],
    [
      'the engine on the default id of an asset',
      'engine/control/a.ts',
      "import { BTC, type Pair } from '../../contracts/assets.ts';",
    ],
    [
      'the default pair in a sidecar',
      'sidecars/reconciler/a.ts',
      "import { DEFAULT_PAIR } from '../../contracts/assets.ts';",
    ],
    ['its name for a loader', 'ops/bench/a.ts', "load('@confluentinc/kafka-javascript/librdkafka.js');"],
    ['a dynamic import', 'contracts/ids.ts', "const a = await import('../engine/loop.ts');"],
    ['a required module', 'contracts/ids.ts', "const a = require('pino');"],
    ['a type written as an import', 'contracts/ids.ts', "type A = import('../engine/loop.ts').A;"],
    ['a side effect', 'contracts/ids.ts', "import '../engine/loop.ts';"],
    ['a re-export', 'contracts/ids.ts', "export { a } from '../engine/loop.ts';"],
    ['an import over several lines', 'contracts/ids.ts', "import {\n  a,\n  b,\n} from '../engine/loop.ts';"],
    ['a folder without a row', 'tools/a.ts', "import { a } from 'node:fs';"],
  ])('%s', (_, path, text) => {
    expect(violationsOf(path, text)).toHaveLength(1);
  });
});

describe('the checker allows', () => {
  test.each([
    ['TypeBox and its parts in contracts', 'contracts/ids.ts', "import { V } from '@sinclair/typebox/value';"],
    ['packages in the runtime', 'contracts/runtime/log/log.ts', "import pino from 'pino';"],
    [
      'its own folder and the words of the engine',
      'engine/bus/a.ts',
      "import { a } from './b.ts';\nimport { c } from '../model/facts.ts';",
    ],
    [
      'the assets that are known',
      'engine/bus/a.ts',
      "import { KNOWN_ASSETS, type Pair } from '../../contracts/assets.ts';",
    ],
    ['hashes of node:crypto', 'engine/executor/nep413.ts', "import { createHash } from 'node:crypto';"],
    ['keys in the signer', 'engine/executor/sign.ts', "import { createPrivateKey } from 'node:crypto';"],
    [
      'Kafka in its files',
      'contracts/runtime/kafka/admin/cluster.ts',
      "import K from '@confluentinc/kafka-javascript';",
    ],
    [
      'test helpers, keys and packages in tests',
      'engine/executor/sign.test.ts',
      "import { waitFor } from '../../ops/testing/wait.ts';\nimport { sign } from 'node:crypto';\nimport nacl from 'tweetnacl';",
    ],
    [
      'wire shapes and assets in the simulators',
      'ops/sim/a.ts',
      "import '../../contracts/assets.ts';\nimport '../../contracts/wire/relay.ts';",
    ],
    ['everything in ops', 'ops/cli/engine.ts', "import { main } from '../../engine/main.ts';"],
    ['the simulators in tests', 'engine/a.test.ts', "import { a } from '../ops/sim/world.ts';"],
    ['two stages in one test', 'engine/bus/a.test.ts', "import { a } from '../journal/b.ts';"],
    ['builders in tests', 'engine/strategy/decide.test.ts', "import { a } from '../fixtures.ts';"],
    ['an import in a comment', 'contracts/ids.ts', "// import { a } from '../engine/loop.ts';\n/* import 'pino'; */"],
    ['an import in a text', 'contracts/ids.ts', 'const a = "import { a } from \'../engine/loop.ts\';";'],
  ])('%s', (_, path, text) => {
    expect(render(violationsOf(path, text))).toBe('');
  });
});

test('a violation names file, line and what to do instead', () => {
  const text = "// head\n\nimport {\n  a,\n} from '../engine/loop.ts';\n";
  expect(render(violationsOf('contracts/ids.ts', text))).toBe(
    'contracts/ids.ts:5: imports engine/loop.ts: contracts imports contracts and TypeBox only; ' +
      'what needs more belongs into contracts/runtime',
  );
});

test('the reader of imports is not led astray by quotes, templates, regular expressions and divisions', () => {
  const text = [
    "const quote = /['\"`]/; const ratio = a / b / c; const slash = x.replace(/\\//g, '');",
    ['const nested = `a $', '{`b $', "{\"}\"} ' ` + '`'} c`;"].join(''),
    'const object = { a: 1 } as const; // it is a "comment',
    "import { z } from './z.ts';",
    "const late = import('./late.ts');",
  ].join('\n');
  expect(importsOf(makeSource('engine/lib/a.ts', text))).toEqual([
    { specifier: './z.ts', line: 4, clause: '{ z }' },
    { specifier: './late.ts', line: 5, clause: '' },
  ]);
});
