// One change of a source file: what is replaced by what, and how it is named in lists and reports.

export type Change = {
  /** From the root. */
  readonly file: string;
  /** Of the replaced text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly to: string;
  /** From 1, of the replaced text's beginning. */
  readonly line: number;
  /** That line without its indentation: what a list finds the place by, wherever in the file it has moved to. */
  readonly code: string;
  /** `FROM -> TO`, both on one line and shortened. */
  readonly what: string;
};

/** The text of the file with the change in it. */
export const changed = (text: string, { start, end, to }: Change): string =>
  text.slice(0, start) + to + text.slice(end);

export const described = ({ file, line, what, code }: Change): string => `${file}:${line} ${what} | ${code}`;
