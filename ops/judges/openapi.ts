// schemathesis and redocly on the control APIs of a running engine and history-writer: every route of the document is called
// with bodies that fit it and bodies that do not, as an operator, as a viewer, without a token and with wrong ones; every answer is held against
// what the document says. A drain ends the process, which is then started again.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../stack/run.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import type { Judge, Scene } from './judge.ts';
import { keepRunning, type Restarting } from './restarting.ts';
import { historyWriterOf, VIEWER_TOKEN } from './trading.ts';
import type { Verdict } from './verdict.ts';

const SEED = 20_260_115;
const EXAMPLES_MAX = 10;
const LIMIT_MS = 400_000;

/**
 * A refusal of the process is no fault of it: of the statuses above 499 only 500 is. Nor is 426, for whoever comes to a websocket
 * without one. That each is described, with its body, is a check of its own.
 */
const STATUSES = `[checks]
not_a_server_error.expected-statuses = ["2xx", "4xx", 501, 502, 503, 504]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 426, 429, "5xx"]
`;
/** Wrong tokens are slowed down, and the run with the token sends enough of them. */
const NO_TOKENS = '[generation]\nwith-security-parameters = false\n';

export const judge: Judge = {
  name: 'openapi',
  summary: 'schemathesis and redocly on the control APIs of engine and history-writer',
  async run(scene) {
    const rig = await scene.rig();
    const engine = await keepRunning(rig.engine(), () => rig.startEngine());
    const writer = await historyWriterOf(rig, join(scene.dir, 'writer'));
    const writerKept = await keepRunning(writer.first, writer.start);
    try {
      return [
        ...(await judgeService(scene, 'engine', engine, rig.engine().tokenFile)),
        ...(await judgeService(scene, 'history-writer', writerKept, writer.first.tokenFile)),
      ];
    } finally {
      engine.close();
      writerKept.close();
      await writer.stop();
    }
  },
};

async function judgeService(scene: Scene, name: string, kept: Restarting, tokenFile: string): Promise<Verdict[]> {
  const token = readFileSync(tokenFile, 'utf8').trim();
  const document = join(scene.dir, `${name}.json`);
  const response = await fetch(`${kept.url}/openapi`, { headers: { authorization: `Bearer ${token}` } });
  writeFileSync(document, await response.text());
  const as = (bearer: string) => ['--header', `Authorization: Bearer ${bearer}`, '--request-retries', '5'];
  const verdicts = [
    { name: `${name}: redocly`, fault: await redoclyFault(scene, document) },
    await schemathesis(scene, {
      name: `${name}: with the token`,
      document,
      url: kept.url,
      config: STATUSES,
      more: as(token),
    }),
    await schemathesis(scene, {
      name: `${name}: with the token of a viewer`,
      document,
      url: kept.url,
      config: STATUSES,
      more: as(VIEWER_TOKEN),
    }),
    await schemathesis(scene, {
      name: `${name}: without a token`,
      document,
      url: kept.url,
      config: NO_TOKENS + STATUSES,
      more: [],
    }),
  ];
  const isDrained = kept.restarts() > 0;
  return [...verdicts, { name: `${name}: a drain ended it`, fault: isDrained ? null : 'it was never drained' }];
}

type Attempt = {
  readonly name: string;
  readonly document: string;
  readonly url: string;
  readonly config: string;
  readonly more: readonly string[];
};

async function schemathesis({ packages, dir }: Scene, attempt: Attempt): Promise<Verdict> {
  const { name, document, url, config, more } = attempt;
  const file = join(dir, 'schemathesis.toml');
  writeFileSync(file, config);
  const options = ['--checks', 'all', '--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--no-color'];
  const bounds = ['--seed', String(SEED), '--max-examples', String(EXAMPLES_MAX), '--rate-limit', 'auto'];
  const argv = ['--config-file', file, 'run', document, '--url', url, ...options, ...bounds, ...more];
  const child = Bun.spawn([packages.program('schemathesis'), ...argv], {
    cwd: dir,
    env: toolEnvironment({ PYTHONUNBUFFERED: '1', COLUMNS: '120' }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  const text = await child.stdout.text();
  const code = await child.exited;
  const [, selected, all] = /Selected: ([0-9]+)\/([0-9]+)/.exec(text) ?? [];
  const tested = /Tested: ([0-9]+)/.exec(text)?.[1];
  const cases = /([0-9]+) generated/.exec(text)?.[1];
  const named = `${name}, ${tested} of ${all} operations, ${cases} calls`;
  if (child.signalCode !== null) return { name, fault: `not over after ${LIMIT_MS} ms: ${text.slice(-500)}` };
  if (code !== 0) return { name: named, fault: text.slice(text.search(/=+ (?:FAILURES|ERRORS|SUMMARY) =+/)) };
  const isWhole = all !== undefined && selected === all && tested === all;
  return { name: named, fault: isWhole ? null : 'not every operation was called' };
}

type Lint = {
  readonly problems: readonly {
    readonly ruleId: string;
    readonly message: string;
    readonly location: readonly { readonly pointer?: string }[];
  }[];
};

/**
 * Errors and warnings. A route that is not built yet has no success to describe, and says so with 501; the success of a websocket is 101,
 * and its messages are a component that no answer has.
 */
async function redoclyFault({ packages, dir }: Scene, document: string): Promise<string | null> {
  const cli = packages.file('@redocly/cli/bin/cli.js');
  const env = toolEnvironment({ REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' });
  const argv = [process.execPath, cli, 'lint', document, '--format', 'json'];
  const output = await run(argv, { cwd: dir, env, limitMs: LIMIT_MS }).catch((error: Error) => error.message);
  const { paths } = JSON.parse(readFileSync(document, 'utf8'));
  const hasNoSuccess = (pointer = ''): boolean => {
    const [, , path = '', method = ''] = pointer.split('/');
    const responses = paths[path.replaceAll('~1', '/')]?.[method]?.responses;
    return responses?.['501'] !== undefined || responses?.['101'] !== undefined;
  };
  const start = output.indexOf('{');
  if (start < 0) return output;
  const { problems } = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as Lint;
  const open = problems.filter(({ ruleId, location }) => {
    const pointer = location[0]?.pointer;
    if (ruleId === 'operation-2xx-response') return !hasNoSuccess(pointer);
    return ruleId !== 'no-unused-components' || pointer !== '#/components/schemas/Event';
  });
  if (open.length === 0) return null;
  return open.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`).join('\n');
}
