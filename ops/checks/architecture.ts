// The architecture as tables, which direction.test.ts and tidy.test.ts hold against every file: who may import whom, what
// may touch keys, what may touch the world. A new folder or shell is a row here, added on purpose.

export type Row = {
  /** Beginning of the path of the files that the row is about. */
  readonly files: string;
  /** Beginnings of the paths in this repository that they may import. */
  readonly ours: readonly string[];
  /** Exceptions from `ours`. */
  readonly butNot?: readonly string[];
  /** npm packages that they may import, by name. */
  readonly npm: readonly string[] | 'any';
  /** Whether `node:*` and `bun:*` may be imported. */
  readonly platform: boolean;
  /** What to do instead; ends the message of a violation. */
  readonly instead: string;
};

/** What all parts of the engine speak: contracts, values, facts, ports, tools. Nothing in there knows a stage. */
const ENGINE_WORDS = ['engine/lib/', 'engine/model/', 'contracts/'] as const;

/** The stages that a quote passes through, and the parts around them. None knows another; engine.ts and loop.ts compose them. */
const STAGES = [
  'ingest',
  'reference',
  'inventory',
  'verifier',
  'executor',
  'pull',
  'journal',
  'bus',
  'background',
  'observe',
  'safety',
] as const;

/** The rooms of contracts/runtime, and which of the others each may import; all may import the files next to the rooms. */
const RUNTIME_ROOMS: Readonly<Record<string, readonly string[]>> = {
  log: [],
  near: [],
  kafka: ['log'],
  config: ['log'],
  postgres: ['log', 'config'],
  control: ['log', 'process', 'config'],
  process: ['log', 'config', 'control', 'kafka', 'postgres'],
};

const ROOM_PATHS = Object.keys(RUNTIME_ROOMS).map((room) => `contracts/runtime/${room}/`);

/** Funding, bridging and withdrawing are the matter of a sidecar: no part of the engine knows how, so that no trade can do it. */
const TREASURY_WIRES = [
  'contracts/wire/poa-bridge.ts',
  'contracts/wire/omni-bridge.ts',
  'contracts/wire/esplora.ts',
  'contracts/wire/gnosis.ts',
];

const SIDECARS = ['history-writer', 'liquidity-manager', 'ops-sentinel', 'reconciler'] as const;

