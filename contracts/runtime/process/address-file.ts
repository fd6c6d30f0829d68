// A file in the state directory that lets local scripts find the control API when the port is ephemeral (CONTROL_PORT=0).

import { readFileSync, rmSync } from 'node:fs';
import type { ServiceName } from '../../topics/ops-control-action.ts';
import { writeOwnFile } from './own-file.ts';

/** Processes may share a state directory: each has a file of its own. */
export const addressFileOf = (service: ServiceName): string =>
  service === 'engine' ? 'control.json' : `${service}.json`;

/**
 * Writes the process id and the address to the file; throws what the file system reports.
 * @returns removes the file, unless another process of the same state directory has replaced it
 */
export function writeAddressFile(path: string, url: string): () => void {
  const text = `${JSON.stringify({ pid: process.pid, url })}\n`;
  writeOwnFile(path, text);
  return () => {
    try {
      if (readFileSync(path, 'utf8') === text) rmSync(path);
    } catch {
      // Removed already, or out of reach: readers check that the process of a file they find is running.
    }
  };
}
