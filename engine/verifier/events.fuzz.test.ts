import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readReply, readTransaction } from '../../contracts/runtime/near/reply.ts';
import { FUZZ, mutatedText } from '../../ops/testing/mutated.ts';
import { wirePayload } from '../../ops/testing/wire.ts';
import { executedIntents } from './events.ts';

const reply = readReply(200, wirePayload('near-rpc/transaction'));
const transaction = readTransaction(reply.ok ? reply.value : null, '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj');
const receipts = transaction.ok ? transaction.value : [];
const lines = receipts.flatMap(({ logs }) => logs);
const CONTRACT = 'intents.near';

test('the known transaction executed one intent', () => {
  expect(executedIntents(receipts, CONTRACT)).toEqual([
    {
      intentHash: 'BeHFFMdrGwSefrVUgVccuo2L2yaf2cftcwMn8if43qZa',
      accountId: 'solver.near',
      nonce: 'Vij2xgAlKBKzAEiS6N1S/hcQLaHzX2s1fNKhBDblXT4=',
    },
  ]);
});

test('any log lines give intents of texts, and only from receipts of the contract that succeeded', () => {
  const line = fc.oneof(
    mutatedText(lines),
    mutatedText(lines.map((text) => text.slice('EVENT_JSON:'.length))).map((text) => `EVENT_JSON:${text}`),
  );
  const receipt = fc.record({
    executorId: fc.constantFrom(CONTRACT, 'other.near'),
    succeeded: fc.boolean(),
    logs: fc.array(line, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(receipt, { maxLength: 3 }), (given) => {
      const executed = executedIntents(given, CONTRACT);
      if (!given.some(({ executorId, succeeded }) => executorId === CONTRACT && succeeded))
        expect(executed).toEqual([]);
      for (const intent of executed) {
        expect(Object.values(intent).map((value) => typeof value)).toEqual(['string', 'string', 'string']);
      }
    }),
    FUZZ,
  );
});
