// Whether the Kafka addon in node_modules was built from the sources of this checkout. `./unrip` takes care of that; a Bun that is
// started without it after an update of the checkout would find the addon of the former version, which may hand over records and
// reports otherwise than they are read here. `./unrip` puts a copy of the sources next to the addon (ops/toolchain/kafka-addon.sh).

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CHECKOUT = join(import.meta.dir, '../../..');
const RELEASE = 'node_modules/@confluentinc/kafka-javascript/build/Release';

/** What is wrong with the addon of the checkout, and the fix; null: nothing that is known here, an addon that is missing included. */
export function staleAddon(checkout: string = CHECKOUT): string | null {
  const release = join(checkout, RELEASE);
  const toolchain = join(checkout, 'ops/toolchain/kafka-addon');
  if (!existsSync(release) || !existsSync(toolchain)) return null;
  const wanted = filesIn(join(toolchain, 'compat')).set('build.sh', textOf(join(toolchain, 'build.sh')));
  const built = filesIn(join(release, 'sources'));
  const isSame = built.size === wanted.size && [...wanted].every(([name, text]) => built.get(name) === text);
  if (isSame) return null;
  return 'The Kafka addon is that of another version of this checkout: start through ./unrip, which puts the right one in place.';
}

/** The files of a folder by name; none when there is no such folder. */
function filesIn(folder: string): Map<string, string | null> {
  try {
    return new Map(readdirSync(folder).map((name) => [name, textOf(join(folder, name))]));
  } catch {
    return new Map();
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