const ROWS: readonly Row[] = [
  ...Object.entries(RUNTIME_ROOMS).map(([room, others]) => ({
    files: `contracts/runtime/${room}/`,
    ours: ['contracts/'],
    butNot: Object.keys(RUNTIME_ROOMS)
      .filter((other) => other !== room && !others.includes(other))
      .map((other) => `contracts/runtime/${other}/`),
    npm: 'any' as const,
    platform: true,
    instead: `a room of contracts/runtime imports only those that RUNTIME_ROOMS in ops/checks/architecture.ts lists for it`,
  })),
  {
    files: 'contracts/runtime/',
    ours: ['contracts/'],
    butNot: ROOM_PATHS,
    npm: 'any',
    platform: true,
    instead: 'what lies next to the rooms of contracts/runtime serves all of them, and knows none',
  },
  {
    files: 'contracts/',
    ours: ['contracts/'],
    butNot: ['contracts/runtime/'],
    npm: ['@sinclair/typebox'],
    platform: false,
    instead: 'contracts imports contracts and TypeBox only; what needs more belongs into contracts/runtime',
  },
  {
    files: 'engine/main.ts',
    ours: ['engine/', 'contracts/', 'package.json'],
    npm: 'any',
    platform: true,
    instead: 'the engine imports contracts and itself',
  },
  {
    files: 'engine/strategy/control.ts',
    ours: ['engine/strategy/', ...ENGINE_WORDS],
    butNot: ROOM_PATHS.filter((path) => !path.endsWith('/process/')),
    npm: [],
    platform: false,
    instead: 'the strategy as operators see it knows its own folder, and what every part shows',
  },
  {
    files: 'engine/strategy/',
    ours: ['engine/strategy/', ...ENGINE_WORDS],
    butNot: ['contracts/runtime/', 'engine/model/ports.ts'],
    npm: [],
    platform: false,
    instead: 'the strategy is a pure function: take what it needs as an argument',
  },
  {
    files: 'engine/lib/',
    ours: ENGINE_WORDS,
    butNot: ROOM_PATHS,
    // Built into Bun.
    npm: ['ws'],
    platform: false,
    instead: 'engine/lib holds what several stages share, and knows none of them',
  },
  {
    files: 'engine/model/',
    ours: ENGINE_WORDS,
    butNot: ROOM_PATHS.filter((path) => !/(?:log|near)/.test(path)),
    npm: [],
    platform: false,
    instead: 'engine/model holds the values that all stages speak of, and knows none of them',
  },
  ...STAGES.map((stage) => ({
    files: `engine/${stage}/`,
    ours: [`engine/${stage}/`, ...ENGINE_WORDS],
    npm: 'any' as const,
    platform: true,
    instead:
      'a stage imports its own folder, engine/lib, engine/model and contracts; engine.ts and loop.ts join the stages',
  })),
  {
    files: 'engine/control/',
    ours: ['engine/', 'contracts/'],
    butNot: ['engine/main.ts', 'engine/engine.ts'],
    npm: 'any',
    platform: true,
    instead: 'the control API sees every part, and nothing that composes them',
  },
  {
    files: 'engine/turn/',
    ours: ['engine/', 'contracts/'],
    butNot: ['engine/main.ts', 'engine/engine.ts', 'engine/startup/', 'engine/control/', ...ROOM_PATHS],
    npm: [],
    platform: false,
    instead: 'a turn of the loop is pure, and knows the stages alone',
  },
  {
    files: 'engine/startup/',
    ours: ['engine/', 'contracts/'],
    butNot: ['engine/main.ts'],
    npm: [],
    platform: false,
    instead:
      'what runs once at the start is pure: the world comes in through engine/model/ports.ts, from engine/main.ts',
  },
  {
    files: 'engine/',
    ours: ['engine/', 'contracts/'],
    butNot: ['engine/main.ts'],
    npm: [],
    platform: false,
    instead: 'what composes stages is pure: the world comes in through engine/model/ports.ts, from engine/main.ts',
  },
  ...SIDECARS.map((name) => ({
    files: `sidecars/${name}/`,
    ours: [`sidecars/${name}/`, 'contracts/'],
    npm: 'any' as const,
    platform: true,
    instead:
      'a sidecar knows itself and contracts: what it has in common with others is a topic, or in contracts/runtime',
  })),
  {
    files: 'ops/sim/',
    ours: ['ops/sim/', 'contracts/wire/', 'contracts/assets.ts'],
    npm: 'any',
    platform: true,
    instead: 'the simulators judge the engine: they share with it the wire shapes and the assets, and no reasoning',
  },
  {
    files: 'ops/simulation/model/',
    ours: ['ops/simulation/model/'],
    npm: [],
    platform: true,
    instead: 'the model judges the engine: it shares no code with it, nor with the simulators',
  },
  {
    files: 'ops/',
    ours: ['ops/', 'engine/', 'sidecars/', 'contracts/', 'package.json'],
    npm: 'any',
    platform: true,
    instead: 'ops may import everything',
  },
  {
    files: 'sql/',
    ours: ['sql/', 'contracts/'],
    npm: 'any',
    platform: true,
    instead: 'sql imports contracts at most',
  },
];

/** The first row whose `files` begins a file's path is that file's rule. What it does not allow is forbidden. */
export const ARCHITECTURE: readonly Row[] = ROWS.map((row) =>
  row.files.startsWith('engine/') ? { ...row, butNot: [...(row.butNot ?? []), ...TREASURY_WIRES] } : row,
);

/**
 * Tests may also import these, anything of their own folder at the top, and any package: they are outside the program,
 * and meet the world as the simulators play it.
 */
export const TESTS_ALSO = ['ops/testing/', 'ops/sim/'] as const;

export type Reserved = {
  /** Package, module or file from the root that only a few files may import. */
  readonly module: string;
  /** Only an import of one of these names (or of the whole) counts; empty: any import. */
  readonly names: readonly string[];
  /** Where the reservation holds. */
  readonly within: string;
  /** Beginnings of the paths of the files that may. */
  readonly only: readonly string[];
  readonly instead: string;
};

