import { describe, expect, test } from 'bun:test';
import { ENGINE_VARIABLES } from '../../config/engine.ts';
import { loadConfig, renderProblems } from './load.ts';

/** The problems of an engine's environment that is in order but for these. */
function problemsWith(env: Readonly<Record<string, string>>): readonly string[] {
  const loaded = loadConfig(ENGINE_VARIABLES, { env: { NEAR_ACCOUNT_ID: 'solver.near', ...env }, directory: null });
  return loaded.ok ? [] : loaded.problems.map((problem) => renderProblems('engine', [problem]));
}

describe('a variable of Bun that breaks a promise is refused, with the fix', () => {
  test.each([
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0', 'any certificate'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', ' False ', 'any certificate'],
    ['BUN_CONFIG_VERBOSE_FETCH', 'curl', 'API keys'],
    ['BUN_CONFIG_VERBOSE_FETCH', '1', 'API keys'],
  ])('%s=%s', (name, value, why) => {
    const [problem, ...others] = problemsWith({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${name} makes Bun`);
    expect(problem).toContain(why);
    expect(problem).toContain(`fix: remove ${name}`);
  });
});

test.each([
  ['NODE_TLS_REJECT_UNAUTHORIZED', '1'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', ''],
  ['BUN_CONFIG_VERBOSE_FETCH', '0'],
  ['BUN_CONFIG_VERBOSE_FETCH', 'false'],
  ['BUN_CONFIG_VERBOSE_FETCH', ''],
])('%s=%s, which breaks none, is left alone', (name, value) => {
  expect(problemsWith({ [name]: value })).toEqual([]);
});

test('Bun still writes the headers of requests when that is asked for', async () => {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('ok') });
  try {
    const child = Bun.spawn(
      [
        process.execPath,
        '--no-env-file',
        '-e',
        `await fetch('${server.url.href}', { headers: { 'x-cg-demo-api-key': 'hunter2' } })`,
      ],
      { env: { BUN_CONFIG_VERBOSE_FETCH: '1' }, stdout: 'ignore', stderr: 'pipe' },
    );
    expect(await new Response(child.stderr).text()).toContain('hunter2');
  } finally {
    await server.stop(true);
  }
});
