// A real process, really killed.

import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { openJournal, temporaryDirectory } from './fixtures.ts';
import type { Entry } from './segments/reader.ts';

/** Starts the appending program and kills it with -9 once `enough` records were said to be durable. */
async function killedAfter(stateDir: string, enough: number): Promise<number> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'append-forever.fixture.ts'), stateDir, '20000'], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (Number(text.trimEnd().split('\n').at(-1)) >= enough) child.kill('SIGKILL');
  }
  await child.exited;
  const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return Number(whole.at(-1));
}

describe('kill -9', () => {
  test('loses nothing that was durable, leaves no gap, and frees the lock', async () => {
    using directory = temporaryDirectory();
    let least = 0;
    for (const enough of [500, 1_500, 4_000]) {
      least = await killedAfter(directory.path, enough);
      const journal = openJournal(directory.path);
      expect(journal.lastSeq).toBeGreaterThanOrEqual(least);
      const entries: Entry[] = [];
      for (let seq = journal.firstSeq; seq <= journal.lastSeq; seq = (entries.at(-1)?.seq ?? 0) + 1) {
        entries.push(...(await journal.read(seq, 1000)));
      }
      expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, at) => journal.firstSeq + at));
      // Nothing that was recorded since the checkpoint is passed over.
      const recovered = [...journal.recover()].filter(({ fact }) => fact.kind === 'nonce_used');
      const since = entries.filter(({ seq, fact }) => fact.kind === 'nonce_used' && seq >= (recovered[0]?.seq ?? 0));
      expect(recovered).toStrictEqual(since);
      for (const { seq, fact } of entries) if (fact.kind === 'nonce_used') expect(fact.atMs).toBe(seq);
      expect(journal.segmentCount).toBeGreaterThan(1);
      await journal.abandon();
    }
  });
});

describe('the lock', () => {
  test('refuses a second journal in the same process, and names the holder', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    expect(() => openJournal(directory.path)).toThrow(`in use by process ${process.pid}`);
    await journal.abandon();
    await openJournal(directory.path).abandon();
  });

  test('refuses a second process while the first lives', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, 'append-forever.fixture.ts'), directory.path, '20000'],
      {
        stdout: 'pipe',
        stderr: 'pipe',
      },
    );
    expect(await child.exited).not.toBe(0);
    expect(await new Response(child.stderr).text()).toContain(`in use by process ${process.pid}`);
    await journal.abandon();
  });
});
