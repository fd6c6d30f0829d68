// Everything that the ops-sentinel reads from its environment: where alerts go, and the windows of the rules.

import { SERVICES, type ServiceName } from '../topics/ops-control-action.ts';
import { integer, optional, secret, token, url, urls } from './shapes.ts';
import { account, historyMaxLagMs, kafkaVariables, sidecarVariables } from './shared.ts';
import type { ConfigOf, Variable } from './variable.ts';

const DAY_MS = 86_400_000;

/** Names of processes, comma separated. */
const services: Variable<readonly ServiceName[]> = {
  name: 'ALERT_SERVICES',
  shape: `names of processes, comma separated: ${SERVICES.join(', ')}`,
  help: 'processes that have to report their health all the time; one that is not listed is missed for a day after its last report, unless it ended in order',
  fallback: 'engine,history-writer',
  secret: false,
  parse(given) {
    const names = given.split(',').map((name) => name.trim());
    const known = SERVICES.filter((service) => names.includes(service));
    return known.length === new Set(names).size
      ? { ok: true, value: known }
      : { ok: false, problem: `has a name that is none of: ${SERVICES.join(', ')}` };
  },
};

/** Each is asked every quarter of a minute. */
const METRICS_URLS_MAX = 16;
const METRICS_EACH_MAX = 16;

/** `http://host:1/metrics#a+b` -> a and b. */
export const metricNamesOf = (metricsUrl: string): readonly string[] =>
  new URL(metricsUrl).hash
    .slice(1)
    .split('+')
    .filter((name) => name !== '');

const metricsUrls = urls({
  name: 'ALERT_METRICS_URLS',
  schemes: ['http', 'https'],
  help: `metrics that have to be served, at most ${METRICS_URLS_MAX} URLs, each with at most ${METRICS_EACH_MAX} names behind #, joined by +: http://127.0.0.1:7070/metrics#unrip_trading+unrip_healthy; unrip_build_info without any`,
  fallback: null,
});

type Window = { readonly name: string; readonly help: string; readonly fallback: string; readonly min?: number };

const window = ({ name, help, fallback, min = 0 }: Window): Variable<number> =>
  integer({ name, help, fallback, min, max: 7 * DAY_MS, unit: 'milliseconds' });

const count = (name: string, help: string, fallback: string): Variable<number> =>
  integer({ name, help, fallback, min: 1, max: 200, unit: 'number' });

/** Of the rules: how long a condition has to hold, how old something may be, how many are too many. */
export const WINDOW_VARIABLES = {
  keepMs: window({
    name: 'ALERT_KEEP_MS',
    help: 'how long a condition has to be absent before its alert is cleared',
    fallback: '30000',
  }),
  referenceStaleMs: window({
    name: 'ALERT_REFERENCE_STALE_MS',
    help: 'how long there may be no tradable reference price',
    fallback: '15000',
  }),
  referenceDivergedMs: window({
    name: 'ALERT_REFERENCE_DIVERGED_MS',
    help: 'how long the price sources may be too far apart',
    fallback: '60000',
  }),
  fallbackMs: window({
    name: 'ALERT_FALLBACK_MS',
    help: 'how long the fallback price may be in use',
    fallback: '300000',
  }),
  inventoryStaleMs: window({
    name: 'ALERT_INVENTORY_STALE_MS',
    help: 'maximum age of the newest inventory snapshot',
    fallback: '30000',
  }),
  recordMissingMs: window({
    name: 'ALERT_RECORD_MISSING_MS',
    help: 'maximum age of the newest record of a topic that is written all the time',
    fallback: '120000',
    min: 15_000,
  }),
  reconciliationMissingMs: window({
    name: 'ALERT_RECONCILIATION_MISSING_MS',
    help: 'maximum age of the newest run of the reconciler while it reports its health',
    fallback: '900000',
  }),
  serviceSilentMs: window({
    name: 'ALERT_SERVICE_SILENT_MS',
    help: 'maximum age of the newest health report of a process; they come every five seconds',
    fallback: '30000',
    min: 15_000,
  }),
  serviceUnhealthyMs: window({
    name: 'ALERT_SERVICE_UNHEALTHY_MS',
    help: 'how long a process may report that it cannot do its job',
    fallback: '120000',
  }),
  metricsMs: window({
    name: 'ALERT_METRICS_MS',
    help: 'how long a metric of ALERT_METRICS_URLS may not be served',
    fallback: '60000',
  }),
  relayMs: window({
    name: 'ALERT_RELAY_MS',
    help: 'how long the relay may be disconnected or silent, as the engine reports it',
    fallback: '30000',
  }),
  venueMs: window({
    name: 'ALERT_VENUE_MS',
    help: 'how long clock, salt, key or account may be reported as not usable',
    fallback: '15000',
  }),
  journalMs: window({
    name: 'ALERT_JOURNAL_MS',
    help: 'how long the engine may report that its journal is behind',
    fallback: '5000',
  }),
  outboxMs: window({
    name: 'ALERT_OUTBOX_MS',
    help: 'how long records may wait for Kafka beyond the 30 s of the engine',
    fallback: '30000',
  }),
  historyMs: window({
    name: 'ALERT_HISTORY_MS',
    help: 'how long history may be behind HISTORY_MAX_LAG_MS, or not written',
    fallback: '60000',
  }),
  eventsMs: window({
    name: 'ALERT_EVENTS_MS',
    help: 'time within which failed submissions, dead letters and refused calls are counted',
    fallback: '300000',
    min: 1000,
  }),
  failuresMin: count(
    'ALERT_EXECUTOR_FAILURES',
    'failed submissions of one kind within ALERT_EVENTS_MS that raise',
    '1',
  ),
  deadLettersMin: count('ALERT_DEAD_LETTERS', 'dead letters of one origin within ALERT_EVENTS_MS that raise', '1'),
  refusalsMin: count('ALERT_CONTROL_REFUSALS', 'refused calls of one process within ALERT_EVENTS_MS that raise', '5'),
  uncertainMs: window({
    name: 'ALERT_UNCERTAIN_MS',
    help: 'how long the outcome of an attempt may be unknown',
    fallback: '180000',
  }),
  fundingUnconfirmedMs: window({
    name: 'ALERT_FUNDING_UNCONFIRMED_MS',
    help: 'how long a transfer may be seen and not confirmed',
    fallback: '7200000',
  }),
  fundingCreditMs: window({
    name: 'ALERT_FUNDING_CREDIT_MS',
    help: 'how long a confirmed transfer may not be credited',
    fallback: '3600000',
  }),
  noticeMs: window({
    name: 'ALERT_NOTICE_MS',
    help: 'how long what cannot be undone stays an alert: failed, replaced or returned transfers, lower credits, amounts below the minimum',
    fallback: '86400000',
    min: 60_000,
  }),
} as const;

