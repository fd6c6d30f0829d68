// What the commands read that work on the history database in another role than the history-writer.

import { databaseOwnerUrl, databaseReaderUrl, databaseUrl } from './shared.ts';

/** Who changes the schema owns it. */
export const MIGRATE_VARIABLES = { databaseOwnerUrl, databaseUrl } as const;

/** Who asks only reads. */
export const TRACE_VARIABLES = { databaseReaderUrl, databaseUrl } as const;
