// The part of `--help` that lists what a process reads, made from the same declarations that check it.

import { fileNamesOf, type Variable, type Variables } from '../../config/variable.ts';

/** Three lines a variable, four for a secret: name with default, meaning, shape, file form; in the order of the declaration. */
export function helpText(variables: Variables): string {
  const lines = [
    'Environment variables, also read from .env in the working directory (mode 600 if it contains a secret). A name that is not',
    'known and resembles a known one is treated as a typing error: the command ends with exit code 78.',
    '',
  ];
  for (const variable of Object.values(variables)) {
    lines.push(`  ${variable.name}  ${defaultOf(variable)}`);
    lines.push(`      ${variable.help}`);
    lines.push(`      ${variable.shape}${notesOf(variable)}`);
    const fileNames = fileNamesOf(variable).join(' or ');
    if (fileNames !== '')
      lines.push(
        `      ${fileNames}: path of a file with it (mode 600 or 400, or a systemd credential or Kubernetes secret)`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function defaultOf(variable: Variable<unknown>): string {
  if (variable.fallback === null) return '(required)';
  return variable.fallback === '' ? '(not set)' : `(default ${variable.fallback})`;
}

function notesOf(variable: Variable<unknown>): string {
  const notes: string[] = [];
  if (variable.alias !== undefined) notes.push(`also read as ${variable.alias}`);
  if (variable.secret) notes.push('secret, never printed');
  return notes.length === 0 ? '' : `; ${notes.join('; ')}`;
}
