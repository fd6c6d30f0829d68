// Lines of events, where one of them cannot be written.

import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { PASSED_OVER } from '../model/events.ts';
import { LogSink } from './log-sink.ts';

test('an event that cannot be logged is reported, and costs no other its line', () => {
  const kept = keptLog();
  const { log } = kept;
  const queue: (() => void)[] = [];
  const sink = new LogSink({
    clock: new ManualClock(),
    log: {
      info: log.info,
      warn: log.warn,
      error(event, fields) {
        if (event === 'executor_stopped') throw new Error('a slip');
        log.error(event, fields);
      },
    },
    later: (run) => void queue.push(run),
    detailOf: () => '',
  });
  sink.take({ kind: 'faulted', error: new Error('first') });
  sink.take({ kind: 'stopped', stop: { code: 'turns_failed', detail: '', atMs: 0 } });
  sink.take({ kind: 'faulted', error: new Error('last') });
  for (const run of queue.splice(0)) run();
  expect(kept.events()).toEqual(['turn_faulted', 'event_not_logged', 'turn_faulted']);
  expect(JSON.parse(kept.lines[1] ?? '')).toMatchObject({ kind: 'stopped' });
  // Nothing is written twice.
  sink.take(PASSED_OVER.other);
  sink.flush();
  expect(kept.lines).toHaveLength(3);
});
