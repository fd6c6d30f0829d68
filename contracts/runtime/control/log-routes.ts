// The log level of a process while it runs: for the time of a search, until the process ends.

import { Type } from '@sinclair/typebox';
import { shape } from '../../control/shapes.ts';
import { LOG_LEVELS, type LogLevel } from '../log/level.ts';
import { actionRoute, type ControlRoute, shown } from './route.ts';

const PATH = '/log/level';
const Level = shape({ level: Type.Union(LOG_LEVELS.map((level) => Type.Literal(level))) });
/** What LOG_LEVEL may say in addition. */
const LevelShown = shape({ level: Type.String() });

export function logRoutes(part: string, log: LogLevel): ControlRoute[] {
  return [
    {
      kind: 'read',
      path: PATH,
      part,
      summary: 'Minimum level that is logged',
      answer: shown(LevelShown, () => ({ level: log.current() })),
    },
    actionRoute({
      method: 'PUT',
      path: PATH,
      part,
      action: 'log-level',
      summary: 'Sets the minimum level that is logged until the process ends; LOG_LEVEL is that of the start',
      body: Level,
      bodyOptional: false,
      from: LevelShown,
      to: Level,
      act({ level }) {
        const from = { level: log.current() };
        // The line about this action is logged at the former level.
        return { ok: true, from, to: { level }, afterwards: () => log.set(level) };
      },
    }),
  ];
}
