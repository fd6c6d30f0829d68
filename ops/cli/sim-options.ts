// Arguments of `./unrip sim` and `./unrip replay` into values, or into a sentence that says what is wrong. Pure.

import { parseArgs } from 'node:util';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { Speed } from '../sim/tape/player.ts';

/** Parts of the simulated world that listen, by the variable that tells a process where. */
export const PORT_NAMES = ['relay', 'near', 'kraken', 'coingecko', 'bridge', 'bitcoin', 'gnosis', 'control'] as const;
export type PortName = (typeof PORT_NAMES)[number];

export type SimOptions = {
  readonly dir: string;
  readonly accountId: string;
  /** Null: a throw-away key is made. */
  readonly publicKey: string | null;
  readonly balances: Readonly<Record<string, bigint>>;
  readonly relayToken: string | null;
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
};

export type ReplayOptions = {
  readonly tape: string;
  readonly speed: Speed;
  /** URL of a simulator's control, or path of its sim.json. */
  readonly sim: string;
  readonly quoteIds: 'fresh' | 'recorded';
};

export type Parsed<Options> =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const DEFAULT_DIR = '.unrip';
const SIM_FILE = 'sim.json';
const DEFAULT_ACCOUNT = 'maker.sim.near';

/** 0.01 BTC and 400 EURe: enough for an evening of quotes of 5 EUR in either direction. */
const DEFAULT_BALANCES: Readonly<Record<string, bigint>> = { [BTC.id]: 1_000_000n, [EURE.id]: 400n * 10n ** 18n };

const TOKENS_BY_NAME: Readonly<Record<string, string>> = { BTC: BTC.id, EURe: EURE.id };

function readBalances(given: readonly string[]): Parsed<Readonly<Record<string, bigint>>> {
  const balances: Record<string, bigint> = given.length === 0 ? { ...DEFAULT_BALANCES } : {};
  for (const text of given) {
    const [name = '', units = ''] = text.split('=');
    if (name === '' || !/^[0-9]+$/.test(units)) {
      return refuse(`--balance ${text}: expected TOKEN=UNITS, units a whole number of the smallest unit`);
    }
    balances[TOKENS_BY_NAME[name] ?? name] = BigInt(units);
  }
  return { ok: true, options: balances };
}

function readPorts(given: readonly string[]): Parsed<Partial<Record<PortName, number>>> {
  const ports: Partial<Record<PortName, number>> = {};
  for (const text of given) {
    const [name = '', value = ''] = text.split('=');
    const known = PORT_NAMES.find((each) => each === name);
    if (known === undefined) return refuse(`--port ${text}: the name is one of ${PORT_NAMES.join(', ')}`);
    if (!/^[0-9]{1,5}$/.test(value) || Number(value) > 65_535) return refuse(`--port ${text}: expected NAME=0..65535`);
    ports[known] = Number(value);
  }
  return { ok: true, options: ports };
}

/** Reads the arguments of `./unrip sim`. */
export function parseSimArgs(args: readonly string[]): Parsed<SimOptions> {
  const options = {
    dir: { type: 'string', default: DEFAULT_DIR },
    account: { type: 'string', default: DEFAULT_ACCOUNT },
    'public-key': { type: 'string' },
    balance: { type: 'string', multiple: true, default: [] as string[] },
    'relay-token': { type: 'string' },
    port: { type: 'string', multiple: true, default: [] as string[] },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    return refuse(messageOf(error));
  }
  const publicKey = values['public-key'] ?? null;
  if (publicKey !== null && !/^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(publicKey)) {
    return refuse('--public-key: expected ed25519:BASE58');
  }
  if (!/^[a-z0-9._-]{2,64}$/.test(values.account)) return refuse(`--account ${values.account}: not a NEAR account id`);
  const balances = readBalances(values.balance);
  if (!balances.ok) return balances;
  const ports = readPorts(values.port);
  if (!ports.ok) return ports;
  return {
    ok: true,
    options: {
      dir: values.dir,
      accountId: values.account,
      publicKey,
      balances: balances.options,
      relayToken: values['relay-token'] ?? null,
      ports: ports.options,
    },
  };
}

/** `max`, or a positive factor on the tape's own pace. */
export function parseSpeed(text: string): Speed | null {
  if (text === 'max') return 'max';
  const speed = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  return speed > 0 && speed <= 1000 ? speed : null;
}

/** Reads the arguments of `./unrip replay`. */
export function parseReplayArgs(args: readonly string[]): Parsed<ReplayOptions> {
  const options = {
    speed: { type: 'string', default: '1' },
    sim: { type: 'string', default: `${DEFAULT_DIR}/${SIM_FILE}` },
    'recorded-ids': { type: 'boolean', default: false },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return refuse(messageOf(error));
  }
  const [tape, ...others] = parsed.positionals;
  if (tape === undefined) return refuse('which tape? give the path of one');
  if (others.length > 0) return refuse(`one tape at a time, not also ${others.join(' ')}`);
  const speed = parseSpeed(parsed.values.speed);
  if (speed === null) return refuse(`--speed ${parsed.values.speed}: expected max, or a number above 0 up to 1000`);
  const quoteIds = parsed.values['recorded-ids'] ? 'recorded' : 'fresh';
  return { ok: true, options: { tape, speed, sim: parsed.values.sim, quoteIds } };
}
