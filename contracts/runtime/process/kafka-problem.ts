// What a process reports when KAFKA_CONFIG_JSON holds a setting that it cannot use.

import type { ConfigProblem } from '../config/problem.ts';

/** @param problem the rest of a sentence that begins with the name of the variable */
export const kafkaProblem = (problem: string): ConfigProblem => ({
  variable: 'KAFKA_CONFIG_JSON',
  problem,
  shape: 'JSON object of librdkafka settings',
  fix: 'remove the setting or correct its value.',
});
