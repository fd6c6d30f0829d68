// `./unrip bench micro` from its arguments to its figures. It needs no servers.

import { parseArgs } from 'node:util';
import { EXIT, type ExitCode } from '../../../contracts/runtime/process/exit.ts';
import { thisMachine } from '../machine.ts';
import { OUTPUT_OPTIONS, type Output, outputOf, say, write } from '../output.ts';
import { timePiece } from './measure.ts';
import { makePieces } from './pieces.ts';
import { microDrawingOf, microReportOf, microTableOf } from './report.ts';

const DEFAULTS = { batches: 1000 } as const;

export const MICRO_HELP = `micro  Nanoseconds of a call of the pieces of a quote's way: parse a frame, decide, prepare (message, hash, sign, base58), sign, base58,
       pack a decision for the journal, render its Kafka records; each with its ratio to something well known that is measured in
       the same run (JSON.parse or JSON.stringify of the same object, native ed25519, native base64).

  --batches N   batches of each piece, of about half a millisecond (default ${DEFAULTS.batches})`;

export type MicroRequest = { readonly batches: number; readonly output: Output };

/** The request, or what is wrong with it. */
export function parseMicro(args: readonly string[]): MicroRequest | string {
  try {
    const batches = { type: 'string', default: String(DEFAULTS.batches) } as const;
    const { values } = parseArgs({ args: [...args], options: { batches, ...OUTPUT_OPTIONS } });
    if (!/^[1-9][0-9]{0,5}$/.test(values.batches))
      return `--batches ${values.batches}: expected a whole number from 1 to 999999`;
    return { batches: Number(values.batches), output: outputOf(values) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function benchMicro({ batches, output }: MicroRequest): Promise<ExitCode> {
  const timed = makePieces().map((piece) => {
    say(piece.name);
    return timePiece(piece, batches, { nowNs: Bun.nanoseconds });
  });
  const report = microReportOf(thisMachine(), batches, timed);
  await write(output, { report, table: microTableOf(report), svg: microDrawingOf(report) });
  return EXIT.ok;
}
