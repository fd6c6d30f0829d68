// What is wrong with a variable of the environment, as every process reports it.

export type ConfigProblem = {
  /** Name of the variable, or of the file. */
  readonly variable: string;
  /** What is wrong, as the rest of a sentence that begins with the name. */
  readonly problem: string;
  /** What a value looks like; null where that says nothing. */
  readonly shape: string | null;
  /** What to do, as a sentence. */
  readonly fix: string;
};
