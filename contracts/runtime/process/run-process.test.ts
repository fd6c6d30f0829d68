import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../../../ops/testing/child.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Mode } from './program.fixture.ts';

const LIMIT_MS = 30_000;
const PROGRAM = join(import.meta.dir, 'program.fixture.ts');

type Case = {
  readonly code: ExitCode;
  /** Events of the log in their order, those of the control API's front and of health aside. */
  readonly events: readonly string[];
  /** Standard error. */
  readonly says: RegExp;
  /** Whether `start` was called, as `release` gets it; null: there was nothing to release. */
  readonly started: boolean | null;
  /** Of its health, where it reads it. */
  readonly notes?: readonly string[];
};

const NOTHING = /^$/;

const CASES: Readonly<Record<Mode, Case>> = {
  'ends before it starts': {
    code: EXIT.ok,
    events: ['drain_begun', 'drain_called', 'control_listening', 'release_called', 'ended'],
    says: NOTHING,
    started: false,
  },
  'cannot be made': {
    code: EXIT.failure,
    events: ['process_failed'],
    says: /^reconciler: could not go on: not made today, for \[redacted\]\n$/,
    started: null,
  },
  'is refused': {
    code: EXIT.config,
    events: [],
    says: /^reconciler: the configuration is not usable, one problem:\n {2}SOMETHING is wrong\n {4}fix: correct it\.\n$/,
    started: null,
  },
  'cannot start': {
    code: EXIT.failure,
    events: ['control_listening', 'start_called', 'release_called', 'process_failed'],
    says: /^reconciler: could not go on: no start today\n$/,
    started: true,
  },
  'fails for a known cause': {
    code: EXIT.failure,
    events: ['control_listening', 'start_called', 'release_called', 'program_refused'],
    says: /^reconciler: known: do this\n$/,
    started: true,
  },
  'drain fails': {
    code: EXIT.failure,
    events: [
      'control_listening',
      'start_called',
      'drain_begun',
      'drain_called',
      'drain_failed',
      'release_called',
      'ended',
    ],
    says: NOTHING,
    started: true,
  },
  'drain hangs': {
    code: EXIT.failure,
    events: [
      'control_listening',
      'start_called',
      'drain_begun',
      'drain_called',
      'drain_limit_reached',
      'release_called',
      'ended',
    ],
    says: NOTHING,
    started: true,
  },
  'faults while it drains': {
    code: EXIT.failure,
    events: [
      'control_listening',
      'start_called',
      'drain_begun',
      'drain_called',
      'process_faulted',
      'fault_called',
      'release_called',
      'ended',
    ],
    says: NOTHING,
    started: true,
  },
  'has a metric that cannot be read': {
    code: EXIT.ok,
    events: [
      'control_listening',
      'start_called',
      'metrics_unreadable',
      'health_read',
      'metrics_readable',
      'drain_begun',
      'drain_called',
      'release_called',
      'ended',
    ],
    says: NOTHING,
    started: true,
    notes: ['control.metrics_unreadable'],
  },
};

type Line = { readonly event: string; readonly started?: boolean; readonly code?: number; readonly notes?: string[] };

const OF_HEALTH = ['health_noted', 'parts_started'];

test.each(Object.entries(CASES) as [Mode, Case][])(
  'a process that %s ends in order',
  async (mode, { code, events, says, started, notes }) => {
    using dir = tempDir('program');
    await using child = startChild([PROGRAM, dir.path, mode]);
    expect(await child.exited).toBe(code);
    const lines = child.lines.map((line) => JSON.parse(line) as Line);
    const seen = lines.map(({ event }) => event).filter((event) => !OF_HEALTH.includes(event));
    expect(seen).toEqual(['process_priority', ...events]);
    expect(child.errorText()).toMatch(says);
    expect(lines.find(({ event }) => event === 'release_called')?.started ?? null).toBe(started);
    expect(lines.find(({ event }) => event === 'health_read')?.notes).toEqual(notes as string[]);
    if (events.includes('ended')) expect(lines.at(-1)).toMatchObject({ event: 'ended', code });
    expect(readdirSync(dir.path)).toEqual([]);
  },
  LIMIT_MS,
);
