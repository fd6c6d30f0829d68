// Files in which the words that words.ts refuses may be used.

import type { AllowedWord } from './words.ts';

export const ALLOWED_WORDS: readonly AllowedWord[] = [
  { file: 'ops/checks/words/words.ts', reason: 'lists the words' },
  { file: 'ops/checks/words/words.test.ts', reason: 'shows each word to be found' },
];
