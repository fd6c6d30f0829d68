// HTTP/1 requests as the control API reads them. Pure and strict: bytes in, a head or a refusal out. What two readers could
// take in two ways is refused (a header that must be single given twice, a bare line feed, a folded header, a body without
// Content-Length), and the path is compared as it was sent: nothing is decoded, joined or normalised, so that the route which
// is matched is the only reading there is.

import type { Problem } from '../problem.ts';

/** Request line and headers together; curl and browsers send some hundred bytes. */
export const HEAD_BYTES_MAX = 16_384;
const HEADERS_MAX = 64;
const TARGET_CHARS_MAX = 2048;
export const BODY_BYTES_MAX = 65_536;

export type RequestHead = {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** Behind the question mark; may hold a ticket, so it is never logged. null: none. */
  readonly query: string | null;
  /** The authority that was asked for; null: an HTTP/1.0 request without one. */
  readonly host: string | null;
  readonly origin: string | null;
  readonly authorization: string | null;
  readonly contentType: string | null;
  readonly contentLength: number;
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** The client asks for a websocket; null: it does not. */
  readonly websocket: { readonly key: string; readonly version: string } | null;
};

export type HeadResult =
  | { readonly kind: 'incomplete' }
  /** `bytes`: length of the head; the body follows. */
  | { readonly kind: 'head'; readonly head: RequestHead; readonly bytes: number }
  /** Where the next request begins is not known: the connection has to be closed. */
  | { readonly kind: 'refused'; readonly problem: Problem };

const malformed = (detail: string): Problem => ({
  status: 400,
  code: 'request-malformed',
  title: 'Malformed request',
  detail,
});

const HEAD_TOO_LARGE: Problem = {
  status: 431,
  code: 'head-too-large',
  title: 'Request head too large',
  detail: `Request line and headers have at most ${HEAD_BYTES_MAX} bytes and ${HEADERS_MAX} headers.`,
};
const TARGET_TOO_LONG: Problem = {
  status: 414,
  code: 'target-too-long',
  title: 'Target too long',
  detail: `A target has at most ${TARGET_CHARS_MAX} characters.`,
};
const VERSION_UNKNOWN: Problem = {
  status: 505,
  code: 'version-not-supported',
  title: 'HTTP version not supported',
  detail: 'Use HTTP/1.1.',
};
const LENGTH_MISSING: Problem = {
  status: 411,
  code: 'length-required',
  title: 'Content-Length required',
  detail: 'Send the body with Content-Length; Transfer-Encoding is not supported.',
};
export const BODY_TOO_LARGE: Problem = {
  status: 413,
  code: 'body-too-large',
  title: 'Body too large',
  detail: `A body has at most ${BODY_BYTES_MAX} bytes.`,
};
const HOST_MISSING: Problem = {
  status: 400,
  code: 'host-missing',
  title: 'Host header missing',
  detail: 'An HTTP/1.1 request needs exactly one Host header.',
};

/** Headers whose second appearance would leave open which one counts. */
const SINGLE = new Set([
  'host',
  'origin',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'sec-websocket-key',
  'sec-websocket-version',
]);

const END = Buffer.from('\r\n\r\n');

/** @param searched bytes of the beginning in which no end of the head was found before */
export function readHead(bytes: Buffer, searched = 0): HeadResult {
  const end = bytes.indexOf(END, Math.max(0, searched - END.length + 1));
  if (end === -1) {
    return bytes.length > HEAD_BYTES_MAX ? { kind: 'refused', problem: HEAD_TOO_LARGE } : { kind: 'incomplete' };
  }
  if (end > HEAD_BYTES_MAX) return { kind: 'refused', problem: HEAD_TOO_LARGE };
  const head = parseHead(bytes.toString('latin1', 0, end));
  return 'status' in head ? { kind: 'refused', problem: head } : { kind: 'head', head, bytes: end + END.length };
}

function parseHead(text: string): RequestHead | Problem {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/.exec(requestLine);
  if (line === null) return malformed('The request line does not have the form `METHOD TARGET HTTP/1.1`.');
  const [, method = '', target = '', major, minor] = line;
  if (major !== '1') return VERSION_UNKNOWN;
  if (target.length > TARGET_CHARS_MAX) return TARGET_TOO_LONG;
  if (lines.length > HEADERS_MAX) return HEAD_TOO_LARGE;
  const headers = parseHeaders(lines);
  if (!(headers instanceof Map)) return headers;
  const asked = parseTarget(target, headers.get('host') ?? null);
  if ('status' in asked) return asked;
  if (asked.host === null && minor !== '0') return HOST_MISSING;
  if (headers.has('transfer-encoding')) return LENGTH_MISSING;
  const length = headers.get('content-length') ?? '0';
  if (!/^\d{1,15}$/.test(length)) return malformed('Content-Length is not a number.');
  const options = (headers.get('connection') ?? '').toLowerCase().split(',').map(withoutBlanks);
  return {
    method,
    ...asked,
    origin: headers.get('origin') ?? null,
    authorization: headers.get('authorization') ?? null,
    contentType: headers.get('content-type') ?? null,
    contentLength: Number(length),
    keepAlive: minor !== '0' && !options.includes('close'),
    websocket: websocketOf(headers, options),
    expectsContinue: minor !== '0' && (headers.get('expect') ?? '').toLowerCase() === '100-continue',
  };
}

function websocketOf(headers: ReadonlyMap<string, string>, options: readonly string[]): RequestHead['websocket'] {
  if (!options.includes('upgrade') || headers.get('upgrade')?.toLowerCase() !== 'websocket') return null;
  return { key: headers.get('sec-websocket-key') ?? '', version: headers.get('sec-websocket-version') ?? '' };
}

type Asked = Pick<RequestHead, 'path' | 'query' | 'host'>;

function parseHeaders(lines: readonly string[]): Map<string, string> | Problem {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (header === null) return malformed('A header does not have the form `Name: value`.');
    const name = (header[1] ?? '').toLowerCase();
    const value = withoutBlanks(header[2] ?? '');
    const before = headers.get(name);
    if (before !== undefined && SINGLE.has(name)) return malformed(`The header ${name} occurs twice.`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Without blanks and tabs around it. A pattern for those at the end would try from each blank inside, which takes seconds for one head. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (char: number): boolean => char === 0x20 || char === 0x09;

/** Path and authority of `/path?query` or `http://authority/path?query`. Where both are given, target and Host must agree. */
function parseTarget(target: string, host: string | null): Asked | Problem {
  if (target.includes('#')) return malformed('The request target must not have a fragment.');
  const absolute = /^https?:\/\/([^/?]+)(\/[^?]*)?(?:\?(.*))?$/i.exec(target);
  if (absolute !== null) {
    const [, authority = '', path = '/', query = null] = absolute;
    if (host !== null && host.toLowerCase() !== authority.toLowerCase())
      return malformed('The authority of the request target differs from the Host header.');
    return { path, query, host: authority };
  }
  if (!target.startsWith('/')) return malformed('The request target is not a path.');
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: null, host };
  return { path: target.slice(0, mark), query: target.slice(mark + 1), host };
}
