// Where the words that words.ts refuses may be used, and how many of them each folder still has. No number may be raised.

import type { AllowedWord } from './words.ts';

export const ALLOWED_WORDS: readonly AllowedWord[] = [
  { file: 'ops/checks/words/words.ts', reason: 'lists the words' },
  { file: 'ops/checks/words/words.test.ts', reason: 'shows each word to be found' },
  { file: 'ops/checks/faults/ledger.ts', reason: 'repeats titles of tests' },
  { file: 'ops/checks/faults/trading.ts', reason: 'repeats titles of tests' },
];

export const FROZEN_WORDS: Readonly<Record<string, number>> = {
  'contracts/runtime': 20,
  engine: 30,
  'engine/bus': 11,
  'engine/control': 11,
  'engine/executor': 3,
  'engine/ingest': 1,
  'engine/inventory': 51,
  'engine/journal': 6,
  'engine/lib': 3,
  'engine/model': 7,
  'engine/observe': 7,
  'engine/reference': 22,
  'engine/safety': 3,
  'engine/scenario': 28,
  'engine/startup': 8,
  'engine/strategy': 6,
  'engine/verifier': 1,
  'ops/harness': 1,
  'ops/trace': 3,
  'sidecars/history-writer': 44,
};
