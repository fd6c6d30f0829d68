// Everything that the history-writer reads from its environment.

import { integer, text } from './shapes.ts';
import { account, databaseUrl, kafkaVariables, sidecarVariables } from './shared.ts';
import type { ConfigOf } from './variable.ts';

export const HISTORY_WRITER_VARIABLES = {
  account: {
    ...account,
    fallback: '',
    parse: parseOptionalAccount,
    help: 'account id in the records that it writes itself; may be empty',
  },
  ...kafkaVariables,
  databaseUrl,
  consumerGroup: text({
    name: 'HISTORY_CONSUMER_GROUP',
    shape: 'word',
    help: 'Kafka consumer group',
    fallback: 'unrip-history-writer',
  }),
  batchRecords: integer({
    name: 'HISTORY_BATCH_RECORDS',
    help: 'maximum number of records in a transaction',
    fallback: '4000',
    min: 1,
    max: 50_000,
  }),
  ...sidecarVariables('7071'),
} as const;

export type HistoryWriterConfig = ConfigOf<typeof HISTORY_WRITER_VARIABLES>;

function parseOptionalAccount(given: string) {
  return given === '' ? ({ ok: true, value: '' } as const) : account.parse(given);
}
