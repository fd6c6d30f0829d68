import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseDotEnv } from './dot-env.ts';

test.each([
  ['A=b', 'b'],
  ['export A=b', 'b'],
  ['  A = b  ', 'b'],
  ['A=', ''],
  ['A=b # said why', 'b'],
  ['A=b#c', 'b#c'],
  ['A=# nothing', ''],
  ["A='b # $c \\n'", 'b # $c \\n'],
  ['A="b # c" # said why', 'b # c'],
  ['A="line\\nnext \\"q\\" \\\\ \\$x \\z"', 'line\nnext "q" \\ $x \\z'],
  ['A=b=c', 'b=c'],
  ['\uFEFFA=b', 'b'],
])('%p gives %p', (line, value) => {
  expect(parseDotEnv(line)).toEqual({ entries: [{ name: 'A', value, line: 1 }], badLines: [] });
});

test.each(['nothing', '1A=b', 'A-B=c', "A='open", 'A="open', 'A="x" y', '=x'])('%p is a bad line', (line) => {
  const parsed = parseDotEnv(`# head\n\n${line}\r\nB=1`);
  expect(parsed.badLines.map((bad) => bad.line)).toEqual([3]);
  expect(parsed.entries).toEqual([{ name: 'B', value: '1', line: 4 }]);
  expect(JSON.stringify(parsed.badLines)).not.toContain(line);
});

test('double quotes give back any value without line feeds', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const quoted = `A="${value
        .replace(/[\\"$]/g, (found) => `\\${found}`)
        .replace(/\n/g, '\\n')
        .replace(/\r/g, '\\r')}"`;
      return parseDotEnv(quoted).entries[0]?.value === value;
    }),
  );
});
