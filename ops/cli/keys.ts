// `./unrip keys`: makes the key that signs quotes, shows its public half, and registers or removes keys at the verifier. What would
// be sent to the chain is shown; it is sent only when the command says so.

import { parseArgs } from 'node:util';
import { KEYS_VARIABLES } from '../../contracts/config/keys.ts';
import type { ConfigOf } from '../../contracts/config/variable.ts';
import { lastingTimers, machineClock } from '../../contracts/runtime/clock.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { readSecretFile } from '../../contracts/runtime/config/secret-file.ts';
import { createNearClient, type NearEndpoint } from '../../contracts/runtime/near/client.ts';
import type { NearFailure } from '../../contracts/runtime/near/reply.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { createSigner, type Signer } from '../../engine/executor/sign.ts';
import { makeKeyFile } from '../keys/new-key.ts';
import {
  endpointsOf,
  isRegistered,
  type KeyChange,
  prepareChange,
  registeredKeys,
  untilRegistered,
  type VerifierAccount,
} from '../keys/verifier-keys.ts';
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';
import type { Shell } from './engine-call.ts';

const HELP = `./unrip keys new FILE --account ID
./unrip keys show
./unrip keys list
./unrip keys register [PUBLIC_KEY] [--signer-file FILE] [--send]
./unrip keys remove PUBLIC_KEY [--signer-file FILE] [--send]

new       makes a key file (mode 600) for NEAR_KEY_FILE, and never writes over a file; the account may also be NEAR_ACCOUNT_ID
show      the public key of NEAR_KEY_FILE, and its account; asks nobody
list      the keys that the verifier knows for the account
register  the transaction that registers a key at the verifier, by default that of NEAR_KEY_FILE
remove    the transaction that removes one; quotes that it signed can no longer settle

  --signer-file FILE   key that signs the transaction: a full-access key of the account on the chain (default NEAR_KEY_FILE)
  --send               send it, and wait until a final block shows the change; without it, nothing is sent

A key that only signs quotes needs no access to the account on the chain: register it with --signer-file and the account's own key,
and keep that one elsewhere. Exit code 0 when done (or shown), 1 when refused, 78 when the configuration cannot be used.

${helpText(KEYS_VARIABLES)}`;

export const command: Command = {
  name: 'keys',
  summary: 'make a key, show it, register or remove it at the verifier',
  help: HELP,
  run: (args) =>
    keys(args, {
      env: process.env,
      directory: process.cwd(),
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    }),
};

const REQUEST_LIMIT_MS = 10_000;
/** A transaction is answered when it was executed. */
const SEND_LIMIT_MS = 60_000;
const FINAL_LIMIT_MS = 60_000;
const PUBLIC_KEY = /^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** Timers keep the command alive while it waits. */
const CLOCK = { ...machineClock, ...lastingTimers };

export type Request =
  | { readonly kind: 'new'; readonly file: string; readonly account: string | null }
  | { readonly kind: 'show' }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'change';
      readonly change: KeyChange;
      /** null: that of the configured key. */
      readonly publicKey: string | null;
      readonly signerFile: string | null;
      readonly send: boolean;
    };