export const OPS_SENTINEL_VARIABLES = {
  account,
  ...kafkaVariables,
  historyMaxLagMs,
  alertServices: services,
  ...WINDOW_VARIABLES,
  metricsUrls: optional({
    ...metricsUrls,
    parse(given) {
      const parsed = metricsUrls.parse(given);
      if (!parsed.ok) return parsed;
      if (parsed.value.length > METRICS_URLS_MAX)
        return { ok: false, problem: `has more than ${METRICS_URLS_MAX} URLs` };
      // One that is left out would be believed to be watched.
      if (parsed.value.some((each) => metricNamesOf(each).length > METRICS_EACH_MAX))
        return { ok: false, problem: `has more than ${METRICS_EACH_MAX} names of metrics behind one URL` };
      return parsed;
    },
  }),
  metricsToken: optional(
    secret(
      token({
        name: 'ALERT_METRICS_TOKEN',
        help: 'token of a viewer, sent to every one of ALERT_METRICS_URLS: a process that does not listen on loopback serves its metrics to nobody else',
        fallback: null,
      }),
    ),
  ),
  alertmanagerUrl: optional(
    url({
      name: 'ALERTMANAGER_URL',
      schemes: ['http', 'https'],
      help: 'Prometheus Alertmanager, the URL before /api/v2/alerts; alerts are offered there as well',
      fallback: null,
    }),
  ),
  alertmanagerRepeatMs: integer({
    name: 'ALERTMANAGER_REPEAT_MS',
    help: 'how often active alerts are sent to Alertmanager again; it clears by itself what is not repeated for three times as long',
    fallback: '60000',
    min: 1000,
    max: 3_600_000,
    unit: 'milliseconds',
  }),
  webhookUrl: optional(
    url({
      name: 'ALERT_WEBHOOK_URL',
      schemes: ['http', 'https'],
      help: 'each alert that is raised or cleared is posted there, signed with ALERT_WEBHOOK_SECRET',
      fallback: null,
    }),
  ),
  webhookSecret: optional(
    secret(
      token({
        name: 'ALERT_WEBHOOK_SECRET',
        help: 'key of the HMAC-SHA256 over time and body of what is posted to ALERT_WEBHOOK_URL',
        fallback: null,
      }),
    ),
  ),
  ...sidecarVariables('7073'),
} as const;

export type OpsSentinelConfig = ConfigOf<typeof OPS_SENTINEL_VARIABLES>;
