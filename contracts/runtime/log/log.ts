// Structured log of every process: JSON lines with the stable top-level fields level, time, service, component, event,
// namespace, venue, topic, pair; everything else after them. Values pass `fieldsText` first, which takes out what looks
// like a secret. Lines cost some microseconds each: callers write after the answer left, never inside the turn.

import pino from 'pino';
import { isoTime } from '../../time.ts';
import { fieldsText, type ReservedField } from './fields.ts';
import { createLogLevel, type LineLevel, type LogLevel } from './level.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Fields that a line takes: named in snake_case, at every depth, and none that the log sets itself. The compiler refuses others,
 * spread objects and variables included; names that it does not know, as those of a `Record`, pass.
 */
type SnakeFields<Fields> = {
  readonly [Key in keyof Fields]: Key extends Exclude<Snake<Key>, ReservedField> ? SnakeValue<Fields[Key]> : never;
};
type Snake<Key> = Key extends string ? (string extends Key ? string : Lowercase<Key>) : Key;
/** Values whose own names are not printed. Ids are branded texts. */
type Leaf = string | number | bigint | boolean | readonly unknown[] | Error | Date | ArrayBufferView;
type SnakeValue<Value> = Value extends Leaf ? Value : Value extends object ? SnakeNested<Value> : Value;
/** In an object of its own the log's names are free. */
type SnakeNested<Fields> = {
  readonly [Key in keyof Fields]: Key extends Snake<Key> ? SnakeValue<Fields[Key]> : never;
};

type Write = <Fields extends LogFields>(event: string, fields?: Fields & SnakeFields<Fields>) => void;

export type Log = {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** The same log for another part of the process. */
  child(component: string): Log;
};

/** Where finished lines go, each with its line feed. */
export type LogDestination = { write(line: string): void };

export type LogOptions = {
  readonly service: string;
  readonly component: string;
  /** LOG_LEVEL, or one that is changed while the process runs. */
  readonly level: string | LogLevel;
  readonly namespace: string;
  readonly destination: LogDestination;
  /** Taken out of every line wherever they appear: this process's key and tokens. */
  readonly secrets?: readonly string[];
  /** The `pair` of lines that name none. */
  readonly pair?: string | null;
};

const { symbols } = pino;

/** What of one of pino's loggers a line begins with: its level, by number, and what all its lines have. */
type LineHeads = {
  readonly [symbols.lsCacheSym]: Readonly<Record<number, string>>;
  readonly [symbols.chindingsSym]: string;
};

/** In place of pino's own renderer, which makes a text of each name and of each value by a call: `members` are JSON already. */
function lineOf(this: LineHeads, _fields: object, members: string, level: number, time: string): string {
  return `${this[symbols.lsCacheSym][level]}${time}${this[symbols.chindingsSym]},${members}}\n`;
}

export function createLog(options: LogOptions): Log {
  const { level } = options;
  const threshold = typeof level === 'string' ? createLogLevel(level) : level;
  const base = pino(
    {
      level: 'trace',
      base: null,
      timestamp: () => `,"time":"${isoTime(Date.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination,
  );
  Object.assign(base, { [symbols.asJsonSym]: lineOf });
  const textOf = fieldsText(options.secrets ?? [], options.pair ?? null);
  const make = (component: string): Log => {
    const bound = base.child({
      service: options.service,
      component,
      namespace: options.namespace,
      venue: 'near_intents',
    });
    const write = (level: LineLevel) => {
      return (event: string, fields?: LogFields): void => {
        if (threshold.lets(level)) bound[level](`"event":${JSON.stringify(event)}${textOf(fields)}`);
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: make };
  };
  return make(options.component);
}
