import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_CODES } from '../../../contracts/codes/alerts.ts';
import { DECLARED_NAMES } from '../../../contracts/config/declared.ts';
import type { ControlRoute } from '../../../contracts/runtime/control/route.ts';
import { fakeControl } from '../../../engine/control/control.fixture.ts';
import { engineRoutes } from '../../../engine/control/routes.ts';
import { routesOf as writerRoutes } from '../../../sidecars/history-writer/routes.ts';
import type { Writer } from '../../../sidecars/history-writer/writer.ts';
import { routesOf as managerRoutes } from '../../../sidecars/liquidity-manager/control/routes.ts';
import type { Manager } from '../../../sidecars/liquidity-manager/manager.ts';
import type { Parts } from '../../../sidecars/ops-sentinel/parts.ts';
import { routesOf as sentinelRoutes } from '../../../sidecars/ops-sentinel/routes.ts';
import { TABLE } from '../../cli/main.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { allPaths, readDocuments } from '../documents.ts';
import { checkRunbooks, queriesIn, RUNBOOKS, type RunbookFacts, untypedBodiesIn } from './runbooks.ts';

/** Of every process. */
const COMMON = ['/livez', '/healthz', '/state', '/metrics', '/internal/health'].map((path) => `GET ${path}`);

const routes = (own: readonly ControlRoute[]): readonly string[] => [
  ...COMMON,
  ...own.map((route) => `${'method' in route ? route.method : 'GET'} ${route.path}`),
];

const files = allPaths(CHECKOUT);
const migrations = files
  .filter((path) => path.startsWith('sql/migrations/'))
  .map((path) => readFileSync(join(CHECKOUT, path), 'utf8'));

// Routes are declared before anything is asked of what they are about.
const FACTS: RunbookFacts = {
  codes: ALERT_CODES,
  commands: TABLE.filter(({ summary }) => summary !== null).map(({ name }) => name),
  routes: {
    7070: routes(engineRoutes(fakeControl().control)),
    7071: routes(writerRoutes({} as Writer, { requestEnd: () => undefined })),
    7072: routes(managerRoutes({ trackers: [] } as unknown as Manager)),
    7073: routes(sentinelRoutes({} as Parts)),
    7074: COMMON,
  },
  tables: migrations.flatMap((text) =>
    [...text.matchAll(/^CREATE (?:TABLE|VIEW) ([a-z_]+)/gm)].map(([, name = '']) => name),
  ),
  variables: DECLARED_NAMES,
  files,
};
const documents = readDocuments(CHECKOUT);
const runbooks = documents.filter(({ path }) => path.startsWith(RUNBOOKS));

test('every alert has a runbook, with what it needs, and what it tells to type exists', () => {
  expect(checkRunbooks(runbooks, FACTS)).toEqual([]);
  expect(runbooks.flatMap(({ text }) => queriesIn(text)).length).toBeGreaterThan(20);
});

test('no document has a call that is refused because its body has no type', () => {
  expect(documents.flatMap(({ path, text }) => untypedBodiesIn(text).map((call) => `${path}: ${call}`))).toEqual([]);
});

describe('the check names', () => {
  const path = `${RUNBOOKS}dead_letters.md`;
  const good = runbooks.find((runbook) => runbook.path === path)?.text ?? '';
  const problemsOf = (text: string): string[] => checkRunbooks([{ path, text }], { ...FACTS, codes: ['dead_letters'] });

  test('nothing of one that is as it should be', () => {
    expect(problemsOf(good)).toEqual([]);
  });

  test.each([
    ['a section that is missing', good.replace('## Safe action', '## Advice'), 'has no section "Safe action"'],
    ['a section without a command', good.replace(/^ {4}.*$/gm, 'nothing'), 'has no command in "First commands"'],
    ['another heading', good.replace('# dead_letters', '# dead letters'), 'does not begin with "# dead_letters"'],
    ['a command that is not built', `${good}\n\`./unrip reconciler\``, 'names ./unrip reconciler, which nothing has'],
    [
      'a route that nothing serves',
      `${good}\n    curl -X POST http://127.0.0.1:7073/alerts\n`,
      'calls POST /alerts at port 7073, which nothing serves',
    ],
    [
      'a port of nobody',
      `${good}\n    curl http://127.0.0.1:7079/state\n`,
      'calls port 7079, at which nothing listens by default',
    ],
    [
      'a body without its type',
      `${good}\n    curl -s -X POST -d '{}' http://127.0.0.1:7073/pause\n`,
      "sends a body without its content type, which is refused: curl -s -X POST -d '{}' http://127.0.0.1:7073/pause",
    ],
    ['a table that nothing has', `${good}\nFROM dead_mail`, 'names table dead_mail, which nothing has'],
    [
      'a variable that nothing reads',
      `${good}\n\`ALERT_LETTERS\``,
      'names the variable ALERT_LETTERS, which nothing reads',
    ],
    ['a link to nothing', `${good}\n[x](none.md)`, `links to ${RUNBOOKS}none.md, which does not exist`],
  ])('%s', (_what, text, problem) => {
    expect(problemsOf(text)).toContain(`${path} ${problem}`);
  });

  test('an alert without a runbook, and a runbook of no alert', () => {
    expect(checkRunbooks([{ path: `${RUNBOOKS}other.md`, text: '' }], { ...FACTS, codes: ['dead_letters'] })).toEqual([
      `${path} does not exist: an alert without instructions`,
      `${RUNBOOKS}other.md is of no alert`,
    ]);
  });
});
