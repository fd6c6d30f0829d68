// DATABASE_URL as libpq reads it: several hosts with ports, the folder of a unix socket (as `host` parameter, or encoded in
// the place of the host), login and database in their places or as parameters. Pure; nothing comes from other variables.

import type { ParsedValue } from './config/variable.ts';

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

const SESSION_ATTRS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
type SessionAttrs = (typeof SESSION_ATTRS)[number];

type DatabaseHost = {
  /** Name or address without brackets; a folder, beginning with `/`, when the server is reached by its socket in there. */
  readonly host: string;
  readonly port: number;
};

export type DatabaseAddress = {
  /** At least one; a socket is the only one. */
  readonly hosts: readonly DatabaseHost[];
  readonly user: string | null;
  readonly password: string | null;
  /** null: the one that is named as the user. */
  readonly database: string | null;
  /** `disable` unless the URL says otherwise. */
  readonly sslMode: SslMode;
  /** False behind a pooler that does not keep prepared statements. */
  readonly prepare: boolean;
  /** Which of the hosts is wanted: the writable one of several, unless the URL says otherwise. */
  readonly sessionAttrs: SessionAttrs;
  /** Other parameters, which are settings of the session: `search_path` and the like. */
  readonly settings: Readonly<Record<string, string>>;
};

const URL_FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;
const PORT_DEFAULT = 5432;
const URL_CHARS_MAX = 4096;
const HOSTS_MAX = 16;

/** What libpq does on the client's side and the driver does not: to leave it out unseen would be another connection. */
const NOT_DONE = new Set([
  ...['channel_binding', 'gssencmode', 'krbsrvname', 'load_balance_hosts', 'passfile', 'require_auth', 'requirepeer'],
  ...['service', 'sslcert', 'sslcrl', 'sslkey', 'sslpassword', 'sslrootcert', 'hostaddr', 'sslnegotiation'],
]);

const fixOf = (name: string): string =>
  name === 'sslrootcert' ? 'remove it, and set NODE_EXTRA_CA_CERTS to the file' : 'leave it out';

class Refused extends Error {}

export function parseDatabaseUrl(text: string): ParsedValue<DatabaseAddress> {
  try {
    return { ok: true, value: addressOf(text) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Where the server is, for people and logs: hosts and ports, no login. A text that is no such URL gives `(no URL)`. */
export function databaseHostOf(url: string): string {
  const parsed = parseDatabaseUrl(url);
  return parsed.ok ? parsed.value.hosts.map(hostText).join(',') : '(no URL)';
}

const hostText = ({ host, port }: DatabaseHost): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function addressOf(text: string): DatabaseAddress {
  const match = text.length > URL_CHARS_MAX ? null : URL_FORM.exec(text);
  if (match === null) throw new Refused('is not a URL of the form postgres://user@host:port/database?name=value');
  const [, login, places = '', path = '', query = ''] = match;
  const given = parametersOf(query);
  const take = (name: string): string | null => {
    const value = given.get(name) ?? null;
    given.delete(name);
    return value;
  };
  const [user, password] = loginOf(login);
  const hosts = hostsOf(places, take('host'), take('port'));
  const address = {
    hosts,
    user: take('user') ?? user,
    password: take('password') ?? password,
    database: take('dbname') ?? emptyAsNull(decoded(path)),
    sslMode: oneOf('sslmode', take('sslmode') ?? 'disable', SSL_MODES),
    prepare: oneOf('prepare', take('prepare') ?? 'true', ['true', 'false'] as const) === 'true',
    sessionAttrs: oneOf(
      'target_session_attrs',
      take('target_session_attrs') ?? (hosts.length > 1 ? 'read-write' : 'any'),
      SESSION_ATTRS,
    ),
  };
  for (const name of given.keys()) {
    if (NOT_DONE.has(name)) throw new Refused(`has the parameter ${name}, which is not supported here: ${fixOf(name)}`);
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) throw new Refused('has a parameter whose name is not a setting');
  }
  return { ...address, settings: Object.fromEntries(given) };
}

function parametersOf(query: string): Map<string, string> {
  const given = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const [name = '', ...value] = part.split('=');
    if (name === '' || value.length === 0) throw new Refused('has a parameter that is not name=value');
    if (given.has(decoded(name))) throw new Refused(`has the parameter ${decoded(name).slice(0, 40)} twice`);
    given.set(decoded(name), decoded(value.join('=')));
  }
  return given;
}

function loginOf(login: string | undefined): readonly [user: string | null, password: string | null] {
  if (login === undefined) return [null, null];
  const colon = login.indexOf(':');
  if (colon < 0) return [emptyAsNull(decoded(login)), null];
  return [emptyAsNull(decoded(login.slice(0, colon))), decoded(login.slice(colon + 1))];
}

/** @param places `host:port,host:port` before the path @param hostList and @param portList the parameters, instead of it */
function hostsOf(places: string, hostList: string | null, portList: string | null): DatabaseHost[] {
  const inPlace = places === '' ? [] : places.split(',').map(hostOf);
  const listed = hostList === null ? inPlace : hostList.split(',').map((host) => ({ host, port: null }));
  const ports = portList === null ? [] : portList.split(',').map(portOf);
  const found = listed.length === 0 ? [{ host: 'localhost', port: null }] : listed;
  if (found.length > HOSTS_MAX) throw new Refused(`names more than ${HOSTS_MAX} hosts`);
  if (ports.length > 1 && ports.length !== found.length) throw new Refused('has different numbers of ports and hosts');
  const hosts = found.map(({ host, port }, index) => ({
    host,
    port: port ?? ports[ports.length > 1 ? index : 0] ?? PORT_DEFAULT,
  }));
  if (hosts.some(({ host }) => host === '' || /[\s@?#]/.test(host))) throw new Refused('has an invalid host');
  if (hosts.length > 1 && hosts.some(({ host }) => host.startsWith('/'))) {
    throw new Refused('names a socket together with other hosts: only one server can be reached by a socket');
  }
  return hosts;
}

function hostOf(place: string): { readonly host: string; readonly port: number | null } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*))(?::([0-9]*))?$/.exec(place);
  if (match === null)
    throw new Refused('has an invalid host: expected host or host:port, with an IPv6 address in brackets');
  const [, bracketed, plain = '', port = ''] = match;
  return { host: bracketed ?? decoded(plain), port: port === '' ? null : portOf(port) };
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Refused('has an invalid port (1 to 65535)');
  return port;
}

function oneOf<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Refused(`has a ${name} that is none of: ${choices.join(', ')}`);
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused('has a % that does not start an encoded character (write %25 for a % sign)');
  }
}

const emptyAsNull = (text: string): string | null => (text === '' ? null : text);
