import { expect, test } from 'bun:test';
import { keptLog } from '../log/kept-log.fixture.ts';
import { KafkaTroubleLog } from './trouble.ts';

const REFUSED = 'Connect to ipv4#127.0.0.1:9092 failed: Connection refused';

test('an outage is one line for each distinct trouble, however often and by whichever thread it is repeated', () => {
  const kept = keptLog();
  const trouble = new KafkaTroubleLog(kept.log, 'consumer');
  for (let count = 0; count < 50; count++) {
    for (const thread of ['bootstrap', '1', '2']) {
      const line = `127.0.0.1:9092/${thread}: ${REFUSED} (after ${count}ms in state CONNECT, ${count} identical error(s) suppressed)`;
      trouble.report('warning', `[thrd:127.0.0.1:9092/${thread}]: ${line}`);
      trouble.report('client_error', `Local: Broker transport failure: ${line}`);
    }
    trouble.report('brokers_down', `Local: All broker connections are down: ${count % 3}/2 brokers are down`);
  }
  expect(kept.events()).toEqual(['kafka_trouble', 'kafka_trouble']);
  expect(trouble.last).toStartWith('brokers_down: ');
});

test('once it is over that is one line, and the next trouble is news', () => {
  const kept = keptLog();
  const trouble = new KafkaTroubleLog(kept.log, 'consumer');
  trouble.over();
  trouble.report('warning', REFUSED);
  trouble.over();
  trouble.over();
  expect(trouble.last).toBeNull();
  trouble.report('warning', REFUSED);
  expect(kept.events()).toEqual(['kafka_trouble', 'kafka_trouble_over', 'kafka_trouble']);
});
