// The engine with a disk of the kill soak under its journal: it ends itself by SIGKILL at the place that its argument names, or
// at SIGUSR2, with or without a power cut. Nothing else of it differs from `./unrip engine`.

import { join } from 'node:path';
import { runEngine } from '../../../../engine/main.ts';
import { GAP_LIMIT_MS } from '../../../../engine/safety/process-gap.ts';
import { cutDisk } from './disk.ts';
import { endingAt, type KillAt } from './places.ts';

export type KilledEngine = {
  /** Null: only when it is asked to. */
  readonly at: KillAt | null;
  readonly powerCut: boolean;
  readonly segmentBytesMax: number;
};

const { at, powerCut, segmentBytesMax }: KilledEngine = JSON.parse(process.argv[2] ?? '');
const disk = cutDisk(process.env['STATE_DIR'] ?? join(process.cwd(), 'engine'));
const end = (): void => {
  if (powerCut) disk.cut();
  process.kill(process.pid, 'SIGKILL');
};
process.on('SIGUSR2', end);
const files = at === null ? disk.files : endingAt(disk.files, at, end);
process.exit(await runEngine(process.env, process.cwd(), GAP_LIMIT_MS, { files, segmentBytesMax }));