/** What is asked for, or what is wrong with the arguments. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = {
      account: { type: 'string' },
      'signer-file': { type: 'string' },
      send: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return requestOf(positionals, { ...values, signerFile: values['signer-file'] });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Values = {
  readonly account?: string | undefined;
  readonly signerFile?: string | undefined;
  readonly send: boolean;
};

function requestOf([verb, subject, ...more]: readonly string[], values: Values): Request | string {
  const { account = null, signerFile = null, send } = values;
  if (more.length > 0) return `${more[0]} is one argument too many`;
  if (verb !== 'new' && account !== null) return '--account belongs to new';
  const changes = verb === 'register' || verb === 'remove';
  if (!changes && (send || signerFile !== null)) return '--send and --signer-file belong to register and remove';
  switch (verb) {
    case 'new':
      return subject === undefined ? 'new needs the name of a file' : { kind: 'new', file: subject, account };
    case 'show':
    case 'list':
      return subject === undefined ? { kind: verb } : `${verb} takes no argument`;
    case 'register':
    case 'remove': {
      if (subject === undefined && verb === 'remove') return 'remove needs the public key that is to be removed';
      if (subject !== undefined && !PUBLIC_KEY.test(subject))
        return `${subject} is not ed25519: and base58 of 32 bytes`;
      const change = verb === 'register' ? 'add_public_key' : 'remove_public_key';
      return { kind: 'change', change, publicKey: subject ?? null, signerFile, send };
    }
    default:
      return `expected new, show, list, register or remove${verb === undefined ? '' : `, not ${verb}`}`;
  }
}

export async function keys(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    shell.err(`unrip keys: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  if (request.kind === 'new') return makeNew(request.file, request.account, shell);
  const loaded = loadConfig(KEYS_VARIABLES, { env: shell.env, directory: shell.directory });
  for (const warning of loaded.warnings) shell.err(`unrip keys: ${warning}\n`);
  if (!loaded.ok) {
    shell.err(renderProblems('unrip keys', loaded.problems));
    return EXIT.config;
  }
  const { config } = loaded;
  if (request.kind === 'list') return await withVerifier(config, shell, (ask) => listKeys(ask, shell));
  const own = ownSigner(config.privateKey, shell);
  if (request.kind === 'show') {
    if (own === null) return EXIT.config;
    shell.out(`account     ${config.account}\npublic key  ${own.publicKey}\n`);
    return EXIT.ok;
  }
  const signer = request.signerFile === null ? own : signerIn(request.signerFile, shell);
  const publicKey = request.publicKey ?? own?.publicKey ?? null;
  if (signer === null || publicKey === null) return EXIT.config;
  return await withVerifier(config, shell, (ask) => changeKey(ask, { ...request, publicKey, signer }, shell));
}

function makeNew(file: string, given: string | null, shell: Shell): ExitCode {
  const env = given === null ? shell.env : { NEAR_ACCOUNT_ID: given };
  const { account } = KEYS_VARIABLES;
  const loaded = loadConfig({ account }, { env, directory: given === null ? shell.directory : null });
  if (!loaded.ok) {
    shell.err(renderProblems('unrip keys', loaded.problems));
    return EXIT.config;
  }
  const made = makeKeyFile(file, loaded.config.account);
  if (!made.ok) {
    shell.err(`unrip keys: ${made.problem}. ${made.fix}\n`);
    return EXIT.failure;
  }
  shell.out(
    `${made.path} holds a new key for ${loaded.config.account}, public key\n${made.publicKey}\n` +
      'Back it up where nobody else reads it, set NEAR_KEY_FILE to it, then: ./unrip keys register\n',
  );
  return EXIT.ok;
}

function ownSigner(text: string | null, shell: Shell): Signer | null {
  if (text === null) {
    shell.err('unrip keys: NEAR_KEY_FILE is not set: make a key with ./unrip keys new FILE, and set it to that file\n');
    return null;
  }
  return signerOf(text, 'NEAR_KEY_FILE', shell);
}

function signerIn(file: string, shell: Shell): Signer | null {
  const read = readSecretFile('--signer-file', file);
  if (read.ok) return signerOf(read.text, '--signer-file', shell);
  shell.err(renderProblems('unrip keys', [read.problem]));
  return null;
}

function signerOf(text: string, name: string, shell: Shell): Signer | null {
  const made = createSigner(text);
  if (made.ok) return made.signer;
  shell.err(`unrip keys: ${name} names a file whose content ${made.problem}\n`);
  return null;
}

/** All are on the right network; the first one is given the transaction. */
type Ask = { readonly endpoints: readonly [NearEndpoint, ...NearEndpoint[]]; readonly verifier: VerifierAccount };

