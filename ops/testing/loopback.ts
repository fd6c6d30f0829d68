// Which hosts a test may talk to: this machine, by its loopback addresses and names.

/** Host of a URL, without the brackets of IPv6. */
export function hostOfUrl(url: string | URL): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function refusalOf(host: string): string {
  return `a test tried to reach ${host}: tests talk to loopback only`;
}

export function assertLoopback(host: string): void {
  if (!isLoopback(host)) throw new Error(refusalOf(host));
}
