// Names that nobody reads. `STRATEGY_MAX_NOTIONAL=3` instead of `STRATEGY_MAX_NOTIONAL_EUR=3` would leave the default limit
// in force without a word, so a name that can only be meant for this project, or that is a slip of one of its names, is a
// problem. The environment belongs to other programs too: what they set under a prefix that they share with us is a warning at
// most, and what service managers are known to set is passed over.
//
// A name is a slip of a declared name when it differs in case only, by one or two letters, when whole words are left out, or when
// it asks for a file in place of a value that is not read from one.

import { DECLARED_NAMES } from '../../config/declared.ts';
import { editDistance } from './edit-distance.ts';

export type UnknownName = {
  readonly name: string;
  /** Declared names that may be meant, the likeliest first; empty: none comes near. */
  readonly meant: readonly string[];
  /** True: the process must not start with it. */
  readonly refused: boolean;
};

/**
 * First words that other programs use as well, and who. Every other first word of a declared name is ours alone, so that a new
 * variable is protected without an entry anywhere.
 */
const SHARED_WORDS: ReadonlySet<string> = new Set([
  'BTC', // other programs about Bitcoin
  'COINGECKO', // other clients of CoinGecko
  'CONTROL',
  'DATABASE',
  'EXECUTOR', // Jenkins: EXECUTOR_NUMBER
  'HISTORY', // shells
  'JOURNAL', // systemd: JOURNAL_STREAM
  'KAFKA', // Kafka's own scripts and images: KAFKA_HOME, KAFKA_OPTS
  'KRAKEN', // other clients of Kraken
  'LOG', // systemd: LOG_NAMESPACE
  'NEAR', // NEAR's command lines: NEAR_ENV, NEAR_HOME
  'STATE', // systemd: STATE_DIRECTORY
]);

/** First words that say too little alone: the second one belongs to the prefix. */
const GENERIC_WORDS: ReadonlySet<string> = new Set(['MAX']);

/** Set by programs around us, and near to a declared name: a level for Python programs. */
const FOREIGN_NAMES: ReadonlySet<string> = new Set(['LOGLEVEL']);

/** Set by Kubernetes for each service of the namespace: a service named `relay` or `unrip` gives names with those prefixes. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /_PORT$/;
const SERVICE_LINK_VALUE = /^(?:tcp|udp|sctp):\/\//;

const FILE_FORM = '_FILE';

/** Distance of two slips of the finger; names of up to six letters are near to too much. */
const SLIPS_MAX = 2;
const SHORT_NAME = 6;
const MEANT_MAX = 3;
/** Longer names are not compared letter by letter: nothing near is that long, and comparing costs their length. */
const COMPARED_LENGTH_MAX = 80;

const DECLARED: ReadonlySet<string> = new Set(DECLARED_NAMES);
const PREFIXES: ReadonlySet<string> = new Set(DECLARED_NAMES.map(prefixOf).filter((prefix) => prefix !== null));

/** The judgement of one name that is set to `value`; null when it is declared, empty, or none of our business. */
export function judgeName(name: string, value: string): UnknownName | null {
  if (value.trim() === '' || DECLARED.has(name) || FOREIGN_NAMES.has(name) || isServiceLink(name, value)) return null;
  const slips = DECLARED_NAMES.filter((declared) => isSlipOf(name, declared));
  if (slips.length > 0) return { name, meant: nearest(name, slips), refused: true };
  const prefix = prefixOf(name.toUpperCase());
  if (prefix === null || !PREFIXES.has(prefix)) return null;
  return { name, meant: nearest(name, likely(name, prefix)), refused: !SHARED_WORDS.has(prefix) };
}

/** First word of a name, with the second where the first says too little; null for a name of one word. */
function prefixOf(name: string): string | null {
  const [first = '', second = '', ...rest] = name.split('_');
  if (GENERIC_WORDS.has(first)) return rest.length === 0 ? null : `${first}_${second}`;
  return first === '' || second === '' ? null : first;
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (SERVICE_LINK_PORT.test(name) && SERVICE_LINK_VALUE.test(value));
}

function isSlipOf(name: string, declared: string): boolean {
  const upper = name.toUpperCase();
  if (upper === declared || upper === `${declared}${FILE_FORM}`) return true;
  const limit = declared.length <= SHORT_NAME ? 1 : SLIPS_MAX;
  const near = Math.abs(name.length - declared.length) <= limit && editDistance(upper, declared) <= limit;
  return near || leavesOutWords(upper.split('_'), declared.split('_'));
}

/**
 * `NEAR_URL` for `NEAR_RPC_URL`, `KAFKA_CONFIG` for `KAFKA_CONFIG_JSON`; without the first word only from three words on, since
 * names such as `API_KEY` are common.
 */
function leavesOutWords(words: readonly string[], declared: readonly string[]): boolean {
  if (words.length >= declared.length || words.length < (words[0] === declared[0] ? 2 : 3)) return false;
  let next = 0;
  for (const word of declared) if (word === words[next]) next++;
  return next === words.length;
}

/** Declared names under the prefix that share a further word with the name, or come near to it. */
function likely(name: string, prefix: string): string[] {
  if (name.length > COMPARED_LENGTH_MAX) return [];
  const words = new Set(name.toUpperCase().slice(prefix.length).split('_'));
  words.delete('');
  return DECLARED_NAMES.filter(
    (declared) =>
      prefixOf(declared) === prefix &&
      (editDistance(name.toUpperCase(), declared) * 3 <= declared.length ||
        declared
          .slice(prefix.length)
          .split('_')
          .some((word) => words.has(word))),
  );
}

function nearest(name: string, candidates: readonly string[]): readonly string[] {
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toUpperCase(), candidate) }))
    .sort((left, right) => left.distance - right.distance)
    .slice(0, MEANT_MAX)
    .map(({ candidate }) => candidate);
}