async function withVerifier(
  config: ConfigOf<typeof KEYS_VARIABLES>,
  shell: Shell,
  run: (ask: Ask) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { account, nearRpcUrls: urls, nearChainId: chainId, intentsContract: contract } = config;
  const limits = { timeLimitMs: REQUEST_LIMIT_MS, sendLimitMs: SEND_LIMIT_MS };
  const client = createNearClient({ urls, contract, clock: CLOCK, ...limits });
  try {
    const found = await endpointsOf(client.endpoints, chainId);
    if (!found.ok) return refuse(found, shell);
    return await run({ endpoints: found.value, verifier: { account, contract, chainId, clock: CLOCK } });
  } finally {
    client.close();
  }
}

const FIXES: Readonly<Record<string, string>> = {
  endpoints_differ: 'ask again in a minute; if they still differ, take the one that lies out of NEAR_RPC_URL',
  no_endpoint: 'correct NEAR_RPC_URL, or NEAR_CHAIN_ID',
  access_key_missing: 'give a full-access key of the account with --signer-file',
  unknown_account: 'check NEAR_ACCOUNT_ID; an account that never received anything does not exist on the chain yet',
  no_full_access: 'give a full-access key of the account with --signer-file',
};

function refuse({ reason, detail }: NearFailure, shell: Shell): ExitCode {
  const fix = FIXES[reason];
  shell.err(`unrip keys: ${reason}: ${printable(detail)}${fix === undefined ? '' : `; ${fix}`}\n`);
  return EXIT.failure;
}

async function listKeys({ endpoints: [endpoint], verifier }: Ask, shell: Shell): Promise<ExitCode> {
  const found = await registeredKeys(endpoint, verifier);
  if (!found.ok) return refuse(found, shell);
  const none = `the verifier knows no key for ${verifier.account}\n`;
  shell.out(found.value.length === 0 ? none : found.value.map((key) => `${printable(key)}\n`).join(''));
  return EXIT.ok;
}

/** Failures that say nothing about the transaction that was sent, such as a time limit: the final block does. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['timeout', 'not_executed', 'other_transaction']);

type Change = {
  readonly change: KeyChange;
  readonly publicKey: string;
  readonly signer: Signer;
  readonly send: boolean;
};

async function changeKey({ endpoints, verifier }: Ask, wanted: Change, shell: Shell): Promise<ExitCode> {
  const [endpoint] = endpoints;
  const { change, publicKey, send } = wanted;
  const isAdding = change === 'add_public_key';
  const now = await isRegistered(endpoints, verifier, publicKey);
  if (!now.ok) return refuse(now, shell);
  if (now.value === isAdding) {
    shell.out(`${publicKey} is ${isAdding ? 'registered already' : 'not registered'} for ${verifier.account}\n`);
    return EXIT.ok;
  }
  const prepared = await prepareChange(endpoint, verifier, wanted);
  if (!prepared.ok) return refuse(prepared, shell);
  shell.out(`${prepared.value.lines.join('\n')}\n`);
  if (!send) {
    shell.out('nothing was sent: add --send to send it\n');
    return EXIT.ok;
  }
  const sent = await endpoint.sendTransaction(prepared.value.base64, prepared.value.hash);
  if (!sent.ok) {
    if (!SAYS_NOTHING.has(sent.reason)) return refuse(sent, shell);
    shell.err(`unrip keys: ${sent.reason}: ${printable(sent.detail)}; waiting for a final block\n`);
  }
  const isDone = await untilRegistered(endpoints, verifier, { publicKey, wanted: isAdding, limitMs: FINAL_LIMIT_MS });
  const word = isAdding ? 'registered' : 'removed';
  if (!isDone) {
    shell.err(
      `unrip keys: no final block shows it ${word} yet: ask again with ./unrip keys list before you send another\n`,
    );
    return EXIT.failure;
  }
  shell.out(`${publicKey} is ${word}: a final block shows it\n`);
  return EXIT.ok;
}
