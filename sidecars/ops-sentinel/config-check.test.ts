import { expect, test } from 'bun:test';
import { OPS_SENTINEL_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import { loadConfig } from '../../contracts/runtime/config/load.ts';
import { webhookCheck } from './config-check.ts';

const problemsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
  const given = { NEAR_ACCOUNT_ID: 'solver.near', ...env };
  const loaded = loadConfig(OPS_SENTINEL_VARIABLES, { env: given, directory: null, checks: [webhookCheck] });
  return loaded.ok ? [] : loaded.problems.map(({ variable, problem }) => `${variable} ${problem}`);
};

const SECRET = 's'.repeat(32);

test.each<[what: string, env: Record<string, string>, problem: RegExp | null]>([
  ['nothing but the account', {}, null],
  ['a webhook with its secret', { ALERT_WEBHOOK_URL: 'https://a.example/x', ALERT_WEBHOOK_SECRET: SECRET }, null],
  ['a webhook without a secret', { ALERT_WEBHOOK_URL: 'https://a.example/x' }, /^ALERT_WEBHOOK_URL is set, and/],
  ['a secret that can be guessed', { ALERT_WEBHOOK_SECRET: 'short' }, /^ALERT_WEBHOOK_SECRET is too short/],
  ['processes', { ALERT_SERVICES: 'engine, liquidity-manager' }, null],
  ['a process that does not exist', { ALERT_SERVICES: 'engine,motor' }, /^ALERT_SERVICES has a name that is none of/],
  [
    'a window below its minimum',
    { ALERT_SERVICE_SILENT_MS: '14999' },
    /^ALERT_SERVICE_SILENT_MS is not a whole number/,
  ],
  ['a window at its minimum', { ALERT_SERVICE_SILENT_MS: '15000' }, null],
  ['as many metrics as there may be', { ALERT_METRICS_URLS: Array(16).fill('http://a:1/m').join(',') }, null],
  [
    'one more',
    { ALERT_METRICS_URLS: Array(17).fill('http://a:1/m').join(',') },
    /^ALERT_METRICS_URLS has more than 16/,
  ],
  ['as many names as there may be', { ALERT_METRICS_URLS: `http://a:1/m#${Array(16).fill('m').join('+')}` }, null],
  [
    'one name more',
    { ALERT_METRICS_URLS: `http://a:1/m,http://b:1/m#${Array(17).fill('m').join('+')}` },
    /^ALERT_METRICS_URLS has more than 16 names/,
  ],
  ['a token of a viewer', { ALERT_METRICS_TOKEN: SECRET }, null],
  ['a token that can be guessed', { ALERT_METRICS_TOKEN: 'short' }, /^ALERT_METRICS_TOKEN is too short/],
])('%s', (_what, env, problem) => {
  const problems = problemsOf(env);
  if (problem === null) expect(problems).toEqual([]);
  else expect(problems.join('\n')).toMatch(problem);
});
