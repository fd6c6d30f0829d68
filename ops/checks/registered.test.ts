import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROCESSES } from '../../contracts/documents.ts';
import { KAFKA_USERS } from '../../contracts/topics/access.ts';
import { SERVICES } from '../../contracts/topics/ops-control-action.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { TABLE } from '../cli/main.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { undescribedTables, unlistedCommands, unlistedSidecars, unreadVariables, unusedParts } from './registered.ts';
import { makeSource, readSources } from './sources.ts';

const sources = readSources(CHECKOUT);
const KNOWN = { services: SERVICES, kafkaUsers: KAFKA_USERS.map(({ command }) => command) };
/** Declared for what is planned, so that nobody believes that it works. */
const PLANNED = /not in this version yet|nothing in this version calls it yet/;
const variables = PROCESSES.flatMap(({ name: process, variables: declared }) =>
  Object.entries(declared)
    .filter(([, { help }]) => !PLANNED.test(help))
    .map(([key, { name }]) => ({ key, name, file: `contracts/config, ${process}` })),
);

const read = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');
const migrations = readdirSync(join(CHECKOUT, 'sql/migrations')).map((file) => read(`sql/migrations/${file}`));
const texts = { migrations: migrations.join('\n'), document: read('sql/README.md') };

test('every command, part, sidecar, variable and table is listed wherever it has to be', () => {
  expect(unlistedCommands(sources, TABLE)).toEqual([]);
  expect(unusedParts(sources)).toEqual([]);
  expect(unlistedSidecars(sources, KNOWN)).toEqual([]);
  expect(unreadVariables(sources, variables)).toEqual([]);
  expect(undescribedTables(Object.values(TABLES), texts)).toEqual([]);
});

test('every file that ops/HACKING.md names exists', () => {
  const named = [...read('ops/HACKING.md').matchAll(/`([a-z-]+\/[a-z/_.-]*)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(CHECKOUT, path)))).toEqual([]);
});

describe('the check names the file to change', () => {
  test('for a command without a row', () => {
    const hello = makeSource('ops/cli/hello.ts', "export const command: Command = { name: 'hello' };");
    expect(unlistedCommands([hello], [{ name: 'hello' }])).toEqual([]);
    expect(unlistedCommands([hello], [])).toEqual([
      'ops/cli/hello.ts: add a row with its name and summary to TABLE of ops/cli/main.ts',
    ]);
  });

  test('for a folder of the engine that only tests use', () => {
    const hedge = makeSource('engine/hedge/hedge.ts', 'export const due = true;');
    const user = (path: string) => makeSource(path, "import { due } from './hedge/hedge.ts';");
    expect(unusedParts([hedge, user('engine/engine.ts')])).toEqual([]);
    expect(unusedParts([hedge, user('engine/engine.test.ts')])).toEqual([
      'engine/hedge/: only tests use it; engine/engine.ts makes the parts and connects them',
    ]);
  });

  test('for each thing that a new sidecar lacks', () => {
    const paper = makeSource('sidecars/paper/main.ts', '');
    const config = makeSource('contracts/config/paper.ts', '');
    const importer = (path: string) => makeSource(path, "import { PAPER } from './paper.ts';");
    expect(unlistedSidecars([paper], { services: [], kafkaUsers: [] })).toHaveLength(6);
    const complete = [
      ...[paper, config, importer('contracts/config/declared.ts')],
      makeSource('contracts/documents.ts', "import { PAPER } from './config/paper.ts';"),
      makeSource('ops/cli/paper.ts', ''),
    ];
    expect(unlistedSidecars(complete, { services: ['paper'], kafkaUsers: ['paper'] })).toEqual([]);
    expect(unlistedSidecars(complete, { services: ['paper'], kafkaUsers: [] })).toEqual([
      'sidecars/paper: add what it reads and writes to KAFKA_USERS of contracts/topics/access.ts',
    ]);
  });

  test('for a variable that nothing reads', () => {
    const file = 'contracts/config/engine.ts';
    const pause = [{ key: 'quotePauseMs', name: 'QUOTE_PAUSE_MS', file }];
    const reader = (path: string) => makeSource(path, 'use(config.quotePauseMs);');
    expect(unreadVariables([reader('engine/loop.ts')], pause)).toEqual([]);
    expect(unreadVariables([reader(file), reader('engine/loop.test.ts')], pause)).toEqual([
      `${file}: nothing reads quotePauseMs (QUOTE_PAUSE_MS); use it, or remove the variable`,
    ]);
  });

  test('for a table without a migration or a description', () => {
    expect(undescribedTables([{ name: 'samples' }], { migrations: 'CREATE TABLE samples (', document: '' })).toEqual([
      'table samples: add a row to "Tables" of sql/README.md',
    ]);
    expect(undescribedTables([{ name: 'samples' }], { migrations: '', document: '\n| `samples` |' })).toEqual([
      'table samples: create it, with a comment on it and each column, in a new file of sql/migrations',
    ]);
  });
});
