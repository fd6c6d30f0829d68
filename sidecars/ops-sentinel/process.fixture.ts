// For tests: the ops-sentinel as a process of its own, on topics of its own. Its argument is their prefix; the rest from the
// environment, as the command reads it.

import { OPS_SENTINEL_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { webhookCheck } from './config-check.ts';
import { runOpsSentinel } from './main.ts';

const loaded = loadConfig(OPS_SENTINEL_VARIABLES, { env: process.env, directory: null, checks: [webhookCheck] });
if (!loaded.ok) throw new Error(renderProblems('ops-sentinel', loaded.problems));
process.exit(await runOpsSentinel({ config: loaded.config, version: 'test', topicPrefix: process.argv[2] ?? '' }));
