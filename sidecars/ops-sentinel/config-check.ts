// What of the configuration does not fit together.

import type { OPS_SENTINEL_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import type { ConfigCheck } from '../../contracts/runtime/config/load.ts';

/** A receiver that cannot know who posts would take alerts from anybody. */
export const webhookCheck: ConfigCheck<typeof OPS_SENTINEL_VARIABLES> = ({ config }) => {
  const { webhookUrl, webhookSecret } = config;
  if (webhookUrl == null || webhookSecret !== null) return [];
  return [
    {
      variable: 'ALERT_WEBHOOK_URL',
      problem: 'is set, and ALERT_WEBHOOK_SECRET is not: its receiver could not know who posts',
      shape: null,
      fix: 'put the output of `openssl rand -hex 32` into a file, set ALERT_WEBHOOK_SECRET_FILE to it, and give the receiver the same text.',
    },
  ];
};
