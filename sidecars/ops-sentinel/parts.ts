// Makes the parts of the ops-sentinel and connects them: what is read, what is raised, and where it goes. Opens nothing yet.

import type { OpsSentinelConfig } from '../../contracts/config/ops-sentinel.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { ConfigProblem } from '../../contracts/runtime/config/problem.ts';
import type { Follower } from '../../contracts/runtime/kafka/consumer/follow.ts';
import { ConfigRefused } from '../../contracts/runtime/process/refusal.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { createStateFile, lockAlerts, type StateFile } from './alerts/state-file.ts';
import { createAlertmanager } from './delivery/alertmanager.ts';
import { createKafkaDelivery } from './delivery/kafka.ts';
import { createRepeater, handOver, type Repeater } from './delivery/repeater.ts';
import { createWebhook } from './delivery/webhook.ts';
import { createMetricsWatch, type MetricsWatch } from './known/metrics.ts';
import { registerMetrics } from './metrics.ts';
import type { Rule } from './rules/rule.ts';
import { RULES } from './rules/table.ts';
import { Sentinel } from './sentinel.ts';

const IN_USE: ConfigProblem = {
  variable: 'STATE_DIR',
  problem: 'is used by another ops-sentinel',
  shape: 'directory of this user',
  fix: 'end that process first, or set another STATE_DIR.',
};

export type Parts = {
  readonly config: OpsSentinelConfig;
  readonly base: SidecarBase;
  readonly clock: Clock;
  readonly rules: readonly Rule[];
  readonly stateFile: StateFile;
  readonly sentinel: Sentinel;
  /** Null: not configured. */
  readonly alertmanager: Repeater | null;
  readonly webhook: Repeater | null;
  readonly metricsWatch: MetricsWatch;
  /** Lets another process have the state file. */
  readonly release: () => void;
  /** Of the topics; null until the process has started. */
  follower: Follower | null;
};

export function createParts(config: OpsSentinelConfig, base: SidecarBase): Parts {
  const { log, timers: clock, sender, render, stateDir } = base;
  const { account: accountId } = config;
  const release = lockAlerts(stateDir);
  if (release === null) throw new ConfigRefused(IN_USE);
  const stateFile = createStateFile({ stateDir, accountId, clock, log: log.child('alerts') });
  const sentinel: Sentinel = new Sentinel({
    ...{ accountId, instanceId: base.instanceId, windows: config, rules: RULES, clock, stateFile },
    hasWebhook: config.webhookUrl !== null,
    newId: () => Bun.randomUUIDv7(),
    log: log.child('alerts'),
    isAtEnd: () => parts.follower?.isAtEnd() === true,
    onTick: (isNews) => handOver({ publish, receivers: [parts.alertmanager, parts.webhook] }, isNews),
  });
  const publish = createKafkaDelivery({ sender, render, outbox: sentinel.outbox, log: log.child('delivery') });
  const alertmanager = alertmanagerOf(config, base, sentinel);
  const webhook = webhookOf(config, base, sentinel);
  const metricsWatch = createMetricsWatch({
    ...{ urls: config.metricsUrls ?? [], token: config.metricsToken, clock },
    onRead: (readings) => sentinel.known.metricsRead(readings),
  });
  const parts: Parts = {
    ...{ config, base, clock, rules: RULES, stateFile, sentinel, alertmanager, webhook, metricsWatch, release },
    follower: null,
  };
  registerMetrics(base.metrics, { sentinel, receivers: { alertmanager, webhook } });
  return parts;
}

function alertmanagerOf(config: OpsSentinelConfig, { timers, log }: SidecarBase, { book }: Sentinel): Repeater | null {
  const { alertmanagerUrl: url, alertmanagerRepeatMs: repeatMs, account: accountId } = config;
  if (url === null) return null;
  const deliver = createAlertmanager({ url, repeatMs, accountId, book, clock: timers });
  return createRepeater({ name: 'alertmanager', deliver, timers, log: log.child('delivery'), fraction: Math.random });
}

function webhookOf(
  config: OpsSentinelConfig,
  { timers, log, render }: SidecarBase,
  { outbox }: Sentinel,
): Repeater | null {
  const { webhookUrl: url, webhookSecret: secret } = config;
  if (url === null || secret === null) return null;
  const own = log.child('delivery');
  const deliver = createWebhook({ url, secret, outbox, clock: timers, log: own, render });
  return createRepeater({ name: 'webhook', deliver, timers, log: own, fraction: Math.random });
}
