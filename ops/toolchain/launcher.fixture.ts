// A made-up checkout with the real launcher in it, and a cache that already has everything, so that nothing is fetched or
// built. Its command prints as JSON what it was started with.

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const project = join(import.meta.dir, '../..');
const probe = `
const child = process.argv[2] === 'child';
function limits() {
  if (process.platform !== 'linux') return null;
  const text = require('node:fs').readFileSync('/proc/self/limits', 'utf8');
  const of = (name) => new RegExp('^Max ' + name + ' +(\\\\S+) +(\\\\S+)', 'm').exec(text)?.slice(1).join(' ');
  const stat = require('node:fs').readFileSync('/proc/self/stat', 'utf8');
  const realTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[37]);
  return { core: of('core file size'), files: of('open files'), realTime };
}
if (!child) Bun.spawnSync([process.execPath, import.meta.path, 'child'], { stdout: 'inherit', stderr: 'inherit' });
console.log(JSON.stringify({ child, args: process.argv.slice(2), cwd: process.cwd(), secret: process.env.PROBE_SECRET ?? null,
  pool: process.env.UV_THREADPOOL_SIZE, limits: limits(), umask: process.umask(), env: process.env }));
process.exit(child ? 0 : 78);
`;

/** Both in folders of `place` whose names hold spaces. */
export function makeCheckout(place: string): { readonly checkout: string; readonly cache: string } {
  const checkout = join(place, 'a checkout');
  const cache = join(place, 'a cache');
  for (const path of ['unrip', 'bunfig.toml', 'bun.lock', 'ops/toolchain']) {
    cpSync(join(project, path), join(checkout, path), { recursive: true });
  }
  mkdirSync(join(checkout, 'ops/cli'), { recursive: true });
  writeFileSync(join(checkout, 'ops/cli/main.ts'), probe);
  mkdirSync(join(cache, `bun-${Bun.version}`), { recursive: true });
  symlinkSync(process.execPath, join(cache, `bun-${Bun.version}/bun`));
  const addon = join(
    checkout,
    'node_modules/@confluentinc/kafka-javascript/build/Release/confluent-kafka-javascript.node',
  );
  mkdirSync(dirname(addon), { recursive: true });
  writeFileSync(addon, '');
  const state = Bun.spawnSync(
    ['sh', '-c', `bun_version=${Bun.version}; eval "$(sed -n '/^wanted_state()/,/^}/p' unrip)"; root=. wanted_state`],
    { cwd: checkout },
  );
  writeFileSync(join(checkout, 'node_modules/.unrip-stamp'), state.stdout);
  return { checkout, cache };
}
