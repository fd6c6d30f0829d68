import { expect, test } from 'bun:test';
import { readBatch } from './read-answer.ts';

const REPLIES = '[{"jsonrpc":"2.0","id":1,"result":[]},{"jsonrpc":"2.0","id":0,"result":"0x64"}]';

test.each([
  // Logs of too many blocks: a smaller range may fit.
  [408, '', 'node_timed_out'],
  [504, '<html>Gateway Time-out</html>', 'node_timed_out'],
  [524, '{"error":"a timeout occurred"}', 'node_timed_out'],
  [413, 'Payload Too Large', 'node_answer_too_large'],
  // Whatever its range is.
  [429, 'slow down', 'node_rate_limited'],
  [503, 'busy', 'node_refused'],
  [500, '<html>', 'node_refused'],
  [200, '<html>', 'node_unreadable'],
] as const)('HTTP status %i with %p is %s', (status, body, reason) => {
  expect(readBatch(status, body, 2)).toMatchObject({ ok: false, reason });
});

test.each([200, 500])('replies count in the order of their ids, also under the status %i', (status) => {
  expect(readBatch(status, REPLIES, 2)).toEqual({
    ok: true,
    value: [
      { ok: true, value: '0x64' },
      { ok: true, value: [] },
    ],
  });
});
