import { describe, expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { describeError, load, TABLE } from './main.ts';

const unrip = (...args: string[]) => startChild([join(import.meta.dir, 'main.ts'), ...args]);

async function outcome(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  await using child = unrip(...args);
  const code = await child.exited;
  return { code, out: child.lines.join('\n'), err: child.errorText() };
}

test('every command that the table lists as working and has a file carries the same name and summary', async () => {
  const rows = TABLE.filter(({ name, summary }) => summary !== null && existsSync(join(import.meta.dir, `${name}.ts`)));
  expect(rows.length).toBeGreaterThan(1);
  for (const { name, summary } of rows) {
    const command = await load(name);
    expect({ name, summary: command.summary }).toEqual({ name, summary: summary ?? '' });
    expect(command.help.length).toBeGreaterThan(command.summary.length);
  }
});

test('what the table lists as not built has no file', () => {
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
    ['one that is not built', ['record'], '`record` is not built yet'],
    ['wrong use of a command', ['stack', 'sideways'], 'expected one of up, down, status, remove'],
  ])('%s ends with 2, on stderr', async (_, args, expected) => {
    expect(await outcome(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(expected) });
  });

  test('a reader that goes away ends no command, and is no failure of it', async () => {
    using dir = tempDir('reader');
    const program = join(dir.path, 'program.ts');
    // The second write is the first that meets the closed pipe, and its error comes later.
    const text = `import { outliveReaders } from ${JSON.stringify(join(import.meta.dir, 'main.ts'))};
      outliveReaders();
      for (let count = 0; count < 50; count++) {
        process.stdout.write('line\\n'.repeat(1000));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      process.stderr.write('went on\\n');`;
    writeFileSync(program, text);
    const child = Bun.spawn(['sh', '-c', '{ "$@"; echo "code $?" >&2; } | :', 'sh', process.execPath, program], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    expect(await child.stderr.text()).toBe('went on\ncode 0\n');
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

describe('secrets never reach the screen', () => {
  const key = `ed25519:${'5'.repeat(87)}`;
  test.each([
    [`cannot use ${key}`, 'cannot use ed25519:[redacted]'],
    ['postgres://unrip:pass-word@127.0.0.1:5432/unrip is down', 'PostgreSQL at 127.0.0.1:5432 is down'],
    ['postgres://unrip:pass/word@127.0.0.1:5432/unrip is down', 'PostgreSQL at (no URL) is down'],
    ['no kafka://a:b@host/x', 'no kafka://host/...'],
    // A public key is no secret, and is needed in messages.
    [`unknown ed25519:${'5'.repeat(44)}`, `unknown ed25519:${'5'.repeat(44)}`],
  ])('%s', (text, shown) => {
    expect(describeError(new Error(text))).toBe(shown);
  });

  test('nor does anything that was given as one, in whichever form', () => {
    const given = {
      NEAR_PRIVATE_KEY: 'hunter2-near',
      CONTROL_TOKEN: 'hunter2-control',
      DATABASE_OWNER_URL: 'postgres://owner:hunter2%20owner@127.0.0.1/unrip',
      KAFKA_CONFIG_JSON: '{"sasl.password":"hunter2-sasl","ssl.key.pem":"hunter2-pem","client.rack":"a-rack-of-ours"}',
    };
    Object.assign(process.env, given);
    try {
      const all = [
        'hunter2-near',
        'hunter2-control',
        'hunter2 owner',
        'hunter2%20owner',
        'hunter2-sasl',
        'hunter2-pem',
      ];
      expect(describeError(new Error(`${all.join(' ')} a-rack-of-ours`))).not.toContain('hunter2');
      expect(describeError(new Error('a-rack-of-ours'))).toBe('a-rack-of-ours');
    } finally {
      for (const name of Object.keys(given)) delete process.env[name];
    }
  });
});

test('what a server answers does not steer the terminal', () => {
  const answer = 'no\u001b[2Jsuch\rtable\u202e\nsecond line';
  expect(describeError(new Error(answer))).toBe('no\\u001b[2Jsuch\\u000dtable\\u202e\nsecond line');
});
