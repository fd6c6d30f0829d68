import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, TABLE } from '../../cli/main.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { readDocuments } from '../documents.ts';
import { misnamedFolders, unknownCommands } from './manual.ts';

const built = TABLE.filter(({ summary }) => summary !== null).map(({ name }) => name);
const helps = new Map(await Promise.all(built.map(async (name) => [name, (await load(name)).help] as const)));
const compose = { path: 'ops/compose.yaml', text: readFileSync(join(CHECKOUT, 'ops/compose.yaml'), 'utf8') };

test('every command in a document exists, with its options', () => {
  const documents = [...readDocuments(CHECKOUT), compose];
  expect(unknownCommands(documents, helps)).toEqual([]);
});

test.each([
  ['run `./unrip disarm --pull` first', []],
  ['    ./unrip test --soak kafka -- --minutes 5     # long', []],
  ['    ./unrip withdraw --asset BTC [--max-fee 1]', []],
  ['`./unrip test -t NAME`, or ./unrip: `sh` runs it', []],
  ['`./unrip disarm --pul`', ['gives ./unrip disarm the option --pul, which it does not have']],
  ['`./unrip test --soak-all`', ['gives ./unrip test the option --soak-all, which it does not have']],
  [
    'sudo /opt/unrip/app/unrip arm --hours 1 && ls -l',
    ['gives ./unrip arm the option --hours, which it does not have'],
  ],
  ['`./unrip reconciler`', ['names ./unrip reconciler, which nothing has']],
])('%s', (text, messages) => {
  expect(unknownCommands([{ path: 'a.md', text }], helps).map(({ message }) => message)).toEqual(messages);
});

test('the README names every folder of ops, and no other', () => {
  const readme = { path: 'README.md', text: readFileSync(join(CHECKOUT, 'README.md'), 'utf8') };
  const folders = readdirSync(join(CHECKOUT, 'ops'), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  expect(misnamedFolders(readme, folders)).toEqual([]);
  expect(misnamedFolders({ path: 'a.md', text: '| `ops/{cli,demo}/` | `ops/sim/` |' }, ['cli', 'sim', 'soak'])).toEqual(
    ['a.md does not name ops/soak/', 'a.md names ops/demo/, which is gone'],
  );
});
