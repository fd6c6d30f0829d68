import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { mountSmallDisk, unmountLeft, whyNoDisk } from './small-disk.ts';

test('a small disk takes no byte more once it is full, and takes some again once it is freed', async () => {
  using dir = tempDir('small-disk');
  const reason = await whyNoDisk(dir.path);
  if (reason !== null) {
    console.log(`not tested: ${reason}`);
    return;
  }
  const place = join(dir.path, 'disk');
  const disk = await mountSmallDisk(place);
  try {
    const write = () => writeFileSync(join(place, 'file'), 'x'.repeat(10_000));
    disk.fill();
    expect(write).toThrow('ENOSPC');
    disk.free();
    expect(write).not.toThrow();
  } finally {
    // As after an interrupted run.
    await unmountLeft(dir.path);
  }
  await expect(disk.unmount()).rejects.toThrow('umount');
});
