// A row of the table of requirements.

export type Requirement = {
  /** What is required, in one sentence. */
  readonly sentence: string;
  /**
   * The test that fails without it: file from the root, title as written there; for a test with many cases also a text of the
   * case, which has to be in the file.
   */
  readonly test: readonly [file: string, title: string, item?: string];
};

/** What no test proves yet. */
export type OpenRequirement = {
  readonly sentence: string;
  /** What is missing. */
  readonly open: string;
};
