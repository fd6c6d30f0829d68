// A row of the table of faults.

export type Fault = {
  /** What comes in, and what must happen. */
  readonly sentence: string;
  /** The test file, from the root. */
  readonly file: string;
  /** The title of the test, as written in the file. */
  readonly test: string;
};
