// Seeds that once showed a fault: the test runs each of them every time, and whoever finds another one adds it.

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type KeptSeed = { readonly seed: string; readonly minutes: number; readonly pace: number };

const FILE = join(import.meta.dir, 'seeds.txt');
const LINE = /^([^\s#]+) (\d+) (\d+)/;

/** A line each: seed, minutes, requests a minute; behind `#` what it showed. */
export const readSeeds = (text: string): KeptSeed[] =>
  text.split('\n').flatMap((line) => {
    const [, seed, minutes, pace] = LINE.exec(line) ?? [];
    return seed === undefined ? [] : [{ seed, minutes: Number(minutes), pace: Number(pace) }];
  });

export const keptSeeds = (): KeptSeed[] => readSeeds(readFileSync(FILE, 'utf8'));

/** Unless it is there. @param showed in a few words */
export function keepSeed({ seed, minutes, pace }: KeptSeed, showed: string): void {
  if (keptSeeds().some((kept) => kept.seed === seed && kept.minutes === minutes && kept.pace === pace)) return;
  appendFileSync(FILE, `${seed} ${minutes} ${pace} # ${showed}\n`);
}
