// What the rule about metrics finds: of each that is expected whether it is served. A value that is bad is for Prometheus; one that is
// not there is for this rule.

import type { Known } from '../known/known.ts';
import { condition, type Found, found } from './rule.ts';

export function findMetrics(known: Known): Found {
  return found(
    known.metrics().flatMap(({ host, metric, problem }) => {
      if (problem === null) return [];
      const details = { host, metric, problem: problem.slice(0, 500) };
      return [condition({ subject: `${host} ${metric}`.slice(0, 256), cause: 'no_data', scope: 'metrics', details })];
    }),
  );
}
