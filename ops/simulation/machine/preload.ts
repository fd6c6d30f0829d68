// Loaded before anything else of a simulation: from here on the code of the engine and of the contracts finds the simulated machine
// where it asks for the platform. Their text is as it is, but for the names of the modules of the platform that they import.

import { join } from 'node:path';
import { installGlobals } from './globals.ts';
import { networkInUse } from './in-use.ts';
import { type FetchInit, VirtualResponse } from './network.ts';

const stand = (name: string): string => join(import.meta.dir, name);

const IN_ENGINE: Readonly<Record<string, string>> = {
  ws: stand('socket.ts'),
  'node:fs': stand('fs.ts'),
  'node:fs/promises': stand('fs-promises.ts'),
};
/** In one file each. */
const IN_FILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'engine/journal/lock.ts': { 'bun:sqlite': stand('locks.ts'), './flock.ts': stand('locks.ts') },
  'contracts/runtime/process/own-file.ts': { 'node:fs': stand('fs.ts') },
  'contracts/runtime/kafka/native.ts': { 'node:module': stand('kafka-module.ts') },
};
/** Nothing here is measured, and a start is one of many: the rehearsal before it is short. */
const SHORT_REHEARSAL = { file: 'engine/startup/warm-up.ts', from: 'const QUOTES = 3000;', to: 'const QUOTES = 3;' };

const ROOT = join(import.meta.dir, '../../..');

Bun.plugin({
  name: 'simulated machine',
  setup(build) {
    build.onLoad({ filter: /\/(?:engine|contracts)\/.*(?<!\.test)\.ts$/ }, async ({ path }) => {
      const file = path.slice(ROOT.length + 1);
      const others = file.startsWith('engine/') ? IN_ENGINE : {};
      let contents = await Bun.file(path).text();
      for (const [name, other] of Object.entries({ ...others, ...IN_FILE[file] }))
        contents = contents.replaceAll(`from '${name}'`, `from '${other}'`);
      if (path.endsWith(SHORT_REHEARSAL.file)) {
        if (!contents.includes(SHORT_REHEARSAL.from)) throw new Error(`${path} does not say ${SHORT_REHEARSAL.from}`);
        contents = contents.replace(SHORT_REHEARSAL.from, SHORT_REHEARSAL.to);
      }
      return { contents, loader: 'ts' };
    });
  },
});

installGlobals();
Object.assign(globalThis, {
  fetch: (url: string, init: FetchInit = {}) => networkInUse().fetch(url, init),
  Response: VirtualResponse,
});
Object.assign(Bun, { serve: (options: never) => networkInUse().serve(options) });
