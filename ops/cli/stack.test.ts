import { expect, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { STACK_DIR } from '../stack/directory.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { command, masked, parse } from './stack.ts';

test('arguments become one request, with the directory of the checkout as default', () => {
  expect(parse(['up'])).toEqual({
    action: 'up',
    dir: STACK_DIR,
    kafkaPort: undefined,
    postgresPort: undefined,
    json: false,
    showSecrets: false,
  });
  expect(
    parse(['status', '--dir', 'x', '--kafka-port', '9092', '--postgres-port=65535', '--json', '--show-secrets']),
  ).toEqual({
    action: 'status',
    dir: resolve('x'),
    kafkaPort: 9092,
    postgresPort: 65_535,
    json: true,
    showSecrets: true,
  });
});

test.each([
  [[]],
  [['sideways']],
  [['up', 'down']],
  [['up', '--kafka-port', '0']],
  [['up', '--kafka-port', '65536']],
  [['up', '--postgres-port', 'free']],
  [['up', '--postgres-port']],
  [['up', '--colour']],
  [['remove', '--dir', '']],
])('%j is refused in words', (args) => {
  expect(parse(args)).toBeString();
});

test('the password of a URL is masked, the rest stays', () => {
  expect(masked('postgres://unrip:s3cret@127.0.0.1:5432/unrip')).toBe('postgres://unrip:***@127.0.0.1:5432/unrip');
  expect(masked('postgres://unrip@127.0.0.1:5432/unrip')).toBe('postgres://unrip@127.0.0.1:5432/unrip');
});

test.each([['kafka'], ['postgres']])('a directory that no stack made keeps its folder %s', async (name) => {
  using dir = tempDir('stack');
  const data = join(dir.path, name, 'data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'segment'), 'of another server');
  expect(await command.run(['remove', '--dir', dir.path])).toBe(EXIT.failure);
  expect(existsSync(join(data, 'segment'))).toBe(true);
});
