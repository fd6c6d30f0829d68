// What ops/OPERATIONS.md names and what the code names: metrics, reasons of decisions, codes of health. Pure: texts in, violations out.

import { DECISION_REASONS, STOP_CODES } from '../../contracts/reasons.ts';
import type { Source } from './sources.ts';

export const OPERATIONS = 'ops/OPERATIONS.md';

/** Metrics of the document, without the suffixes that Prometheus adds to a histogram. */
export const metricsIn = (text: string): readonly string[] => [...new Set(text.match(/\bunrip_[a-z_]+\b/g) ?? [])];

/** Codes of the first column of the tables whose header begins with `code`. `topic_blocked:TOPIC` counts as `topic_blocked`. */
export function codesIn(document: string): ReadonlySet<string> {
  const codes = new Set<string>();
  let inTable = false;
  for (const line of document.split('\n')) {
    if (!line.startsWith('|')) inTable = false;
    else if (line.startsWith('| code |')) inTable = true;
    else if (inTable)
      for (const [, code] of (line.split('|')[1] ?? '').matchAll(/`([^`:]+)[^`]*`/g)) codes.add(code ?? '');
  }
  return codes;
}

/** What others call so: settings of Kafka and of the kernel. */
const FOREIGN_NAMES: ReadonlySet<string> = new Set(['sasl_ssl', 'sched_rt_runtime_us']);

/** Names in snake_case that a text puts into backticks outside of its examples: events of the log, fields, codes. */
export function namesIn(text: string): readonly string[] {
  const prose = text.replace(/^ *```.*?^ *```/gms, '');
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, inner = '']) => inner.match(/\w+/g) ?? []);
  return [...new Set(quoted.filter((name) => /^[a-z]+(?:_[a-z0-9]+)+$/.test(name)))];
}

/** Names of a document that occur nowhere in the code: an operator looks for them in a log or a state that never has them. */
export function unknownNames(document: string, sources: readonly Source[]): string[] {
  const words = new Set(
    sources.filter(({ path }) => !/\.(?:test|fixture)\.ts$/.test(path)).flatMap(({ text }) => text.match(/\w+/g) ?? []),
  );
  const { codes } = codesOf(sources);
  return namesIn(document).filter((name) => !words.has(name) && !codes.has(name) && !FOREIGN_NAMES.has(name));
}

type Place = {
  readonly file: string;
  /** The codes are the texts between this one and the next `to`; of a template text, what is before `:${`. */
  readonly from: string;
  readonly to: string;
  /** What the code puts before them. */
  readonly prefix?: string;
};

/** Where the code names what is in the way. */
const PLACES: readonly Place[] = [
  { file: 'engine/control/trading.ts', from: 'type TradingObstacle', to: ';' },
  { file: 'engine/executor/gate.ts', from: 'type ExecutorObstacle', to: ';' },
  { file: 'engine/turn/obstacles.ts', from: 'type Obstacle', to: '| DecisionReason' },
  { file: 'engine/ingest/control.ts', from: 'function ingestHealth', to: '\n}\n' },
  { file: 'engine/ingest/control.ts', from: 'const REFUSAL_REASONS', to: '};' },
  { file: 'engine/reference/control.ts', from: 'function referenceControl', to: '\n}\n' },
  { file: 'engine/inventory/control.ts', from: 'function inventoryHealth', to: '\n}\n' },
  { file: 'engine/strategy/control.ts', from: 'const health =', to: '});' },
  { file: 'engine/executor/control.ts', from: 'function executorHealth', to: '\n}\n' },
  { file: 'engine/pull/control.ts', from: 'const pullReasons', to: ';' },
  { file: 'engine/bus/health.ts', from: 'function busHealth', to: '\n}\n' },
  { file: 'engine/background/history/health.ts', from: 'function historyHealth', to: '\n}\n' },
  { file: 'engine/background/notes.ts', from: 'function newsNotes', to: '\n}\n' },
  { file: 'engine/ingest/relay/silence.ts', from: '  reasons(): readonly', to: '  #silentMs(' },
  { file: 'engine/safety/faults.ts', from: '    health: (nowUs)', to: '}),' },
  { file: 'engine/reference/report.ts', from: 'function healthOf', to: '\n}\n' },
  { file: 'engine/reference/select.ts', from: 'type KrakenFault', to: 'export type Comparison' },
  { file: 'engine/verifier/progress.ts', from: 'function healthOf', to: '\n}\n' },
  { file: 'sidecars/history-writer/health.ts', from: 'function kafkaHealth', to: '\n}\n' },
  { file: 'sidecars/history-writer/health.ts', from: 'function databaseHealth', to: '\n}\n' },
  { file: 'sidecars/history-writer/health.ts', from: 'function writerHealth', to: '\n}\n' },
  { file: 'sidecars/history-writer/postgres/database-watch.ts', from: 'type DatabaseStatus', to: ';' },
  { file: 'sidecars/history-writer/postgres/store.ts', from: 'type Standstill', to: ';' },
  { file: 'sidecars/liquidity-manager/control/health.ts', from: 'function ledgerHealth', to: '\n}\n' },
  { file: 'sidecars/liquidity-manager/control/health.ts', from: 'const FAILURE_CODES', to: '}' },
  { file: 'sidecars/liquidity-manager/control/health.ts', from: 'function bridgeHealth', to: '\n}\n' },
  { file: 'sidecars/liquidity-manager/store/ledger.ts', from: '#problem:', to: '= null' },
  { file: 'sidecars/liquidity-manager/observers/answer.ts', from: 'type FailureReason', to: '| NoFault' },
  { file: 'sidecars/liquidity-manager/observers/health.ts', from: 'function healthOf', to: '\n}\n' },
  { file: 'sidecars/ops-sentinel/health.ts', from: 'const readerHealth', to: ';' },
  { file: 'sidecars/ops-sentinel/health.ts', from: 'function alertsHealth', to: '\n}\n' },
  { file: 'sidecars/ops-sentinel/health.ts', from: 'function deliveryHealth', to: '\n}\n' },
  { file: 'engine/reference/sources.ts', from: 'type BookProblem', to: ';', prefix: 'kraken_' },
  { file: 'contracts/runtime/kafka/client.ts', from: 'type KafkaState', to: ';', prefix: 'consumer_' },
  { file: 'contracts/runtime/process/health/health.ts', from: 'const CHECK_FAILED', to: ';' },
  { file: 'contracts/runtime/process/run-process.ts', from: 'controlNotes:', to: '});' },
  { file: 'contracts/runtime/process/control-api.ts', from: 'return { notes:', to: '};' },
];

