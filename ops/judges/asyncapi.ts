// AsyncAPI's own parser on the generated document of the topics.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_DIRECTORY } from '../contracts/generate.ts';
import type { Judge } from './judge.ts';

type Diagnostic = { readonly code: string; readonly message: string; readonly path: readonly (string | number)[] };
type Parser = {
  parse(text: string): Promise<{ readonly document?: object; readonly diagnostics: readonly Diagnostic[] }>;
};

export const judge: Judge = {
  name: 'asyncapi',
  summary: '@asyncapi/parser on contracts/generated/asyncapi.json: no error, no warning, no hint',
  async run({ packages }) {
    const module = await packages.load('@asyncapi/parser');
    const parser = new (module['Parser'] as unknown as new () => Parser)();
    const { document, diagnostics } = await parser.parse(
      readFileSync(join(GENERATED_DIRECTORY, 'asyncapi.json'), 'utf8'),
    );
    const found = diagnostics.map(({ code, message, path }) => `${code} at ${path.join('.')}: ${message}`);
    const fault = found.length > 0 ? found.join('\n') : document === undefined ? 'no document was read' : null;
    return [{ name: 'asyncapi.json', fault }];
  },
};
