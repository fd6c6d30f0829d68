import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { longRuns } from '../../../ops/testing/bounded.ts';
import { FUZZ, mutatedText } from '../../../ops/testing/mutated.ts';
import { ENGINE_VARIABLES } from '../../config/engine.ts';
import { HISTORY_WRITER_VARIABLES } from '../../config/history-writer.ts';
import { parseDatabaseUrl } from '../../database-url.ts';
import { shownValue, withoutSecrets } from '../log/redact.ts';
import { parseDotEnv } from './dot-env.ts';
import { loadConfig, renderProblems } from './load.ts';

const ENV_FILE = `# comment\nexport SOLVER_ACCOUNT_ID='solver.near'\nNEAR_RPC_URLS="http://a:1,http://b:2" # two\nA=\\x\nB = c d#e\n`;
const VALUES = [
  '0',
  '2.5',
  '100000',
  'true',
  'info',
  'solver.near',
  'https://user:pass@rpc.example:443/path?x=1',
  'http://a:1,http://b:2/',
  'localhost:9092,[::1]:9093',
  'postgres://user:p%41ss@h1:1,h2:2/db?sslmode=require&target_session_attrs=any',
  'postgresql://%2Ftmp/db?host=/var/run',
  '{"nep141:btc.omft.near":"100"}',
  'a'.repeat(64),
];
const VARIABLES = [...Object.values(ENGINE_VARIABLES), ...Object.values(HISTORY_WRITER_VARIABLES)];

test('any file is read into entries and lines that are wrong, each line once', () => {
  fc.assert(
    fc.property(mutatedText([ENV_FILE]), (text) => {
      const { entries, badLines } = parseDotEnv(text);
      const lines = text.split('\n').length;
      expect(new Set([...entries, ...badLines].map(({ line }) => line)).size).toBe(entries.length + badLines.length);
      for (const { name, line } of entries) expect(/^[A-Za-z_]/.test(name) && line >= 1 && line <= lines).toBe(true);
    }),
    FUZZ,
  );
});

test('any value of any variable is taken or named as a problem, without a throw', () => {
  fc.assert(
    fc.property(mutatedText(VALUES), (text) => {
      for (const variable of VARIABLES) {
        const parsed = variable.parse(text);
        if (!parsed.ok) expect(parsed.problem).not.toBe('');
        else if (typeof parsed.value === 'number') expect(Number.isFinite(parsed.value)).toBe(true);
      }
      expect(shownValue(text).length).toBeLessThan(400);
    }),
    { numRuns: 300 },
  );
});

test('any environment gives a configuration or problems that can be printed', () => {
  const env = fc.dictionary(
    fc.oneof(fc.constantFrom(...VARIABLES.map(({ name }) => name)), fc.string({ maxLength: 12 })),
    mutatedText(VALUES),
    { maxKeys: 12 },
  );
  fc.assert(
    fc.property(env, (given) => {
      const loaded = loadConfig(HISTORY_WRITER_VARIABLES, { env: given, directory: null });
      if (!loaded.ok) expect(renderProblems('history-writer', loaded.problems)).toContain('fix:');
    }),
    { numRuns: 200 },
  );
});

test('long texts take little time, whatever they repeat', () => {
  for (const text of longRuns(20_000, ['A=', 'A=x', 'A="', "A='x'", 'export ', 'A'], ['y', '" z', '\n'])) {
    parseDotEnv(text);
  }
  for (const text of longRuns(40_000, ['', 'bearer', '://', 'postgres://', 'eyJ'], ['', ' '])) withoutSecrets(text);
  for (const text of longRuns(4_000, ['postgres://', 'postgres://h/d?', 'postgres://a@'], ['', '/', '?'])) {
    parseDatabaseUrl(text);
  }
  for (const text of longRuns(16_000, ['', 'http://', '{"a":'], ['', '}'])) {
    for (const variable of VARIABLES) variable.parse(text);
  }
});
