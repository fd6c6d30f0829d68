// What a run of the loop bench measures. Pure.

const VARIANTS = ['echo', 'signer', 'unrip', 'other', 'solver'] as const;
export type VariantName = (typeof VARIANTS)[number];

export const VARIANT_TEXT: Readonly<Record<VariantName, string>> = {
  echo: 'sends the frame back as it came',
  signer: "parses, builds, signs (native ed25519), writes base58 (the engine's), sends; no gate, no record",
  unrip: './unrip engine, armed: gates, journal, Kafka, PostgreSQL',
  other: 'the same with the engine of the checkout of --against',
  solver: 'the program of --solver, which keeps no records',
};

export type BenchSettings = {
  readonly rounds: number;
  /** Measured for each variant in each round. */
  readonly quotes: number;
  readonly warmUp: number;
  /** Null: a closed loop, in which the next quote leaves when the last one was answered. */
  readonly ratePerS: number | null;
  /** False: the engine cannot reach Kafka while it is measured. */
  readonly kafka: boolean;
  /** Quotes that an engine has answered, and that are not over, when it is measured. */
  readonly live: number;
  /** Quotes a second for other pairs in addition. */
  readonly foreignPerS: number;
  /** Connections that flood the engine's control API while it is measured. */
  readonly flood: number;
  /** A solver of somebody else, as a command line or a folder with its sources; null: none. */
  readonly solver: string | null;
  /** Another checkout, whose engine is measured in the same rounds; null: none. */
  readonly against: string | null;
};

export function variantsOf({ against, solver }: Pick<BenchSettings, 'against' | 'solver'>): readonly VariantName[] {
  return VARIANTS.filter((name) => (name !== 'other' || against !== null) && (name !== 'solver' || solver !== null));
}

export const isEngine = (name: VariantName): boolean => name === 'unrip' || name === 'other';
