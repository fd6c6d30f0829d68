import { describe, expect, test } from 'bun:test';
import { partHealth } from '../../contracts/runtime/process/health/health.ts';
import { busHealth, type OutboxFigures } from './health.ts';
import type { KafkaLinkStatus } from './link/link-status.ts';

const QUIET: OutboxFigures = {
  lagMs: 0,
  trouble: null,
  waiting: null,
  blocked: [],
  isDeadLettering: false,
  lost: { republishFrom: null },
  republish: { running: null },
  deadLettered: 0,
  isPositionKept: true,
};
describe('the bus', () => {
  test.each<[string, Partial<OutboxFigures>, KafkaLinkStatus, string[], string[]]>([
    ['nothing is wrong', {}, 'up', [], []],
    ['Kafka has not answered yet', {}, 'starting', [], ['kafka_starting']],
    ['Kafka is away', {}, 'down', ['kafka_down'], []],
    ['the client is lost', {}, 'lost', ['kafka_client_lost'], []],
    ['records have waited for long', { lagMs: 30_001 }, 'up', ['outbox_behind'], []],
    ['a topic takes nothing', { blocked: [{ topic: 'a.b' }] }, 'up', ['topic_blocked:a.b'], []],
    ['records are refused', { isDeadLettering: true, deadLettered: 3 }, 'up', ['records_refused'], ['dead_lettered']],
    ['records were refused', { deadLettered: 3 }, 'up', [], ['dead_lettered']],
    ['Kafka lost records', { lost: { republishFrom: 7 } }, 'up', [], ['kafka_lost_records', 'republish_from:7']],
    ['records are sent again', { republish: { running: {} } }, 'up', [], ['republishing']],
    ['the queue is full', { waiting: { on: 'queue_full' } }, 'up', [], ['kafka_queue_full']],
    ['its position cannot be written', { isPositionKept: false }, 'up', [], ['outbox_position_not_kept']],
    ['something went wrong', { trouble: 'refused' }, 'up', [], ['kafka_trouble']],
  ])('says that %s', (_name, publisher, status, reasons, notes) => {
    expect(busHealth({ ...QUIET, ...publisher }, status)).toEqual(partHealth(reasons, notes));
  });
});
