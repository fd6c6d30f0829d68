// Syntax trees of the files of a tree, by the TypeScript of the checkout, which works in a process of its own.

import { join } from 'node:path';
import type { SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/async';

/** @param root has a tsconfig.json @param files from the root @throws Error when one of them is not in its project */
export async function withSyntax<T>(
  root: string,
  files: readonly string[],
  work: (sources: ReadonlyMap<string, SourceFile>) => T,
): Promise<T> {
  const api = new API({ cwd: root });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] });
    const [project] = snapshot.getProjects();
    if (project === undefined) throw new Error(`${root} has no project`);
    const sources = new Map<string, SourceFile>();
    for (const file of files) {
      const source = await project.program.getSourceFile(join(root, file));
      if (source === undefined) throw new Error(`${file} is not in the project of ${root}`);
      sources.set(file, source);
    }
    return work(sources);
  } finally {
    await api.close();
  }
}
