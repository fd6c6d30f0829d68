// Rules and dashboard speak of metrics that exist, with labels that they have; Prometheus' own tool judges the rules where it is
// installed.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { ALERT_SEVERITY_TEXT } from '../../contracts/codes/alerts.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../contracts/runtime/process/health/event-loop-lag.ts';
import { createMetrics } from '../../contracts/runtime/process/metrics.ts';
import { decisionPayload } from '../../engine/bus/render/payloads.ts';
import { registerEngineMetrics } from '../../engine/observe/metrics/register.ts';
import { createObserver } from '../../engine/observe/observer.ts';
import { createWriterStats } from '../../sidecars/history-writer/writer-stats.ts';
import { metricsIn } from '../checks/operations.ts';
import { readSources } from '../checks/sources.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

const DIRECTORY = join(import.meta.dir, 'monitoring');
const read = (name: string): string => readFileSync(join(DIRECTORY, name), 'utf8');
const LIMIT_MS = 60_000;

/** Names and labels, as each process registers them; nothing is collected. */
function registered(): ReadonlyMap<string, ReadonlySet<string>> {
  const loopDelay = startLoopDelay(machineClock);
  const registryOf = (service: string): Registry => createMetrics({ service, version: '1', startedAtMs: 0, loopDelay });
  const engine = registryOf('engine');
  const observer = createObserver({ clock: machineClock, log: keptLog().log, later: () => {}, decisionPayload });
  registerEngineMetrics(engine, observer.counts, () => {
    throw new Error('nothing is collected here');
  });
  const writer = registryOf('history-writer');
  createWriterStats(writer, { lagMs: () => 0, lagRecords: () => 0, buffered: () => 0, writing: () => true });
  loopDelay.stop();
  const all = [engine, writer].flatMap((registry) => registry.getMetricsAsArray());
  return new Map(all.map((metric) => [metric.name, new Set(labelsOf(metric))]));
}

function labelsOf(metric: object): readonly string[] {
  const names: unknown = Reflect.get(metric, 'labelNames');
  return Array.isArray(names) ? names.map(String) : [];
}

const METRICS = registered();
/** Of a scrape and of every metric of a process. */
const COMMON = new Set(['job', 'instance', 'program', 'le', 'alertname', 'alertstate', 'severity']);
/** The control API adds its own to the registry of each process when it listens; other sidecars theirs, from what runs in them. */
const OF_OTHERS = readSources(CHECKOUT)
  .filter(({ path }) => path.startsWith('contracts/runtime/control/') || /^sidecars\/(?!history-writer)/.test(path))
  .map(({ text }) => text)
  .join('\n');

const plain = (name: string): string => (METRICS.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''));
const exists = (name: string): boolean => METRICS.has(plain(name)) || OF_OTHERS.includes(`'${name}'`);

type Panel = {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
};
const dashboard = JSON.parse(read('dashboard.json')) as { readonly panels: readonly Panel[] };
const targets = dashboard.panels.flatMap(({ targets: of = [] }) => of);
const ruleTexts = [...read('rules.yml').matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)$)/gm)].map(
  ([, folded, line]) => folded ?? line ?? '',
);

/** `name{label="x"}` and `by (label)`, the second for the names of the same expression. */
function unknownLabels(expr: string): readonly string[] {
  const known = new Set([...metricsIn(expr)].flatMap((name) => [...(METRICS.get(plain(name)) ?? [])]));
  const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, body = '']) => [...body.matchAll(/(\w+)\s*=/g)]);
  const groups = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, body = '']) => [
    ...body.matchAll(/\w+/g),
  ]);
  const named = [...selectors.map((match) => match[1] ?? ''), ...groups.map((match) => match[0])];
  return named.filter((label) => !known.has(label) && !COMMON.has(label) && label !== 'version');
}

describe('the alert rules', () => {
  test('are read as they are written', () => {
    expect(ruleTexts.length).toBe(read('rules.yml').match(/- alert:/g)?.length ?? 0);
    expect(ruleTexts.length).toBeGreaterThan(20);
  });

  test('name metrics that exist, with labels that they have', () => {
    expect(metricsIn(ruleTexts.join('\n')).filter((name) => !exists(name))).toEqual([]);
    expect(ruleTexts.flatMap(unknownLabels)).toEqual([]);
  });

  test('each has a unit test in which it fires', () => {
    const tests = read('rules.test.yml');
    const fired = new Set([
      ...[...tests.matchAll(/alertname: (\w+)\n {8}exp_alerts:\n/g)].map(([, name]) => name),
      ...[...tests.matchAll(/labels: '\{alertname="(\w+)"\}', value: 1/g)].map(([, name]) => name),
    ]);
    const names = [...read('rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(names.filter((name) => !fired.has(name))).toEqual([]);
  });

  test('each says what is wrong and what to do, and how urgent it is', () => {
    for (const rule of read('rules.yml').split('- alert:').slice(1)) {
      expect(rule).toMatch(/labels: \{ severity: (?:page|ticket) \}/);
      expect(rule).toMatch(/summary: \S/);
      expect(rule).toMatch(/description: \S/);
    }
  });
});

test('what is urgent has a receiver of its own, in the words of both who raise alerts', () => {
  const ofRules = [...read('rules.yml').matchAll(/severity: (\w+)/g)].map(([, severity = '']) => severity);
  const all = new Set([...ofRules, ...Object.keys(ALERT_SEVERITY_TEXT)]);
  expect([...all].sort()).toEqual(['critical', 'info', 'page', 'ticket', 'warning']);
  const urgent = /severity=~"([\w|]+)"/.exec(read('alertmanager.yml'))?.[1]?.split('|') ?? [];
  expect(urgent.sort()).toEqual(['critical', 'page']);
});

test('the example configuration hands alerts to somebody', () => {
  expect(read('prometheus.yml')).toMatch(/^alerting:\n {2}alertmanagers:\n/m);
});

describe('the dashboard', () => {
  test('names metrics that exist, with labels that they have', () => {
    expect(targets.length).toBeGreaterThan(30);
    expect(metricsIn(targets.map(({ expr }) => expr).join('\n')).filter((name) => !exists(name))).toEqual([]);
    expect(targets.flatMap(({ expr }) => unknownLabels(expr))).toEqual([]);
  });

  test('a legend names a label of its metric', () => {
    const wrong = targets.filter(({ expr, legendFormat }) => {
      const labels = [...metricsIn(expr)].flatMap((name) => [...(METRICS.get(plain(name)) ?? [])]);
      const used = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      return used.some((label) => !labels.includes(label) && !COMMON.has(label));
    });
    expect(wrong).toEqual([]);
  });

  test('no two panels lie on each other', () => {
    const cells = dashboard.panels.flatMap((panel) => {
      const { x, y, w, h } = Reflect.get(panel, 'gridPos') as { x: number; y: number; w: number; h: number };
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('as Prometheus and Alertmanager read them, where they are installed', () => {
  for (const command of [
    'promtool check rules rules.yml',
    'promtool test rules rules.test.yml',
    'promtool check config prometheus.yml',
    'amtool check-config alertmanager.yml',
  ]) {
    const [program = '', ...args] = command.split(' ');
    const path = Bun.which(program);
    test.if(path !== null)(
      `${command} passes`,
      () => {
        const { exitCode, stdout, stderr } = Bun.spawnSync([path ?? '', ...args], {
          cwd: DIRECTORY,
          env: toolEnvironment(),
          stdout: 'pipe',
          stderr: 'pipe',
        });
        expect([exitCode, exitCode === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
      },
      LIMIT_MS,
    );
  }
});
