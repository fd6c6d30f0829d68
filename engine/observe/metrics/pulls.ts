// Metrics of withdrawn quotes.

import { by, type Metric, one } from './metric.ts';

export const PULL_METRICS: readonly Metric[] = [
  {
    kind: 'counter',
    name: 'unrip_pulls_total',
    help: 'lanes whose quotes were withdrawn, by cause',
    labels: ['cause'],
    read: ({ gauges }) => by('cause', gauges.pulls.begun),
  },
  {
    kind: 'counter',
    name: 'unrip_pull_sends_total',
    help: 'times that a pull was sent, by answer of the venue',
    labels: ['result'],
    read: ({ gauges }) => by('result', gauges.pulls.sends),
  },
  {
    kind: 'counter',
    name: 'unrip_pulls_ended_total',
    help: 'pulls that ended, by what became of the quotes',
    labels: ['outcome'],
    read: ({ gauges }) => by('outcome', gauges.pulls.ended),
  },
  {
    kind: 'gauge',
    name: 'unrip_pulls_under_way',
    help: 'lanes whose quotes are being withdrawn',
    labels: [],
    read: ({ gauges }) => one(gauges.pulls.underWay),
  },
  {
    kind: 'gauge',
    name: 'unrip_pulls_failing',
    help: 'pulls that were sent several times while the nonce is still unused',
    labels: [],
    read: ({ gauges }) => one(gauges.pulls.failing),
  },
];
