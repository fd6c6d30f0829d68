// Starts and ends the work of the ops-sentinel.

import { followTopics } from '../../contracts/runtime/kafka/consumer/follow.ts';
import { KafkaTroubleLog } from '../../contracts/runtime/kafka/trouble.ts';
import type { Sidecar } from '../../contracts/runtime/process/sidecar/program.ts';
import { within } from '../../contracts/runtime/wait.ts';
import { LOOK_BACK, READ_TOPICS } from './known/record.ts';
import type { Parts } from './parts.ts';
import { EVALUATE_MS } from './sentinel.ts';

/** The group that no reader joins and every client asks for: contracts/topics/access.ts. */
const CLIENT_ID = 'unrip-ops-sentinel';
/** Share of the drain's time that is waited for receivers. */
const HAND_OVER_SHARE = 0.8;

/** @returns start and drain of the process */
export function createRun(parts: Parts): Pick<Sidecar, 'start' | 'drain'> {
  const { sentinel, alertmanager, webhook, metricsWatch, clock } = parts;
  let stopTicks = (): void => undefined;
  return {
    start() {
      parts.follower = followAll(parts);
      alertmanager?.start();
      webhook?.start();
      metricsWatch.start();
      stopTicks = clock.every(EVALUATE_MS, () => sentinel.tick());
    },
    async drain(limitMs) {
      sentinel.draining = true;
      stopTicks();
      metricsWatch.stop();
      sentinel.tick();
      await within(clock, handedOver(parts), limitMs * HAND_OVER_SHARE);
      await Promise.all([parts.follower?.close(), alertmanager?.stop(), webhook?.stop()]);
      // What was acknowledged since is not sent again by the next process.
      sentinel.save();
      parts.release();
    },
  };
}

function followAll({ config, base, clock, sentinel }: Parts) {
  const { topicPrefix: prefix, kafkaSettings, log } = base;
  const lines = new KafkaTroubleLog(log.child('reader'), 'reader');
  return followTopics({
    ...{ brokers: config.kafkaBrokers, clientId: CLIENT_ID, extra: kafkaSettings, clock },
    topics: READ_TOPICS.map((topic) => prefix + topic),
    startAt: ({ topic }) => ({ last: LOOK_BACK[READ_TOPICS.find((name) => prefix + name === topic) ?? 'ops.alert'] }),
    // This process reports its own health every five seconds, whatever others do.
    isBusy: true,
    trouble: { report: (code, detail) => lines.report(code, detail), recovered: () => lines.over() },
    onRecord: (record) => sentinel.take(record.topic.slice(prefix.length), record),
    onLost: () => sentinel.lost(),
  });
}

/** Ends when Kafka has all; the webhook gets what is left from the next process. */
async function handedOver({ base, sentinel }: Parts): Promise<void> {
  while (sentinel.outbox.waitingFor('kafka').length > 0) {
    if (!(await base.sender.flush(1000))) continue;
    // The outbox learns of an acknowledgement just after the sender.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
