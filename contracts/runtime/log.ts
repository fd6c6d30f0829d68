// Structured log of every process: JSON lines with the stable top-level fields level, time, service, component, event,
// namespace, venue, topic, pair; everything else beside them. Values pass `cleanFields` first, which takes out what looks
// like a secret. Lines cost some microseconds each: callers write after the answer left, never inside the turn.

import pino from 'pino';
import { cleanFields } from './log-fields.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same log for another part of the process. */
  child(component: string): Log;
};

/** Where finished lines go, each with its line feed. */
export type LogDestination = { write(line: string): void };

export type LogOptions = {
  readonly service: string;
  readonly component: string;
  readonly level: string;
  readonly namespace: string;
  readonly destination: LogDestination;
  /** Taken out of every line wherever they appear: this process's key and tokens. */
  readonly secrets?: readonly string[];
  /** The `pair` of lines that name none. */
  readonly pair?: string | null;
};

export function createLog(options: LogOptions): Log {
  const base = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination,
  );
  const secrets = options.secrets ?? [];
  const make = (component: string): Log => {
    const bound = base.child({
      service: options.service,
      component,
      namespace: options.namespace,
      venue: 'near_intents',
    });
    const write = (level: 'debug' | 'info' | 'warn' | 'error') => {
      return (event: string, fields: LogFields = {}): void => {
        if (!bound.isLevelEnabled(level)) return;
        bound[level]({ event, topic: null, pair: options.pair ?? null, ...cleanFields(fields, secrets) });
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: make };
  };
  return make(options.component);
}
