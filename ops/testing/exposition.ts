// Judges the text of a `/metrics` page: by rules of our own, and by `promtool check metrics` where it is installed
// (Debian's package `prometheus` brings it). What a monitor of Kubernetes or Prometheus itself would rewrite or refuse is a fault.

import { toolEnvironment } from '../stack/tool-environment.ts';

/** Labels that a scrape sets by itself: our own label of such a name would be renamed to `exported_...`. */
const SET_BY_SCRAPE = new Set(['container', 'endpoint', 'instance', 'job', 'namespace', 'node', 'pod', 'service']);
/** They mean something to the types `summary` and `histogram` alone. */
const OF_TYPES: Readonly<Record<string, readonly string[]>> = { quantile: ['summary'], le: ['histogram'] };
const PARTS_OF_HISTOGRAM = /_(bucket|sum|count)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/g;
const VALUE = /^([+-]?Inf|nan|-?[0-9.]+(e[+-]?[0-9]+)?)$/i;
const PROMTOOL_LIMIT_MS = 10_000;

type Family = { readonly type: string; readonly help: string | undefined };

function familiesOf(lines: readonly string[]): Map<string, Family> {
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  for (const line of lines) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === 'HELP') helps.set(name, rest);
    if (kind === 'TYPE') families.set(name, { type: rest, help: helps.get(name) });
  }
  return families;
}

function familyFaults(name: string, { type, help }: Family): string[] {
  const faults: string[] = [];
  if (help === undefined || help === '') faults.push(`${name}: no help`);
  if ((type === 'counter') !== name.endsWith('_total'))
    faults.push(`${name}: _total is for counters, this is a ${type}`);
  if (PARTS_OF_HISTOGRAM.test(name)) faults.push(`${name}: the suffix is for parts of a histogram`);
  if (/[A-Z]/.test(name)) faults.push(`${name}: capital letters`);
  if (/_(ms|us|ns|sec|secs|millis|kb|mb|milliseconds|minutes|hours)(_|$)/.test(name))
    faults.push(`${name}: no base unit`);
  if (/_(gauge|counter|histogram|summary)(_|$)/.test(name)) faults.push(`${name}: names its type`);
  return faults;
}

function labelFaults(name: string, type: string, labels: string): string[] {
  return [...labels.matchAll(LABEL)].flatMap(([, label = '']) => {
    if (SET_BY_SCRAPE.has(label)) return [`${name}: the label ${label} is set by the scrape`];
    const types = OF_TYPES[label];
    return types === undefined || types.includes(type) ? [] : [`${name}: the label ${label} on a ${type}`];
  });
}

/** Faults of the text by rules of our own, each named once. */
export function expositionFaults(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const families = familiesOf(lines);
  const faults = [...families].flatMap(([name, family]) => familyFaults(name, family));
  const seen = new Set<string>();
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (name === '' || !VALUE.test(value)) faults.push(`not a sample: ${line}`);
    const series = `${name}{${labels}}`;
    if (seen.has(series)) faults.push(`${series}: twice`);
    seen.add(series);
    const family = families.get(name) ?? families.get(name.replace(PARTS_OF_HISTOGRAM, ''));
    if (family === undefined) faults.push(`${name}: no type`);
    else faults.push(...labelFaults(name, family.type, labels));
  }
  return [...new Set(faults)];
}

/** What promtool complains about; nothing where it is not installed. */
async function promtoolFaults(text: string): Promise<string[]> {
  const promtool = Bun.which('promtool');
  if (promtool === null) return [];
  const child = Bun.spawn([promtool, 'check', 'metrics'], {
    env: toolEnvironment(),
    stdin: new Blob([text]),
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: PROMTOOL_LIMIT_MS,
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const complaints = `${out}${err}`.split('\n').filter((line) => line.trim() !== '');
  return code === 0 && complaints.length === 0 ? [] : [`promtool ends with ${code}`, ...complaints];
}

/** All faults of the text of a `/metrics` page; none is what a test expects. */
export async function metricsFaults(text: string): Promise<readonly string[]> {
  return [...expositionFaults(text), ...(await promtoolFaults(text))];
}
