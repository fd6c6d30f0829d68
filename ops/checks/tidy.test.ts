import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { makeSource, readSources, render } from './sources.ts';
import { checkTidy, isPure } from './tidy.ts';

const violationsOf = (path: string, text: string) => checkTidy([makeSource(path, text)]);

test('the checkout is tidy', () => {
  expect(render(checkTidy(readSources(CHECKOUT)))).toBe('');
});

describe('the checker refuses', () => {
  test.each([
    ['the clock in a pure file', 'engine/strategy/decide.ts', 'const nowMs = Date.now();'],
    ['the clock by its constructor', 'engine/lib/time.ts', 'const now = new Date();'],
    ['chance', 'engine/lib/base58.ts', 'const jitter = Math.random();'],
    ['a timer', 'engine/loop.ts', 'setTimeout(() => {}, 1);'],
    ['a connection', 'engine/ingest/frame.ts', 'const answer = await fetch(url);'],
    ['a request in a shell', 'contracts/runtime/near/client.ts', 'const answer = await fetch(url);'],
    ['a request by its full name', 'sidecars/reconciler/main.ts', 'const answer = await globalThis.fetch(url);'],
    ['a request by another name', 'sidecars/reconciler/main.ts', 'const ask = fetch;'],
    ['a request through Node', 'sidecars/reconciler/main.ts', "import { request } from 'node:https';"],
    ['printing', 'engine/loop.ts', "console.log('here');"],
    ['printing in a shell', 'engine/bus/publisher.ts', "console.warn('here');"],
    ['writing to a pipe in a shell', 'contracts/runtime/log/log.ts', "process.stderr.write('here');"],
    ['a monotonic clock', 'contracts/ids.ts', 'const t = performance.now();'],
    ['the platform in a pure file', 'engine/executor/plan.ts', "import { readFileSync } from 'node:fs';"],
    ['a package in a pure file', 'engine/executor/plan.ts', "import pino from 'pino';"],
    ['the environment elsewhere', 'sidecars/history-writer/main.ts', "const url = process.env['DATABASE_URL'];"],
    ['a JSON parser without bounds', 'engine/ingest/frame.ts', 'const frame = JSON.parse(text);'],
    ['a body read as JSON', 'sidecars/a/main.ts', 'const body = await response.json();'],
    ['services in a plain test', 'ops/sim/a.test.ts', "describeWith(['kafka'], 'a', () => {});"],
    ['a test that runs alone', 'ops/sim/a.test.ts', "test.only('a', () => {});"],
    ['a leftover in a comment', 'ops/sim/a.ts', `// ${'TO'}DO: later`],
    ['a home directory', 'ops/sim/a.ts', `const file = '/ho${'me'}/someone/a.json';`],
    ['a work directory', 'ops/sim/a.ts', `const file = '/wo${'rk'}/main/a.json';`],
    ['a command that needs bun', 'ops/sim/a.ts', `say('${'bun'} ops/sim/a.ts');`],
    ['a list that is named before a wait', 'contracts/runtime/a.ts', 'this.#early.push(...(await this.#consume(1)));'],
    ['a sum that is read before a wait', 'contracts/runtime/a.ts', 'this.count += await this.read();'],
    ['a default that is chosen before a wait', 'contracts/runtime/a.ts', 'this.#file ??= await open(path);'],
    ['a file that passes on', 'contracts/ids.ts', "export { a } from './amounts.ts';"],
    ['a file that passes on everything', 'contracts/ids.ts', "export * from './amounts.ts';"],
    ['a file that passes on types', 'contracts/ids.ts', "export type { A } from './amounts.ts';"],
  ])('%s', (_, path, text) => {
    expect(violationsOf(path, text)).toHaveLength(1);
  });
});

describe('the checker allows', () => {
  test.each([
    ['a date made of a given time', 'engine/lib/time.ts', 'const text = new Date(atMs).toISOString();'],
    ['the bounded JSON reader', 'contracts/json.ts', 'const value = JSON.parse(text);'],
    ['a copy of an own value', 'contracts/documents.ts', 'const copy = JSON.parse(JSON.stringify(schema));'],
    ['JSON in the tools', 'ops/sim/a.ts', 'const value = JSON.parse(text);'],
    ['an answer in JSON', 'contracts/runtime/control.ts', 'return Response.json(body);'],
    [
      'a list that is named after a wait',
      'contracts/runtime/a.ts',
      'const some = await read(); this.#early.push(...some);',
    ],
    ['a local list', 'contracts/runtime/a.ts', 'early.push(...(await consume(1)));'],
    [
      'a wait in a function that is handed over',
      'contracts/runtime/a.ts',
      'this.#all.add(async () => { await end(); });',
    ],
    ['hashing', 'engine/executor/nep413.ts', 'Bun.SHA256.hash(bytes, into);'],
    ['the world in a shell', 'engine/main.ts', 'const nowMs = Date.now();'],
    ['the world in a test', 'engine/loop.test.ts', 'const nowMs = Date.now();'],
    ['a forbidden word in a text or comment', 'engine/loop.ts', "// not Date.now()\nconst a = 'Math.random()';"],
    ['the environment where it is loaded', 'contracts/runtime/config/load.ts', 'load(process.env);'],
    ['services in a test of that name', 'ops/sim/a.it.test.ts', "describeWith(['kafka'], 'a', () => {});"],
    [
      'a handler of requests',
      'contracts/runtime/control/front/listen.ts',
      'Bun.serve({ fetch: (request) => app(request) });',
    ],
    ['a request where it is bounded', 'contracts/runtime/bounded-fetch.ts', 'const answer = await fetch(url);'],
    ['a request in a tool', 'ops/sim/client.ts', 'const answer = await fetch(url);'],
    ['a path of a system', 'ops/stack/a.ts', "const java = '/usr/lib/jvm';"],
    ['an export of its own', 'contracts/ids.ts', 'const a = 1;\nexport { a };'],
  ])('%s', (_, path, text) => {
    expect(render(violationsOf(path, text))).toBe('');
  });
});

test('a violation names file, line, what is wrong and what to do', () => {
  expect(render(violationsOf('engine/loop.ts', '// head\nconst nowMs = Date.now();\n'))).toBe(
    'engine/loop.ts:2: pure files know no clock, chance, timer or world; here: Date.now. ' +
      'Instead: take it as an argument (engine/model/ports.ts), or name the file among SHELLS in ops/checks/architecture.ts',
  );
});

test('the heart of the engine counts as pure, whatever is added to it', () => {
  for (const path of [
    'engine/strategy/decide.ts',
    'engine/strategy/new.ts',
    'engine/loop.ts',
    'engine/bus/outbox.ts',
  ]) {
    expect(isPure(path)).toBe(true);
  }
  expect(isPure('contracts/runtime/log/log.ts')).toBe(false);
});
