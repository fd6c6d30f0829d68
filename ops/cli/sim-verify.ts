// `./unrip sim verify`: batches on stdin, one JSON object a line, one verdict a line on stdout, in the same order, as
// soon as a line is complete. A line that is no batch gets an error object in its place, and the end is exit code 1.
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { judgeLine, type LineVerdict } from '../sim/verifier/batch-line.ts';

/** What is printed in place of a verdict when the line itself was wrong. */
type LineFault = Pick<LineVerdict, 'hashes'> & { readonly ok: false; readonly error: string; readonly malformed: true };

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * `input` gives text in pieces of any size. `write` gets each verdict with its line end; it may give a promise, which is
 * waited for before the next line is judged.
 */
export async function simVerify(input: AsyncIterable<string>, write: (text: string) => unknown): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  let line = 0;
  for await (const text of linesOf(input)) {
    line += 1;
    const judged = judgeLine(text);
    if (judged.ok) {
      await write(`${JSON.stringify(judged.value)}\n`);
      continue;
    }
    exitCode = EXIT.failure;
    const fault: LineFault = { ok: false, error: `line ${line}: ${judged.reason}`, hashes: null, malformed: true };
    await write(`${JSON.stringify(fault)}\n`);
  }
  return exitCode;
}
