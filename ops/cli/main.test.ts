import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { describeError, load, TABLE, withoutSecrets } from './main.ts';

const unrip = (...args: string[]) => startChild([join(import.meta.dir, 'main.ts'), ...args]);

async function outcome(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  await using child = unrip(...args);
  const code = await child.exited;
  return { code, out: child.lines.join('\n'), err: child.errorText() };
}

test('every command that stands in the table as working and has a file carries the same name and summary', async () => {
  const rows = TABLE.filter(({ name, summary }) => summary !== null && existsSync(join(import.meta.dir, `${name}.ts`)));
  expect(rows.length).toBeGreaterThan(1);
  for (const { name, summary } of rows) {
    const command = await load(name);
    expect({ name, summary: command.summary }).toEqual({ name, summary: summary ?? '' });
    expect(command.help.length).toBeGreaterThan(command.summary.length);
  }
});

test('what stands in the table as not built has no file', () => {
  for (const { name } of TABLE.filter((row) => row.summary === null)) {
    expect({ name, exists: existsSync(join(import.meta.dir, `${name}.ts`)) }).toEqual({ name, exists: false });
  }
});

test('an error of a connection names host and remedy, whatever the runtime says of it', () => {
  const bun = 'Unable to connect. Is the computer able to access the url?';
  const error = Object.assign(new TypeError(bun), { code: 'ECONNREFUSED', path: 'http://127.0.0.1:7/state?x=1' });
  expect(describeError(error)).toBe(
    'cannot reach 127.0.0.1:7: ECONNREFUSED (nothing listens there; start it, or correct the address)',
  );
});

describe('from the outside', () => {
  test('help and version go to stdout with exit code 0', async () => {
    expect(await outcome('--help')).toMatchObject({ code: 0, out: expect.stringContaining('  stack '), err: '' });
    expect(await outcome('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^unrip \d+\.\d+\.\d+/) });
    expect(await outcome('stack', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--kafka-port') });
  });

  test.each([
    ['no command', [], 'usage:'],
    ['an unknown one, with a suggestion', ['stak'], 'did you mean `stack`?'],
    ['one that is not built', ['doctor'], '`doctor` is not built yet'],
    ['wrong use of a command', ['stack', 'sideways'], 'say one of up, down, status, remove'],
  ])('%s ends with 2, on stderr', async (_, args, expected) => {
    expect(await outcome(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(expected) });
  });

  test('a reader that is slow gets all of the output before the process ends', async () => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), '--help'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await child.exited;
    expect(await child.stdout.text()).toEndWith('78 configuration\n');
  });
});

test('a command that is missing from the checkout fails alone, with its file', async () => {
  await expect(load('no-such-command')).rejects.toThrow(/no-such-command\.ts is missing/);
});

test('one error is one line; its stack comes with UNRIP_DEBUG=1 only', () => {
  const before = process.env['UNRIP_DEBUG'];
  try {
    delete process.env['UNRIP_DEBUG'];
    expect(describeError(new Error('no port', { cause: new Error('taken') }))).toBe('no port');
    expect(describeError('text')).toBe('text');
    process.env['UNRIP_DEBUG'] = '1';
    expect(describeError(new Error('no port', { cause: new Error('taken') }))).toMatch(
      /main\.test\.ts[\s\S]*caused by: Error: taken/,
    );
  } finally {
    if (before === undefined) delete process.env['UNRIP_DEBUG'];
    else process.env['UNRIP_DEBUG'] = before;
  }
});

test('secrets never reach the screen', () => {
  const key = `ed25519:${'5'.repeat(87)}`;
  const text = `cannot use ${key} at postgres://unrip:pass-word@127.0.0.1:5432/unrip or kafka://a:b@host`;
  expect(withoutSecrets(text)).toBe(
    'cannot use ed25519:*** at postgres://unrip:***@127.0.0.1:5432/unrip or kafka://a:***@host',
  );
  // A public key is no secret, and is needed in messages.
  expect(withoutSecrets(`ed25519:${'5'.repeat(44)}`)).toBe(`ed25519:${'5'.repeat(44)}`);
});