/** What can touch a private key, what is loaded in one place because much can go wrong there, and what is configuration. */
export const RESERVED: readonly Reserved[] = [
  {
    module: '@confluentinc/kafka-javascript',
    names: [],
    within: '',
    only: ['contracts/runtime/kafka'],
    instead: 'contracts/runtime/kafka/native.ts is the one place that loads the Kafka addon: use what it exports',
  },
  {
    module: '@near-js/crypto',
    // Public keys are nobody's secret.
    names: ['KeyPair', 'KeyPairEd25519', 'KeyPairSecp256k1', 'KeyPairBase', 'keyStores'],
    within: 'engine/',
    only: ['engine/executor/sign.ts'],
    instead: 'only engine/executor/sign.ts touches a private key: take a Signer as an argument',
  },
  {
    module: 'node:crypto',
    names: ['sign', 'createSign', 'createPrivateKey', 'generateKeyPair', 'generateKeyPairSync', 'diffieHellman'],
    within: 'engine/',
    only: ['engine/executor/sign.ts'],
    instead: 'only engine/executor/sign.ts touches a private key: take a Signer as an argument',
  },
  ...['@near-js/crypto', '@near-js/transactions', '@noble/curves'].map((module) => ({
    module,
    names: [],
    within: 'sidecars/',
    only: [],
    instead: 'no sidecar holds a key: what it publishes was signed by a command or by the engine',
  })),
  {
    module: 'node:crypto',
    names: ['sign', 'createSign', 'createPrivateKey', 'generateKeyPair', 'generateKeyPairSync', 'diffieHellman'],
    within: 'sidecars/',
    only: [],
    instead: 'no sidecar holds a key: what it publishes was signed by a command or by the engine',
  },
  {
    module: '@near-js/crypto',
    names: [],
    within: 'ops/sim/',
    only: [],
    instead: 'the simulators verify with another library than the engine signs with: @noble/curves',
  },
  // Under which ids the pair is traded is configuration: a constant is right until somebody sets BTC_ASSET_ID.
  ...['engine/', 'sidecars/'].map((within) => ({
    module: 'contracts/assets.ts',
    names: ['BTC', 'EURE', 'DEFAULT_PAIR'],
    within,
    only: [],
    instead: 'these are the defaults of the ids that are traded: take the configured pair as an argument',
  })),
];

/**
 * Files that take clock, randomness and the world as arguments. All of the engine and of the contracts is pure but for
 * the shells, so that a new file is held to it unless it is named among them.
 */
export const PURE = ['contracts/', 'engine/'] as const;

/** What touches the world: the base of the processes, the composition, and one shell or a few in each stage. */
export const SHELLS = [
  'contracts/runtime/',
  'engine/main.ts',
  'engine/bus/pump-schedule.ts',
  'engine/bus/watermark-file.ts',
  'engine/control/',
  // Its packages compute, and read nothing.
  'engine/executor/near-transaction.ts',
  'engine/executor/sign.ts',
  'engine/ingest/relay/relay-socket.ts',
  'engine/ingest/signed-id-store.ts',
  'contracts/runtime/near/client.ts',
  'engine/journal/files.ts',
  'engine/journal/group-commit.ts',
  'engine/journal/inspect.ts',
  'engine/journal/journal.ts',
  'engine/journal/checkpoint/stream.ts',
  'engine/journal/flock.ts',
  'engine/journal/lock.ts',
  'engine/journal/place.ts',
  'engine/journal/segments/reader.ts',
  'engine/journal/segments/recovery.ts',
  'engine/lib/socket/reconnecting-socket.ts',
  'engine/observe/',
  'engine/reference/coingecko/poll.ts',
  'engine/reference/kraken/feed.ts',
] as const;

/** Modules that a pure file may use, since they compute and nothing else. */
export const PURE_PACKAGES = ['@sinclair/typebox', 'msgpackr', 'node:path'] as const;

/** Where `process.env` may be read: where a declared configuration is loaded, and where tools and tests meet the user. */
export const ENVIRONMENT = [
  'contracts/runtime/config/load.ts',
  // What a service manager hands to the process that it started, which is no configuration.
  'contracts/runtime/process/supervision/environment.ts',
  'ops/cli/',
  'ops/soak/kill/killed/main.ts',
  'ops/stack/',
  'ops/testing/',
  'ops/toolchain/',
] as const;