/** Texts within those places that are no codes: states that are compared with, and prefixes. */
const NO_CODES: ReadonlySet<string> = new Set([
  ...['connected', 'consumer_up', 'up', 'down', 'lost', 'starting', 'queue_full'],
  ...['silent', 'lagging', 'catching_up'],
  ...['executor', 'inventory', 'reference', 'shadow'],
]);

/** Codes in the places above; a place that is gone is a violation, so that none is passed over unnoticed. */
export function codesOf(sources: readonly Source[]): {
  readonly codes: ReadonlySet<string>;
  readonly missing: string[];
} {
  const codes = new Set<string>([...DECISION_REASONS.filter((reason) => reason !== 'accepted'), ...STOP_CODES]);
  const missing: string[] = [];
  for (const { file, from, to, prefix = '' } of PLACES) {
    const text = sources.find(({ path }) => path === file)?.text ?? '';
    const start = text.indexOf(from);
    const end = text.indexOf(to, start + from.length);
    if (start < 0 || end < 0) missing.push(`${file} has no ${from.trim()}`);
    else for (const code of codesWithin(text.slice(start, end), prefix)) codes.add(code);
  }
  return { codes, missing: [...missing, ...unreadHealth(sources)] };
}

/** Files that make the health of a part and are among no place: their codes would need no row. */
function unreadHealth(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path, masked }) => /^(?:engine|sidecars)\//.test(path) && /\bpartHealth\(/.test(masked.code))
    .filter(({ path }) => !/\.(?:test|fixture)\.ts$/.test(path) && !PLACES.some(({ file }) => file === path))
    .map(({ path }) => `${path}: add what gives codes of health there to PLACES of ops/checks/operations.ts`);
}

/** Texts like codes, and the keys of `noted({...})`, which are codes with a condition. */
function codesWithin(text: string, prefix: string): string[] {
  const literals = [...text.matchAll(/'([a-z]+(?:_[a-z]+)*)'|`([a-z]+(?:_[a-z]+)*)[:]\$\{/g)];
  const noted = [...text.matchAll(/\bnoted\(\{([^}]*)\}/g)].flatMap(([, body = '']) => [
    ...body.matchAll(/\b([a-z]+(?:_[a-z]+)*):/g),
  ]);
  const found = [...literals.map((match) => match[1] ?? match[2] ?? ''), ...noted.map((match) => match[1] ?? '')];
  return found.map((code) => prefix + code).filter((code) => !NO_CODES.has(code));
}

/** What the document lacks, and what it names although nothing has it. */
export function checkOperations(document: string, sources: readonly Source[]): string[] {
  const code = sources.filter(({ path }) => !path.startsWith('ops/') && !path.endsWith('.test.ts'));
  const all = code.map(({ text }) => text).join('\n');
  const { codes, missing } = codesOf(code);
  const documented = codesIn(document);
  return [
    ...missing,
    ...metricsIn(document)
      .filter((name) => !all.includes(`'${name}'`) && !all.includes(`'${name.replace(/_(?:bucket|sum|count)$/, '')}'`))
      .map((name) => `${OPERATIONS} names the metric ${name}, which nothing has`),
    ...[...codes].filter((name) => !documented.has(name)).map((name) => `${OPERATIONS} has no row for ${name}`),
    ...[...documented]
      .filter((name) => !codes.has(name) && !isComposed(name, all))
      .map((name) => `${OPERATIONS} has a row for ${name}, which nothing has`),
  ];
}

/** `rpc_CODE@HOST`: a prefix of the code, and names in capitals in place of what follows it. */
function isComposed(name: string, all: string): boolean {
  const prefix = /^([a-z]+_)[A-Z]/.exec(name)?.[1];
  return prefix !== undefined && all.includes(`\`${prefix}\${`);
}
