// How one environment variable is declared: name, shape, default, help, secret or not, and a total parse. A process lists
// its variables as one object; loader (`contracts/runtime/config/load.ts`), `--help` and the documentation all read that one object.

export type ParsedValue<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** The file that a secret was read from, which may hold another one later. */
export type SecretFile = {
  readonly path: string;
  /** Its text now. Judged as at the start: whose it is, and who can read it. `isEmpty`: it is gone, or has no text. */
  read():
    | { readonly ok: true; readonly text: string }
    | { readonly ok: false; readonly problem: string; readonly isEmpty: boolean };
};

export type Variable<T> = {
  readonly name: string;
  /** Accepted in addition to `name`, for documents that used another one. */
  readonly alias?: string;
  /** What a value looks like, for a person: `milliseconds, 1 to 600000`. */
  readonly shape: string;
  readonly help: string;
  /** Text that is parsed when the variable is not set; null when it has to be set. */
  readonly fallback: string | null;
  /** A secret is never printed, not even in the error about it, and is also read from a file: see `fileNamesOf`. */
  readonly secret: boolean;
  /** A further name for the file form of a secret. */
  readonly fileAlias?: string;
  /** What to do about a wrong value, when setting another one is not it: `leave it out`. */
  readonly remedy?: string;
  readonly parse: (text: string) => ParsedValue<T>;
  /** The value with the file that it came from, for a process that looks at the file again. */
  withFile?(value: T, file: SecretFile): T;
};

export type Variables = Readonly<Record<string, Variable<unknown>>>;

export type ConfigOf<V extends Variables> = {
  readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never;
};

/** Variables that name a file which holds the value, the preferred one first: every secret has such a form. */
export function fileNamesOf({ name, fileAlias, secret }: Variable<unknown>): readonly string[] {
  if (!secret) return [];
  return fileAlias === undefined ? [`${name}_FILE`] : [fileAlias, `${name}_FILE`];
}
