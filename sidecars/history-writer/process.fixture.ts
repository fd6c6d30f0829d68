// For tests: the history-writer as a process of its own, on topics of its own. Its argument is their prefix; the rest from
// the environment, as the command reads it.

import { HISTORY_WRITER_VARIABLES } from '../../contracts/config/history-writer.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { runHistoryWriter } from './main.ts';

const loaded = loadConfig(HISTORY_WRITER_VARIABLES, { env: process.env, directory: null });
if (!loaded.ok) throw new Error(renderProblems('history-writer', loaded.problems));
process.exit(await runHistoryWriter({ config: loaded.config, version: 'test', topicPrefix: process.argv[2] ?? '' }));
