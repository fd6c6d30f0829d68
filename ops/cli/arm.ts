// `./unrip arm`: arms the engine of STATE_DIR. Strategy and executor are armed both or neither.

import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import { ARM_MINUTES_MAX, ARM_TRADES_MAX, type ArmBody } from '../../contracts/control/engine.ts';
import { ArmView } from '../../contracts/control/part-state.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import type { CallResult } from '../../contracts/runtime/control/client.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { decimal, printable } from '../trace/words.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, type EngineCaller, findEngine, processShell, type Shell } from './engine-call.ts';

const HELP = `./unrip arm --minutes N | --forever [--max-eur EUR] [--max-trades N] [--fresh-account]
            [--accept-recovery-findings]

Arms executor and strategy of the engine that runs with STATE_DIR: both, or neither when one of them refuses. Then prints
whether the engine trades, and if not, the codes of the reasons; ops/OPERATIONS.md, "Codes", gives the remedy for each. If it was
armed before, the ends of that arming are replaced, all counts begin at zero, and what was replaced is printed. Exit code 1 when
arming was refused (an engine that is armed stays armed) or when the result is not known.

  --minutes N                   disarm automatically after N minutes, 1 to ${ARM_MINUTES_MAX}
  --forever                     arm until it is disarmed or the engine ends
  --max-eur EUR                 disarm automatically once quotes worth so much have settled, in addition; a quote that
                                could exceed it is refused (arming_limit), and when what has settled leaves too
                                little for a quote that was asked for, the arming ends
  --max-trades N                disarm automatically once N quotes have settled, 1 to ${ARM_TRADES_MAX}, in addition
  --fresh-account               confirm that no quote signed under another journal of this account can still settle;
                                required after each start while the journal is younger than ten minutes
  --accept-recovery-findings    confirm that you have checked recovery_findings of GET /executor/state

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'arm',
  summary: 'allow a running engine to sign quotes, for a limited time',
  help: HELP,
  run: (args) => arm(args, processShell()),
};

/** The bodies of the two calls, or what is wrong with the arguments. */
export function parse(args: readonly string[]): { readonly strategy: ArmBody; readonly executor: ArmBody } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        forever: { type: 'boolean', default: false },
        'max-eur': { type: 'string' },
        'max-trades': { type: 'string' },
        'fresh-account': { type: 'boolean', default: false },
        'accept-recovery-findings': { type: 'boolean', default: false },
      },
    });
    const { minutes, forever } = values;
    if ((minutes === undefined) !== forever) return 'give either --minutes N or --forever';
    if (minutes !== undefined && !isMinutes(minutes)) return `--minutes takes a whole number, 1 to ${ARM_MINUTES_MAX}`;
    const { 'max-eur': eur, 'max-trades': trades } = values;
    if (eur !== undefined && !isAmount(eur)) return '--max-eur takes a decimal number of EUR above 0';
    if (trades !== undefined && !isTrades(trades)) return `--max-trades takes a whole number, 1 to ${ARM_TRADES_MAX}`;
    const strategy: ArmBody = {
      ...(minutes === undefined ? { forever: true } : { for_minutes: Number(minutes) }),
      ...(eur === undefined ? {} : { max_eur: eur }),
      ...(trades === undefined ? {} : { max_trades: Number(trades) }),
    };
    return {
      strategy,
      executor: {
        ...strategy,
        ...(values['fresh-account'] ? { fresh_account: true } : {}),
        ...(values['accept-recovery-findings'] ? { accept_recovery_findings: true } : {}),
      },
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isAmount = (text: string): boolean => {
  const parsed = ENGINE_VARIABLES.breakerDayE18.parse(text);
  return parsed.ok && parsed.value > 0n;
};
const isCount = (text: string, most: number): boolean => /^[1-9]\d{0,6}$/.test(text) && Number(text) <= most;
const isMinutes = (text: string): boolean => isCount(text, ARM_MINUTES_MAX);
const isTrades = (text: string): boolean => isCount(text, ARM_TRADES_MAX);

export async function arm(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const bodies = parse(args);
  if (typeof bodies === 'string') {
    shell.err(`unrip arm: ${bodies}\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('arm', shell);
  if (typeof engine === 'number') return engine;
  // The executor has more reasons to refuse: what it refuses leaves the strategy untouched.
  const executor = await engine.post('/executor/arm', bodies.executor);
  if (executor.kind === 'refused') return await notArmed(engine, executor.detail, shell);
  const strategy: CallResult =
    executor.kind === 'done' ? await engine.post('/strategy/arm', bodies.strategy) : executor;
  if (strategy.kind !== 'done') return await takeBack({ engine, executor, detail: strategy.detail, shell });
  const trading = await engine.tradingLine();
  const hint = trading.startsWith('trading: no') ? 'each code, and what to do: ops/OPERATIONS.md, "Codes"\n' : '';
  const replaced = replacedBy(executor.answer);
  shell.out(`armed ${untilOf(strategy.answer)}: executor and strategy\n${replaced}${trading}${hint}`);
  return EXIT.ok;
}

/** An engine that was armed before stays armed, so that the message has to say how it is now. */
async function notArmed(engine: EngineCaller, detail: string, shell: Shell): Promise<ExitCode> {
  shell.err(`unrip arm: refused, nothing was changed. ${detail}\n${await engine.tradingLine()}`);
  return EXIT.failure;
}

type HalfArmed = {
  readonly engine: EngineCaller;
  readonly executor: CallResult;
  /** Why the other part is not armed. */
  readonly detail: string;
  readonly shell: Shell;
};

/** One part is armed, or may be: neither shall be. */
async function takeBack({ engine, executor, detail, shell }: HalfArmed): Promise<ExitCode> {
  const results = [await engine.disarm('executor'), await engine.disarm('strategy')];
  const part = executor.kind === 'done' ? 'strategy' : 'executor';
  const failed = results.find(({ kind }) => kind !== 'done');
  shell.err(
    failed === undefined
      ? `unrip arm: nothing is armed: the ${part} did not arm (${detail}), and both were disarmed\n`
      : `unrip arm: the ${part} did not arm (${detail}), and disarming failed as well: it may be armed. Run ./unrip disarm, or end the engine\n`,
  );
  return EXIT.failure;
}

const Replaced = Type.Object({ from: ArmView });

/** Its ends, and what was filled towards them, are gone: whoever set them may not know. */
function replacedBy(answer: unknown): string {
  if (!Value.Check(Replaced, answer) || !answer.from.armed) return '';
  const { by, since, until, max_eur, filled_eur, max_trades, trades } = answer.from;
  const ends = [
    ...(until === null ? [] : [`at ${until}`]),
    ...(max_eur === null ? [] : [`at ${decimal(max_eur)} EUR (${decimal(filled_eur)} filled)`]),
    ...(max_trades === null ? [] : [`after ${max_trades} trades (${trades} made)`]),
  ];
  const end = ends.length === 0 ? 'without an end' : `to end ${ends.join(' or ')}`;
  return `in place of an arming by ${printable(by)} since ${since}, ${end}\n`;
}

const Armed = Type.Object({ to: Type.Object({ until: Type.String() }) });

const untilOf = (answer: unknown): string =>
  Value.Check(Armed, answer) ? `until ${answer.to.until}` : 'until it is disarmed';
