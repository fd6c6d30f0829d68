import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '../../stack/directory.ts';
import { asProse, readDocuments } from '../documents.ts';
import { makeSource, readSources, render } from '../sources.ts';
import { ALLOWED_WORDS } from './allowed.ts';
import { findWords } from './words.ts';

const planted = (text: string, path = 'engine/bus/planted.ts') => findWords([makeSource(path, text)], []);

test('no comment, text, name or document of the checkout uses a word of the private idiom', () => {
  // A migration that was applied is never changed: its checksum is on record.
  const documents = readDocuments(CHECKOUT).filter(({ path }) => !path.startsWith('sql/migrations/'));
  const sources = [...readSources(CHECKOUT), ...documents.map(asProse)];
  expect(render(findWords(sources, ALLOWED_WORDS))).toBe('');
});

describe('the check refuses', () => {
  test.each([
    ['a comment', '// Starts anew.'],
    ['a comment over lines', '/**\n * A price that stands.\n */'],
    ['a text', "fail('mend the file');"],
    ['a template', 'say(`the quotes of ours`);'],
    ['a name', 'const told = [];'],
    ['a part of a name', 'toldOnce();'],
    ['the end of a name', 'this.joinAnew();'],
    ['what is told', '// It is told once.'],
    ['a look', '// Each look at the verifier'],
    ['in hand', '// records in hand'],
    ['wants', '// the venue wants a key'],
    ['for ever', '// kept for ever'],
    ['the least', "fail('below the least edge');"],
    ['whatever comes', '// Whatever comes is refused.'],
    ['in whatever way', '// ends in whatever way'],
    ['beside', '// the file beside it'],
  ])('%s', (_, text) => {
    expect(planted(text)).toHaveLength(1);
  });
});

describe('the check allows', () => {
  test.each([
    ['words within other words', '// amendments, bystanders, besides, understand, unwanted'],
    ['a symbol that stands for something', '// `?` stands for a value; the stand-ins of the venue'],
    ['orders of bits and of use', '// the least significant byte, the least recently used'],
    ['names that only look alike', 'const wants = stands(look);'],
    ['plain words', '// Read again; reported once; our files; next to it; a poll; buffered; needs; minimum.'],
  ])('%s', (_, text) => {
    expect(render(planted(text))).toBe('');
  });
});

test('a use names file, line, word and a better one', () => {
  expect(render(planted('a();\n// starts anew\n'))).toBe('engine/bus/planted.ts:2: says "anew". Instead: again');
});
