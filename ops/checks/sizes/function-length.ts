// Asks the linter for functions that are too long. biome.json holds the limit; its exceptions are overrides that name one file each,
// with the length of today as the limit, so that no function grows. A file without a long function has to go from there.

import { join } from 'node:path';
import { CHECKOUT } from '../../stack/directory.ts';
import { run } from '../../stack/run.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import type { Violation } from '../sources.ts';

const LIMIT_MS = 110_000;

const RULE = 'noExcessiveLinesPerFunction';

type Rules = { readonly rules: { readonly complexity?: { readonly [RULE]?: object | string } } };
type Override = { readonly includes: readonly string[]; readonly linter: Rules };
type Settings = { readonly linter: Rules; readonly overrides: readonly Override[] };

const readSettings = async (root: string): Promise<Settings> =>
  JSON.parse(await Bun.file(join(root, 'biome.json')).text());

const isPattern = (path: string): boolean => path.includes('*');

/** Files for which biome.json raises the limit. */
export async function functionExceptions(root: string): Promise<string[]> {
  const { overrides } = await readSettings(root);
  return overrides
    .filter(({ linter }) => linter.rules.complexity?.[RULE] !== undefined)
    .flatMap(({ includes }) => includes)
    .filter((path) => !isPattern(path));
}

/** Functions beyond the limit of the checkout's biome.json, whose exceptions do not count here. @param paths from `root` */
export async function findLongFunctions(root: string, paths: readonly string[]): Promise<Violation[]> {
  if (paths.length === 0) return [];
  const { overrides, linter } = await readSettings(CHECKOUT);
  using dir = tempDir('biome');
  const general = overrides.filter(({ includes }) => includes.some(isPattern));
  // Warnings, since the linter ends with 1 for an error.
  const rule = Object.assign({}, linter.rules.complexity?.[RULE], { level: 'warn' });
  const rules = { recommended: false, complexity: { [RULE]: rule } };
  await Bun.write(join(dir.path, 'biome.json'), JSON.stringify({ root: true, linter: { rules }, overrides: general }));
  const biome = join(CHECKOUT, 'node_modules/@biomejs/biome/bin/biome');
  const options = [`--config-path=${dir.path}`, '--reporter=github', '--max-diagnostics=none'];
  const argv = [process.execPath, biome, 'lint', ...options, ...paths];
  const out = await run(argv, { cwd: root, limitMs: LIMIT_MS });
  return [...out.matchAll(/^::warning .*?\bfile=([^,]+),line=(\d+).*?::(.*)$/gm)].map(
    ([, file = '', line, message = '']) => ({
      file: file.replace(`${root}/`, ''),
      line: Number(line),
      message: `${message} Instead: split it by what its parts do`,
    }),
  );
}
