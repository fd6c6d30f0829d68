// The validation as a program: arguments, addresses and tokens, then the steps.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import postgres from 'postgres';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { type ControlClient, createControlClient } from '../../../contracts/runtime/control/client.ts';
import { addressFileOf } from '../../../contracts/runtime/process/address-file.ts';
import { EXIT } from '../../../contracts/runtime/process/exit.ts';
import { processShell } from '../../cli/engine-call.ts';
import { validate } from './run.ts';
import { PROCESSES, type ProcessName, type World } from './step.ts';

const HELP = `ops/deploy/validation/validate.sh [--state DIR] --database-url-file FILE [--arm]

Validates a running system in eleven steps and says of each what it did and what it saw; one that fails names the fix. The same
against the simulators and live. Without --arm it ends in front of the step that lets quotes be signed.

  --state DIR                     engine, history-writer and liquidity-manager below it are their STATE_DIR; /var/lib/unrip by default
  --engine URL,FILE               address of the control API, and file of its token, instead; also --history-writer and
                                  --liquidity-manager
  --database-url-file FILE        has the URL of the database, of a role that may read
  --wait SECONDS                  longest wait of a step, 120 by default
  --max-eur N                     most that one quote may be worth, 5 by default
  --arm                           arms strategy and executor, and disarms them at the end
  --minutes N                     how long at most, 15 by default
  --fresh-account                 no engine has signed for this account within the last ten minutes

Exit code 0 when every step is well, 1 when one is not, 2 for other arguments.
`;

/** Where the units of systemd have it. */
const STATE = '/var/lib/unrip';
const LIMIT_MS = 20_000;
const ASK_EVERY_MS = 500;

const AddressFile = Type.Object({ url: Type.String({ pattern: '^http://' }) });

type Values = {
  readonly [Name in ProcessName]?: string | undefined;
} & { readonly state?: string | undefined };

function clientOf(name: ProcessName, values: Values): ControlClient {
  const given = values[name]?.split(',');
  const directory = join(values.state ?? STATE, name);
  const [url = '', tokenFile = ''] = given ?? [
    addressIn(join(directory, addressFileOf(name))),
    join(directory, 'control-token'),
  ];
  return createControlClient({ url, token: readFileSync(tokenFile, 'utf8').trim(), timeLimitMs: LIMIT_MS });
}

function addressIn(path: string): string {
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Value.Check(AddressFile, file)) throw new Error(`${path} has no address`);
  return file.url;
}

function positive(text: string | undefined, preset: number): number {
  const value = text === undefined ? preset : Number(text);
  if (!(value > 0)) throw new TypeError(`${text} is no number above 0`);
  return value;
}

function argumentsOf(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ state: text, engine: text, 'history-writer': text, 'liquidity-manager': text, 'database-url-file': text },
      ...{ wait: text, 'max-eur': text, arm: flag, minutes: text, 'fresh-account': flag, help: flag },
    },
  });
  return values;
}

async function main(): Promise<number> {
  const shell = processShell();
  let world: World;
  let sql: postgres.Sql;
  let isEnded = false;
  // What was armed is disarmed before this ends. A second signal does not wait for that.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      isEnded = true;
    });
  }
  try {
    const values = argumentsOf(process.argv.slice(2));
    if (values.help) {
      shell.out(HELP);
      return EXIT.ok;
    }
    const file = values['database-url-file'];
    if (file === undefined) throw new TypeError('--database-url-file is missing');
    const waitMs = positive(values.wait, 120) * 1000;
    const [engine, writer, manager] = PROCESSES.map((name) => clientOf(name, values));
    if (engine === undefined || writer === undefined || manager === undefined) throw new TypeError('no process');
    sql = postgres(readFileSync(file, 'utf8').trim(), { max: 1, connect_timeout: 10, onnotice: () => {} });
    world = {
      processes: { engine, 'history-writer': writer, 'liquidity-manager': manager },
      query: (text, parameters) => sql.unsafe(text, [...parameters]),
      maxEur: positive(values['max-eur'], 5),
      arming: values.arm ? { minutes: positive(values.minutes, 15), freshAccount: values['fresh-account'] } : null,
      async until(ask) {
        const endsAtUs = machineClock.elapsedUs() + waitMs * 1000;
        for (;;) {
          const given = await ask();
          if (given !== null || isEnded || machineClock.elapsedUs() >= endsAtUs) return given;
          await Bun.sleep(ASK_EVERY_MS);
        }
      },
      isEnded: () => isEnded,
    };
  } catch (error) {
    shell.err(`validate.sh: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return EXIT.usage;
  }
  try {
    return (await validate(world, (line) => shell.out(`${line}\n`))) ? EXIT.ok : EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

process.exitCode = await main();
