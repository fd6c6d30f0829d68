// Every change that a file allows: one operator, constant or return at a time, each such that the file still loads. Left alone
// is what only people read: arguments of log calls, and texts of errors. Pure: a syntax tree in, changes out.

import {
  type BinaryExpression,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isForStatement,
  isIfStatement,
  isImportDeclaration,
  isNewExpression,
  isPostfixUnaryExpression,
  isPrefixUnaryExpression,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isThrowStatement,
  isTypeNode,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import type { Change } from './change.ts';

/** Operators between two values. */
const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '+=': '-=',
  '-=': '+=',
};
/** Functions that round, or choose the other end. */
const CALLED: Readonly<Record<string, string>> = {
  divFloor: 'divCeil',
  divCeil: 'divFloor',
  'Math.min': 'Math.max',
  'Math.max': 'Math.min',
  'Math.floor': 'Math.ceil',
  'Math.ceil': 'Math.floor',
};
const CONSTANTS: Readonly<Record<string, string>> = {
  true: 'false',
  false: 'true',
  '0': '1',
  '1': '0',
  '0n': '1n',
  '1n': '0n',
};
const LOG_CALL = /(?:^|\.|#)log(?:\.child\([^)]*\))?\.(?:trace|debug|info|warn|error)$/;
const SHOWN_CHARS = 60;

type Range = { readonly start: number; readonly end: number };
type Replacement = { readonly range: Range; readonly to: string };

/** @param file how the changes name it */
export function changesOf(file: string, source: SourceFile): readonly Change[] {
  const found: Change[] = [];
  const visit = (node: Node): void => {
    if (isImportDeclaration(node) || isTypeNode(node) || isForPeople(node)) return;
    for (const replacement of replacementsOf(node)) found.push(changeOf(file, source.text, replacement));
    node.forEachChild(visit);
  };
  visit(source);
  return found.sort((one, other) => one.start - other.start);
}

function isForPeople(node: Node): boolean {
  if (isCallExpression(node)) return LOG_CALL.test(node.expression.getText());
  return isThrowStatement(node) && isNewExpression(node.expression);
}

function replacementsOf(node: Node): readonly Replacement[] {
  if (isBinaryExpression(node)) return ofOperator(node);
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken)
    return [replaced(node, node.operand.getText())];
  if (isPostfixUnaryExpression(node)) return ofStep(node);
  if (isConditionalExpression(node)) return [replaced(node.condition, `!(${node.condition.getText()})`)];
  if (isIfStatement(node) && isWayOut(node.thenStatement)) return [replaced(node.expression, 'false')];
  if (isReturnStatement(node) && node.expression?.kind === SyntaxKind.NullKeyword)
    return [replaced(node.expression, 'undefined as never')];
  if (isCallExpression(node)) return ofText(node.expression, CALLED);
  const isConstant =
    node.kind === SyntaxKind.TrueKeyword ||
    node.kind === SyntaxKind.FalseKeyword ||
    node.kind === SyntaxKind.NumericLiteral ||
    node.kind === SyntaxKind.BigIntLiteral;
  return isConstant ? ofText(node, CONSTANTS) : [];
}

const replaced = (node: Node, to: string): Replacement => ({ range: { start: node.getStart(), end: node.end }, to });

function ofOperator({ left, operatorToken, right }: BinaryExpression): readonly Replacement[] {
  const operator = operatorToken.getText();
  // What is used where there is no value goes.
  if (operator === '??') return [{ range: { start: operatorToken.getStart(), end: right.end }, to: '' }];
  // Texts that are joined are no sum.
  const isText = [left, right].some((each) => isStringLiteral(each) || isTemplateExpression(each));
  return isText && operator.startsWith('+') ? [] : ofText(operatorToken, OPERATORS);
}

/** A loop that counts in the other direction does not end, which is no rule of its own. */
function ofStep(node: Node): readonly Replacement[] {
  if (isForStatement(node.parent)) return [];
  const text = node.getText();
  return [replaced(node, text.endsWith('++') ? text.replace(/\+\+$/, '--') : text.replace(/--$/, '++'))];
}

function ofText(node: Node, table: Readonly<Record<string, string>>): readonly Replacement[] {
  const to = table[node.getText()];
  return to === undefined ? [] : [replaced(node, to)];
}

/** `if (...) return` and its like, without or within braces. */
function isWayOut(statement: Node): boolean {
  if (statement.kind === SyntaxKind.ReturnStatement || statement.kind === SyntaxKind.ContinueStatement) return true;
  if (statement.kind === SyntaxKind.ThrowStatement) return true;
  if (statement.kind !== SyntaxKind.Block) return false;
  let last: Node | undefined;
  statement.forEachChild((child) => {
    last = child;
  });
  return last !== undefined && isWayOut(last);
}

function changeOf(file: string, text: string, { range: { start, end }, to }: Replacement): Change {
  const before = text.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = text.indexOf('\n', start);
  return {
    file,
    start,
    end,
    to,
    line: before.split('\n').length,
    code: text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).trim(),
    what: `${shown(text.slice(start, end))} -> ${to === '' ? 'nothing' : shown(to)}`,
  };
}

const shown = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= SHOWN_CHARS ? line : `${line.slice(0, SHOWN_CHARS)}...`;
};
