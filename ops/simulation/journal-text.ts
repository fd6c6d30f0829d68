// Whether the journal on the disk has a text: a search through its bytes, as anybody could make it.

import type { Disk, FileNode } from './machine/disk.ts';
import { STATE_DIR } from './setting.ts';

const SEGMENT = /^[0-9]{16}\.log$/;

export function journalReader(disk: Disk): (text: string, durable: boolean) => boolean {
  return (text, durable) => {
    const directory = disk.look(`${STATE_DIR}/journal`);
    if (directory === null || directory.kind !== 'directory') return false;
    const segments = [...directory.entries].filter(([name]) => SEGMENT.test(name)).sort(([a], [b]) => (a < b ? 1 : -1));
    return segments.some(([, node]) => {
      const file = node as FileNode;
      const bytes = durable ? disk.durableBytes(file) : file.size;
      return Buffer.from(file.data.buffer, file.data.byteOffset, bytes).lastIndexOf(text) >= 0;
    });
  };
}
