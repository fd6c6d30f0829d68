// Makes the tape of the repository again. With options it makes others:
//   --out FILE  --start UNIX_SECONDS  --minutes N  --seed N
// The output depends on nothing but these and the data file.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type MadeTape, makeTape } from './generate.ts';
import { readMinutes } from './minutes.ts';
import { writeTape } from './writer.ts';

const DATA = 'kraken-btceur-1m-20210810-20210811.csv';
const here = import.meta.dirname;

/** The tape of the repository: ten lively minutes with a fall and a recovery, within two thirds of a percent. */
export const REPOSITORY_TAPE = {
  path: join(here, 'tapes', 'btc-eure-10min.tape'),
  startS: 1_628_602_920,
  minutes: 10,
  seed: 20_210_810,
} as const;

export type MakeOptions = { readonly startS: number; readonly minutes: number; readonly seed: number };

/** @throws Error when the data file is damaged or does not hold that stretch */
export async function makeFromData({ startS, minutes: count, seed }: MakeOptions): Promise<MadeTape> {
  const read = readMinutes(await Bun.file(join(here, 'data', DATA)).text());
  if (!read.ok) throw new Error(`${DATA}: ${read.reason}`);
  const from = read.minutes.findIndex((minute) => minute.startS === startS);
  const stretch = from === -1 ? [] : read.minutes.slice(from, from + count);
  if (stretch.length !== count) throw new Error(`${DATA} does not hold ${count} minutes from ${startS} on`);
  const madeFrom = `${DATA}, ${count} rows from unix_s ${startS}, by ops/sim/tape/make.ts with seed ${seed}`;
  return makeTape(stretch, seed, madeFrom, (text) => Bun.hash.crc32(text));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: REPOSITORY_TAPE.path },
      start: { type: 'string', default: String(REPOSITORY_TAPE.startS) },
      minutes: { type: 'string', default: String(REPOSITORY_TAPE.minutes) },
      seed: { type: 'string', default: String(REPOSITORY_TAPE.seed) },
    },
  });
  const tape = await makeFromData({
    startS: Number(values.start),
    minutes: Number(values.minutes),
    seed: Number(values.seed),
  });
  await writeTape(values.out, tape.header, tape.frames, () => tape.durationMs);
  console.log(`${values.out}: ${tape.frames.length} frames, ${Bun.file(values.out).size} bytes`);
}
