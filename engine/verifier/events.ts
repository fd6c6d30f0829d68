// What a transaction's logs say about executed intents. Pure and total: a line that is no event, or another event, is passed.

import { isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import type { ReceiptLogs } from '../../contracts/runtime/near/reply.ts';
import type { ExecutedIntent } from '../../contracts/runtime/near/types.ts';

const PREFIX = 'EVENT_JSON:';

function eventOf(line: string): unknown {
  if (!line.startsWith(PREFIX)) return null;
  const read = readJson(line.slice(PREFIX.length), SMALL_JSON);
  return read.ok ? read.value : null;
}

function executedOf(value: unknown): ExecutedIntent | null {
  if (!isFields(value)) return null;
  const { intent_hash: intentHash, account_id: accountId, nonce } = value;
  return typeof intentHash === 'string' && typeof accountId === 'string' && typeof nonce === 'string'
    ? { intentHash, accountId, nonce }
    : null;
}

/** Intents that the contract executed in the transaction's receipts that held; a failed receipt changed nothing. */
export function executedIntents(receipts: readonly ReceiptLogs[], contract: string): readonly ExecutedIntent[] {
  const executed: ExecutedIntent[] = [];
  for (const receipt of receipts) {
    // Anybody's contract can log the same text.
    if (receipt.executorId !== contract || !receipt.succeeded) continue;
    for (const line of receipt.logs) {
      const event = eventOf(line);
      if (!isFields(event) || event['standard'] !== 'dip4' || event['event'] !== 'intents_executed') continue;
      const { data } = event;
      for (const item of Array.isArray(data) ? data : []) {
        const intent = executedOf(item);
        if (intent !== null) executed.push(intent);
      }
    }
  }
  return executed;
}
