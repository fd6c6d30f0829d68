// Live: the executor signs and answers. Shadow: the whole way of a quote but for the signature, so nothing is signed and nothing sent.

import { oneOf } from './envelope.ts';

export const EXECUTOR_MODES = ['live', 'shadow'] as const;
export type ExecutorMode = (typeof EXECUTOR_MODES)[number];

/** Optional in records: those of versions before shadow mode lack it, and are live. */
export const RecordedMode = {
  ...oneOf(EXECUTOR_MODES),
  description: 'mode of the executor; shadow: nothing was signed and nothing sent; absent before 0.2: live',
};
