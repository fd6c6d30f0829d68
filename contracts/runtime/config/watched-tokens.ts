// CONTROL_TOKENS_FILE while the process runs: what is changed in it holds some seconds later, so that a token is replaced without a
// restart, after which an engine would be disarmed. A file that cannot be used changes nothing: the tokens of before stay, and it is
// reported. One that is gone, or has no text, has no tokens: those that it had are refused. Looked at by its metadata, on a thread of
// the pool; read only when that has changed.

import { stat } from 'node:fs/promises';
import { type ListedToken, parseTokens } from '../../config/control-tokens.ts';
import type { SecretFile } from '../../config/variable.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';

const EVERY_MS = 2000;
/** Looks in a row that find nothing in the file: while it is being replaced, one may. */
const EMPTY_LOOKS = 2;

export type WatchedTokensOptions = {
  readonly file: SecretFile;
  /** As read at the start. */
  readonly tokens: readonly ListedToken[];
  readonly timers: Pick<Clock, 'every'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Takes the tokens that are in the file now; resolves when they, and no others, are accepted. */
  readonly onTokens: (tokens: readonly ListedToken[]) => Promise<void>;
};

export type WatchedTokens = {
  /** Why the file is not used as it is now; null: it is. */
  problem(): string | null;
  stop(): void;
};

export function watchTokens({ file, tokens, timers, log, onTokens }: WatchedTokensOptions): WatchedTokens {
  let current = tokens;
  /** Null: it may have been changed since it was read at the start. */
  let seen: string | null = null;
  let problem: string | null = null;
  let isAsking = false;
  let emptyLooks = 0;

  const take = (listed: readonly ListedToken[]): void => {
    const change = changeBetween(current, listed);
    if (change === null) return;
    current = listed;
    // Said when it is so: whoever revokes a token acts on this line.
    void onTokens(current).then(() => log.info('control_tokens_changed', change));
  };

  const read = (): void => {
    const text = file.read();
    const isEmpty = !text.ok && text.isEmpty;
    emptyLooks = isEmpty ? Math.min(emptyLooks + 1, EMPTY_LOOKS) : 0;
    if (isEmpty && emptyLooks < EMPTY_LOOKS) return;
    const parsed = text.ok ? parseTokens(text.text) : text;
    if (parsed.ok) {
      if (problem !== null) log.info('control_tokens_usable', { file: file.path });
      problem = null;
      take(parsed.value);
      return;
    }
    if (parsed.problem !== problem) log.warn('control_tokens_refused', { file: file.path, detail: parsed.problem });
    problem = parsed.problem;
    if (isEmpty) take(NONE);
  };

  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    // Taken before the file is read: a change in between is found the next time.
    const stamp = await stampOf(file.path);
    isAsking = false;
    const isEmptyOnce = emptyLooks > 0 && emptyLooks < EMPTY_LOOKS;
    if (stamp === seen && !isEmptyOnce) return;
    seen = stamp;
    read();
  };

  const stop = timers.every(EVERY_MS, () => void ask());
  return { problem: () => problem, stop };
}

const NONE: readonly ListedToken[] = [];

/** Differs when the file does. Never rejects. */
async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  }
}

/** Names of the tokens by what became of them; null: all are as before. */
function changeBetween(before: readonly ListedToken[], after: readonly ListedToken[]) {
  const namesOf = (tokens: readonly ListedToken[]): string[] => tokens.map(({ name }) => name);
  const added = namesOf(after.filter(({ name }) => !before.some((one) => one.name === name)));
  const removed = namesOf(before.filter(({ name }) => !after.some((one) => one.name === name)));
  const changed = namesOf(
    after.filter((token) => before.some((one) => one.name === token.name && !isSame(one, token))),
  );
  return added.length + removed.length + changed.length === 0 ? null : { added, removed, changed };
}

const isSame = (one: ListedToken, other: ListedToken): boolean =>
  one.digest === other.digest && one.role === other.role && one.accounts.join() === other.accounts.join();
