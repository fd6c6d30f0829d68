// Whether a browser was led here by a page of another site: a `Host` under which this control API is not known (a foreign name
// that was made to point here), or an `Origin` that is not the host which was asked for. Names are compared by what they mean:
// case, a final dot, default ports, spellings of an IPv6 address, and all names of loopback are one.

export type Authority = {
  /** `loopback` for every name of it, else lower case without a final dot; IPv6 in its shortest form, without brackets. */
  readonly host: string;
  /** null: not given. */
  readonly port: number | null;
};

export type SitePolicy = {
  readonly onLoopback: boolean;
  /** @param host the authority that was asked for; null: HTTP/1.0 without one, which no browser sends */
  judge(host: string | null, origin: string | null): 'ours' | 'host_malformed' | 'foreign_host' | 'foreign_origin';
};

const LOOPBACK = 'loopback';
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** @param controlHost CONTROL_HOST: 0.0.0.0 and :: are reached under names that are not configured, so that each is taken */
export function createSitePolicy(controlHost: string): SitePolicy {
  const own = hostOfBinding(controlHost);
  const anyName = own === '0.0.0.0' || own === '::';
  return {
    onLoopback: own === LOOPBACK,
    judge(host, origin) {
      const asked = host === null ? null : parseAuthority(host);
      if (host !== null && asked === null) return 'host_malformed';
      if (asked !== null && !anyName && asked.host !== LOOPBACK && asked.host !== own) return 'foreign_host';
      if (origin === null) return 'ours';
      const from = parseOrigin(origin);
      if (from === null || asked === null || from.host !== asked.host) return 'foreign_origin';
      return from.port === (asked.port ?? from.defaultPort) ? 'ours' : 'foreign_origin';
    },
  };
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return hostOfBinding(host) === LOOPBACK;
}

/** An address to listen on: IPv6 comes without brackets there. */
function hostOfBinding(host: string): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return parseAuthority(bracketed)?.host ?? host.toLowerCase();
}

/** `name`, `name:port`, `[IPv6]`, `[IPv6]:port`; null for anything else. */
export function parseAuthority(text: string): Authority | null {
  const parts = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{0,5}))?$/.exec(text);
  if (parts === null) return null;
  const [, v6, name, portText = ''] = parts;
  const port = portText === '' ? null : Number(portText);
  if (port !== null && port > 65_535) return null;
  const host = v6 === undefined ? canonicalName(name ?? '') : canonicalV6(v6);
  return host === null ? null : { host, port };
}

function canonicalName(text: string): string | null {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '' || name.includes('..') || name.startsWith('.')) return null;
  return name === 'localhost' || isLoopbackV4(name) ? LOOPBACK : name;
}

function canonicalV6(text: string): string | null {
  if (!URL.canParse(`http://[${text}]/`)) return null;
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  if (short === '::1') return LOOPBACK;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return canonicalName(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
}

function isLoopbackV4(name: string): boolean {
  const octets = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name);
  return octets?.slice(1).every((octet) => Number(octet) <= 255) ?? false;
}

function parseOrigin(origin: string): { host: string; port: number; defaultPort: number } | null {
  const parts = /^(https?:)\/\/([^/?#@]+)$/i.exec(origin);
  const authority = parts === null ? null : parseAuthority(parts[2] ?? '');
  const defaultPort = DEFAULT_PORTS[(parts?.[1] ?? '').toLowerCase()];
  if (authority === null || defaultPort === undefined) return null;
  return { host: authority.host, port: authority.port ?? defaultPort, defaultPort };
}
